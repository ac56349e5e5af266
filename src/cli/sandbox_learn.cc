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
#include <optional>

#include "base/json.h"
#include "cli/init.h"
#include "cli/learn_talk.h"
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

constexpr int kRunsMax = 8;       // until nothing more is asked for
constexpr size_t kTriesMax = 24;  // runs without some of the grants
constexpr int64_t kTalkMs = 600'000;
constexpr size_t kInputBytesMax = size_t{16} << 20;
// Where the web is, version control, and what else is often met.
constexpr size_t kPortsMax = 64;
constexpr uint16_t kPorts[] = {22, 80, 443, 9418, 8080, 8443};

class Learner {
 public:
  Learner(FoundProfile found, sandbox::Around around, sandbox::Command command, std::vector<Host> local)
      : base_(std::move(found.profile)),
        around_(std::move(around)),
        command_(std::move(command)),
        local_(std::move(local)) {
    secrets_ = around_.secrets;
    for (const std::string& place : sandbox::secret_places())
      secrets_.push_back(around_.home + place.substr(1));
    env_ = sandbox::make_env(base_, around_, {});
  }

  Result<Profile> learn() {
    WEIR_TRY(keep_input());
    ports_.insert(std::begin(kPorts), std::end(kPorts));
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
    without_.insert(last.asked.system.begin(), last.asked.system.end());
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
    std::set<uint16_t> ports;  // of other machines
  };

  // Each run reads the same.
  Status keep_input() {
    if (isatty(STDIN_FILENO) == 1) return {};
    input_ = sandbox::Fd(memfd_create("weir-input", MFD_CLOEXEC));
    char buffer[65536];
    std::string text;
    for (ssize_t got = 0; (got = read(STDIN_FILENO, buffer, sizeof(buffer))) > 0;) {
      text.append(buffer, static_cast<size_t>(got));
      if (text.size() > kInputBytesMax) return too_large("standard input is too long to learn from");
      if (write(input_.get(), buffer, static_cast<size_t>(got)) != got)
        return unavailable(fmt::format("standard input cannot be kept: {}", std::strerror(errno)));
    }
    if (is_mcp_session(text)) session_ = std::move(text);
    return {};
  }

  // The sandbox lets go of these.
  void set_streams(std::optional<Talk>& talk) {
    const sandbox::Fd null(open("/dev/null", O_WRONLY | O_CLOEXEC));
    // What it says is the same each time.
    if (runs_++ > 0) dup2(null.get(), STDERR_FILENO);
    if (talk) {
      dup2(talk->to_server().get(), STDIN_FILENO);
      dup2(talk->from_server().get(), STDOUT_FILENO);
      talk->to_server().reset();
      talk->from_server().reset();
      return;
    }
    if (input_.open()) {
      const sandbox::Fd again(
          open(fmt::format("/proc/self/fd/{}", input_.get()).c_str(), O_RDONLY | O_CLOEXEC));
      dup2(again.get(), STDIN_FILENO);
    }
    dup2(STDERR_FILENO, STDOUT_FILENO);
  }

  // After a run that may not have let go of them.
  static void drop_streams() {
    const sandbox::Fd null(open("/dev/null", O_RDWR | O_CLOEXEC));
    dup2(null.get(), STDIN_FILENO);
    dup2(null.get(), STDOUT_FILENO);
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
    if (!session_.empty() && plan.limits.wall_ms == 0) plan.limits.wall_ms = kTalkMs;
    Done done;
    sandbox::Asking asking(plan, command_.words, secrets_, around_.kind);
    sandbox::Observer observer(
        [&](sandbox::Touch touch, const std::string& path) { asking.touch(touch, path); },
        [&](const sandbox::Address& address, uint16_t port) {
          if (!is_loopback(address)) done.ports.insert(port);
        });
    std::optional<Talk> talk;
    if (!session_.empty()) {
      WEIR_TRY_ASSIGN(started, Talk::start(session_, own_error_.get(), runs_ == 0));
      talk.emplace(std::move(started));
    }
    set_streams(talk);
    const auto outcome = plan.net == sandbox::Net::host
                             ? sandbox::run(plan, command_, env_, {.observer = &observer})
                             : run_on_net(plan, wide, observer, done.hosts);
    drop_streams();
    const bool well = !talk || talk->went_well();
    if (!outcome) return outcome.error();
    // A server's exit code says how it was ended.
    done.good = talk ? well : outcome->exit_code() == 0;
    done.asked = asking.asked();
    return done;
  }

