// weir sandbox learn: from runs to the smallest profile.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>

#include "base/json.h"
#include "cli/init.h"
#include "cli/sandbox.h"
#include "egress/process.h"
#include "sandbox/around.h"
#include "sandbox/draft.h"
#include "sandbox/fd.h"
#include "sandbox/run.h"

namespace weir::cli {
namespace {

using sandbox::Host;
using sandbox::Plan;
using sandbox::Profile;

constexpr int kRunsMax = 8;      // until nothing more is asked for
constexpr size_t kTriesMax = 8;  // grants that are tried without
constexpr size_t kInputBytesMax = size_t{16} << 20;
// Where the web is, version control, and what else is often met.
constexpr uint16_t kPorts[] = {22, 80, 443, 9418, 8080, 8443};

class Learner {
 public:
  Learner(FoundProfile found, sandbox::Around around, sandbox::Command command)
      : base_(std::move(found.profile)), around_(std::move(around)), command_(std::move(command)) {
    secrets_ = around_.secrets;
    for (const std::string& place : sandbox::secret_places())
      secrets_.push_back(around_.home + place.substr(1));
    env_ = sandbox::make_env(base_, around_, {});
  }

  Result<Profile> learn() {
    WEIR_TRY(keep_input());
    Profile draft = base_;
    for (int run = 0; run < kRunsMax; ++run) {
      WEIR_TRY_ASSIGN(done, run_once(draft, true));
      const bool more = extend(draft, done);
      say(fmt::format("run {}: {}{}", run + 1, done.good ? "it worked" : "it failed",
                      more ? ", and asked for more" : ""));
      if (!more) break;
    }
    WEIR_TRY_ASSIGN(whole, run_once(draft, false));
    worked_ = whole.good;
    if (worked_) WEIR_TRY(shrink(draft));
    WEIR_TRY_ASSIGN(last, run_once(draft, false));
    without_.insert(last.asked.read.begin(), last.asked.read.end());
    without_.insert(last.asked.secret.begin(), last.asked.secret.end());
    dup2(own_error_.get(), STDERR_FILENO);
    return draft;
  }

  bool worked() const { return worked_; }
  const Profile& base() const { return base_; }
  const std::string& home() const { return around_.home; }
  const std::set<std::string>& without() const { return without_; }

 private:
  struct Done {
    bool good = false;
    sandbox::Asked asked;
    std::vector<Host> hosts;
  };

  // Each run reads the same.
  Status keep_input() {
    if (isatty(STDIN_FILENO) == 1) return {};
    input_ = sandbox::Fd(memfd_create("weir-input", MFD_CLOEXEC));
    char buffer[65536];
    size_t size = 0;
    for (ssize_t got = 0; (got = read(STDIN_FILENO, buffer, sizeof(buffer))) > 0;) {
      size += static_cast<size_t>(got);
      if (size > kInputBytesMax) return too_large("standard input is too long to learn from");
      if (write(input_.get(), buffer, static_cast<size_t>(got)) != got)
        return unavailable(fmt::format("standard input cannot be kept: {}", std::strerror(errno)));
    }
    return {};
  }

  // The sandbox lets go of these.
  void set_streams() {
    if (input_.open()) {
      const sandbox::Fd again(
          open(fmt::format("/proc/self/fd/{}", input_.get()).c_str(), O_RDONLY | O_CLOEXEC));
      dup2(again.get(), STDIN_FILENO);
    }
    const sandbox::Fd null(open("/dev/null", O_WRONLY | O_CLOEXEC));
    // What it says is the same each time.
    if (runs_++ > 0) dup2(null.get(), STDERR_FILENO);
    dup2(STDERR_FILENO, STDOUT_FILENO);
  }

  void say(const std::string& line) const {
    const std::string text = "weir: " + line + "\n";
    const ssize_t ignored = write(own_error_.get(), text.data(), text.size());
    static_cast<void>(ignored);
  }

  // `wide`: whatever it reaches of the network it is given, and noted.
  Result<Done> run_once(const Profile& profile, bool wide) {
    WEIR_TRY_ASSIGN(plan, sandbox::make_plan(profile, around_, command_));
    for (sandbox::Bind& bind : plan.binds) bind.kept = false;
    Done done;
    sandbox::Asking asking(plan, command_.words, secrets_, around_.kind);
    sandbox::Observer observer(
        [&](sandbox::Touch touch, const std::string& path) { asking.touch(touch, path); });
    set_streams();
    if (plan.net == sandbox::Net::host) {
      WEIR_TRY_ASSIGN(outcome, sandbox::run(plan, command_, env_, {.observer = &observer}));
      done.good = outcome.exit_code() == 0;
    } else {
      WEIR_TRY_ASSIGN(outcome, run_on_net(plan, wide, observer, done.hosts));
      done.good = outcome.exit_code() == 0;
    }
    done.asked = asking.asked();
    return done;
  }

  Result<sandbox::Outcome> run_on_net(Plan& plan, bool wide, sandbox::Observer& observer,
                                      std::vector<Host>& hosts) {
    char record[] = "/tmp/weir-learn-XXXXXX";
    const sandbox::Fd file(mkstemp(record));
    if (!file.open()) return unavailable(fmt::format("no file for a record: {}", std::strerror(errno)));
    auto outcome = [&]() -> Result<sandbox::Outcome> {
      if (!wide && plan.net == sandbox::Net::none)
        return sandbox::run(plan, command_, env_, {.observer = &observer});
      plan.net = sandbox::Net::hosts;
      if (wide) {
        for (const uint16_t port : kPorts) plan.hosts.push_back({.name = "*", .port = port});
      }
      WEIR_TRY_ASSIGN(egress, egress::Process::start({.profile = plan.profile,
                                                      .program = command_.program,
                                                      .record = record,
                                                      .hosts = plan.hosts,
                                                      .secrets = plan.secrets,
                                                      .any = wide,
                                                      .quiet = wide}));
      auto env = env_;
      for (const auto& [name, value] : egress.env()) env[name] = value;
      return sandbox::run(plan, command_, env, {.way = &egress.way(), .observer = &observer});
    }();
    hosts = reached(record);
    unlink(record);
    return outcome;
  }

  // What a record says was connected to.
  static std::vector<Host> reached(const std::string& path) {
    std::vector<Host> out;
    std::ifstream file(path);
    for (std::string line; std::getline(file, line);) {
      const auto document = json::parse(line);
      if (!document || document->root()["result"].string_or("") != "allowed") continue;
      const auto port = document->root()["port"].integer();
      if (!port || *port <= 0) continue;
      Host host{.name = std::string(document->root()["host"].string_or("")),
                .port = static_cast<uint16_t>(*port)};
      host.raw = host.port == 22 || host.port == 9418;
      if (std::find(out.begin(), out.end(), host) == out.end()) out.push_back(std::move(host));
    }
    return out;
  }

  // Adds what a run asked for in vain: what it wanted to write always, what it wanted to read when it failed.
  bool extend(Profile& draft, const Done& done) {
    bool more = add(draft.write, done.asked.write);
    if (!done.good) {
      more = add(draft.read, done.asked.read) || more;
      if (!more) more = add(draft.read, done.asked.look);
    }
    for (const Host& host : done.hosts) {
      const bool granted = std::any_of(draft.hosts.begin(), draft.hosts.end(), [&](const Host& other) {
        return other.port == host.port && other.matches(host.name);
      });
      if (granted) continue;
      draft.net = sandbox::Net::hosts;
      draft.hosts.push_back(host);
      more = true;
    }
    return more;
  }

  bool add(std::vector<std::string>& to, const std::set<std::string>& paths) {
    bool more = false;
    for (const std::string& grant : sandbox::as_grants(paths, command_.words, around_.home, around_.kind)) {
      if (std::find(to.begin(), to.end(), grant) != to.end()) continue;
      to.push_back(grant);
      more = true;
    }
    return more;
  }

  // Takes away each grant that it works without; not those to write, as failing in that may go unnoticed.
  Status shrink(Profile& draft) {
    size_t tries = 0;
    for (size_t i = draft.read.size(); i-- > base_.read.size() && tries < kTriesMax; ++tries) {
      Profile less = draft;
      less.read.erase(less.read.begin() + static_cast<ptrdiff_t>(i));
      WEIR_TRY(try_less(draft, std::move(less), draft.read[i]));
    }
    for (size_t i = draft.hosts.size(); i-- > base_.hosts.size() && tries < kTriesMax; ++tries) {
      Profile less = draft;
      less.hosts.erase(less.hosts.begin() + static_cast<ptrdiff_t>(i));
      if (less.hosts.empty()) less.net = sandbox::Net::none;
      WEIR_TRY(try_less(draft, std::move(less), draft.hosts[i].text()));
    }
    return {};
  }

  // `what` by value: it is of the draft that may be replaced.
  Status try_less(Profile& draft, Profile less, std::string what) {
    WEIR_TRY_ASSIGN(done, run_once(less, false));
    say(fmt::format("{}needed: {}", done.good ? "not " : "", what));
    if (!done.good) return {};
    draft = std::move(less);
    without_.insert(std::move(what));
    return {};
  }

  Profile base_;
  sandbox::Around around_;
  sandbox::Command command_;
  std::vector<std::string> secrets_;
  std::map<std::string, std::string> env_;
  sandbox::Fd input_ = sandbox::Fd();
  std::set<std::string> without_;
  sandbox::Fd own_error_{dup(STDERR_FILENO)};
  int runs_ = 0;
  bool worked_ = false;
};

Result<Learner> prepare(const Common& common, const SandboxArgs& args) {
  WEIR_TRY_ASSIGN(found, find_sandbox(common, args.profile));
  sandbox::Around around = sandbox::this_machine(found.secrets);
  WEIR_TRY_ASSIGN(cwd, sandbox::working_folder());
  // A server's command is the operator's; an agent's is not.
  const bool server = args.profile.starts_with("mcp-") || args.profile == "fetched";
  sandbox::Command command{.words = args.command, .cwd = server ? around.home : cwd, .by_operator = server};
  const auto env = sandbox::make_env(found.profile, around, {});
  WEIR_TRY_ASSIGN(program, sandbox::find_program(args.command.front(), env.at("PATH"), cwd));
  command.program = std::move(program);
  return Learner(std::move(found), std::move(around), std::move(command));
}

}  // namespace

int run_sandbox_learn(const Common& common, const SandboxArgs& args) {
  if (args.command.empty())
    return fail(bad_input("no command is given", {}, "weir sandbox learn [--profile P] -- CMD…"));
  const sandbox::Fd out(dup(STDOUT_FILENO));
  auto learner = prepare(common, args);
  if (!learner) return fail(learner.error());
  const auto draft = learner->learn();
  dup2(out.get(), STDOUT_FILENO);
  if (!draft) return fail(draft.error());
  fmt::print("{}",
             sandbox::profile_text(args.name, learner->base(), *draft, learner->home(), learner->without()));
  if (learner->worked()) return kDone;
  fmt::print(
      stderr,
      "weir: the command does not end with 0 under this draft: it may lack something, or fail by itself\n");
  return kNo;
}

}  // namespace weir::cli