  static bool is_loopback(const sandbox::Address& address) {
    return address.is_v4() ? address.bytes[12] == 127 : address.text() == "::1";
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
        plan.hosts.insert(plan.hosts.end(), local_.begin(), local_.end());
        for (const uint16_t port : ports_) plan.hosts.push_back({.name = "*", .port = port});
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
  std::vector<Host> reached(const std::string& path) const {
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
      for (const Host& local : local_) {
        if (local.port == host.port && local.matches(host.name)) host = local;
      }
      if (std::find(out.begin(), out.end(), host) == out.end()) out.push_back(std::move(host));
    }
    return out;
  }

  // Adds what a run asked for in vain: what it wanted to write always, what it wanted to read when it failed.
  bool extend(Profile& draft, const Done& done) {
    bool more = add(draft.write, done.asked.write);
    for (const uint16_t port : done.ports) {
      if (ports_.size() < kPortsMax) more = ports_.insert(port).second || more;
    }
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

  // Takes away the grants that it works without: many at once first, as most are often not needed. Not those
  // to write: failing in that may go unnoticed.
  Status shrink(Profile& draft) {
    size_t tries = 0;
    WEIR_TRY(shrink_part(draft, draft.read, base_.read.size(), tries, [&](const auto& kept) {
      Profile less = draft;
      less.read = kept;
      return less;
    }));
    return shrink_part(draft, draft.hosts, base_.hosts.size(), tries, [&](const auto& kept) {
      Profile less = draft;
      less.hosts = kept;
      if (less.hosts.empty()) less.net = sandbox::Net::none;
      return less;
    });
  }

  // `all`: what the draft has of one kind, `from` of it not to be touched; `with` is the draft with others.
  template <typename Grant, typename With>
  Status shrink_part(Profile& draft, std::vector<Grant> all, size_t from, size_t& tries, const With& with) {
    for (size_t size = all.size() - from; size > 0; size /= 2) {
      for (size_t end = all.size(); end > from && tries < kTriesMax; end -= std::min(size, end - from)) {
        const size_t begin = end - std::min(size, end - from);
        std::vector<Grant> kept = all;
        kept.erase(kept.begin() + static_cast<ptrdiff_t>(begin), kept.begin() + static_cast<ptrdiff_t>(end));
        ++tries;
        WEIR_TRY_ASSIGN(done, run_once(with(kept), false));
        for (size_t i = begin; i < end && (done.good || size == 1); ++i) {
          say(fmt::format("{}needed: {}", done.good ? "not " : "", text_of(all[i])));
          if (done.good) without_.insert(text_of(all[i]));
        }
        if (!done.good) continue;
        draft = with(kept);
        all = std::move(kept);
      }
    }
    return {};
  }

  static std::string text_of(const std::string& path) { return path; }
  static std::string text_of(const Host& host) { return host.text(); }

  Profile base_;
  sandbox::Around around_;
  sandbox::Command command_;
  const std::vector<Host> local_;  // that it may reach beside public hosts
  std::set<uint16_t> ports_ = {};
  std::string session_ = {};  // what a client says, where standard input is that of an MCP server
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
  std::vector<Host> local;
  for (const std::string& text : args.net) {
    WEIR_TRY_ASSIGN(host, sandbox::parse_host(text));
    local.push_back(std::move(host));
  }
  return Learner(std::move(found), std::move(around), std::move(command), std::move(local));
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
