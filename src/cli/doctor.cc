// weir doctor: one line for each thing that must be right, with what mends it.
#include <fmt/color.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <ctime>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/limits.h"
#include "cli/fetch.h"
#include "cli/init.h"
#include "cli/skill.h"
#include "ledger/files.h"
#include "ledger/note.h"
#include "ledger/verify.h"
#include "sandbox/features.h"
#include "setup/finding.h"

namespace weir::cli {
namespace {

using setup::Level;

constexpr int64_t kTimeoutMs = 5'000;
constexpr int64_t kClockOffMs = 300'000;
constexpr int64_t kNotBeforeMs = 1'735'689'600'000;  // 2025: an earlier clock was never set

class Doctor {
 public:
  explicit Doctor(const Common& common) : common_(common), around_(surroundings()) {}

  Result<std::vector<setup::Finding>> look() {
    WEIR_TRY(config());
    folder();
    running();
    variables();
    for (const config::Upstream& upstream : config_->upstreams) ask_upstream(upstream);
    for (const config::Server& server : config_->servers) mcp_server(server);
    for (const setup::Client client : setup::kClients) look_at(client);
    if (through_ > 1)
      add(Level::warn, "sessions",
          "more than one client shows the same token: what cannot be told apart by its conversation shares "
          "one session, "
          "and so the worst label of all",
          "a Weir-Session header for each client, or one weir for each");
    for (const std::string& line : config_->weakenings())
      add(Level::warn, "weakened", line, "take it out of " + place_.path + " when it is not needed");
    if (config_->mode == guard::Mode::seal && !config_->servers.empty() && !config_->has_model() &&
        !config_->own_reader())
      add(Level::warn, "seal", "clients of /mcp cannot ask about what is sealed: nobody reads for weir_ask",
          "seal.reader and seal.reader_model in " + place_.path);
    kernel();
    skills();
    ledger();
    clock();
    return std::move(findings_);
  }

 private:
  void add(Level level, std::string about, std::string says, std::string fix = {}) {
    findings_.push_back({level, std::move(about), std::move(says), std::move(fix)});
  }

  Status config() {
    WEIR_TRY_ASSIGN(place, find_config(common_));
    place_ = std::move(place);
    if (!place_.text) {
      WEIR_TRY_ASSIGN(shipped, config::defaults());
      config_ = std::move(shipped);
      add(place_.by_default ? Level::warn : Level::fail, "config",
          fmt::format("there is no {}: only the built-in demo model answers", place_.path), "weir init");
      return {};
    }
    std::vector<std::string> missing;
    auto loaded = load_text(*place_.text, place_.path, &missing);
    if (!loaded) {
      add(Level::fail, "config", loaded.error().text(), fmt::format("edit {}", place_.path));
      WEIR_TRY_ASSIGN(shipped, config::defaults());
      config_ = std::move(shipped);
      broken_ = true;
      return {};
    }
    config_ = std::move(*loaded);
    missing_ = std::move(missing);
    if (missing_.empty()) add(Level::ok, "config", fmt::format("{} is in order", place_.path));
    struct stat about{};
    bool secrets = false;
    for (const config::Server& server : config_->servers)
      secrets = secrets || !server.env.empty() || !server.headers.empty();
    if (secrets && stat(place_.path.c_str(), &about) == 0 && (about.st_mode & 077) != 0)
      add(Level::fail, "config", "it holds secrets of MCP servers, and others can read it",
          "chmod 600 " + place_.path);
    return {};
  }

  void folder() {
    dir_ = data_dir_path(*config_);
    struct stat about{};
    if (stat(dir_.c_str(), &about) != 0) {
      add(Level::warn, "data", fmt::format("there is no {} yet", dir_), "weir up makes it");
      return;
    }
    if (!S_ISDIR(about.st_mode) || access(dir_.c_str(), R_OK | W_OK | X_OK) != 0) {
      add(Level::fail, "data", fmt::format("{} cannot be used by this user", dir_),
          "data_dir in weir.toml, or WEIR_DATA");
      return;
    }
    bool good = true;
    const auto only_mine = [&](const std::string& path, const char* mode) {
      struct stat each{};
      if (stat(path.c_str(), &each) != 0 || (each.st_mode & 077) == 0) return;
      good = false;
      add(Level::fail, "data", fmt::format("others can reach {}", path),
          fmt::format("chmod {} {}", mode, path));
    };
    only_mine(dir_, "700");
    for (const char* name : {"token", "person-token", "metrics-token", "ledger.key", "store.db"})
      only_mine(dir_ + "/" + name, "600");
    if (good) add(Level::ok, "data", fmt::format("{} is yours alone", dir_));
    token_ = first_line(dir_ + "/token");
  }

  static std::string first_line(const std::string& path) {
    const auto text = read_if_there(path, 4'096);
    if (!text || !*text) return {};
    return (*text)->substr(0, (*text)->find_first_of("\r\n"));
  }

  void running() {
    std::string host = config_->listen_host;
    if (host.find(':') != std::string::npos) host = "[" + host + "]";
    std::string base = fmt::format("http://{}:{}", host, config_->listen_port);
    urls_ = {base};
    if (host == "127.0.0.1") urls_.push_back(fmt::format("http://localhost:{}", config_->listen_port));
    if (const std::string said = first_line(dir_ + "/listening"); !said.empty() && said != base) {
      base = said;
      urls_.push_back(said);
    }
    const auto reply = fetch_once("GET", base + "/", {{"weir-token", token_}}, kTimeoutMs);
    if (!reply) return add(Level::fail, "weir", fmt::format("nothing answers at {}", base), "weir up");
    if (reply->body != "weir\n" && reply->body.find("weir") == std::string::npos)
      return add(Level::fail, "weir", fmt::format("something else answers at {}", base),
                 "listen = \"127.0.0.1:PORT\" in weir.toml with a free port");
    if (reply->status != 200)
      return add(Level::fail, "weir", fmt::format("a weir with another data folder answers at {}", base),
                 "stop it, or give this one another `listen`");
    runs_ = true;
    add(Level::ok, "weir", fmt::format("it runs at {}", base));
    struct stat started{};
    struct stat written{};
    if (stat((dir_ + "/listening").c_str(), &started) == 0 && stat(place_.path.c_str(), &written) == 0 &&
        written.st_mtime > started.st_mtime)
      add(Level::warn, "weir", "weir.toml was changed after it started", "stop weir up and start it again");
  }

  // The weir that runs has them, or it would not; the next start wants them too.
  void variables() {
    for (const std::string& name : missing_)
      add(runs_ ? Level::warn : Level::fail, "config",
          fmt::format("it needs {}, which is not in this environment", name),
          fmt::format("export {}=… before weir up", name));
  }

  void ask_upstream(const config::Upstream& upstream) {
    const std::string about = "upstream " + upstream.name;
    if (upstream.key_source == config::KeySource::client)
      return add(Level::ok, about, fmt::format("{} is asked with the client's own login", upstream.url));
    if (upstream.key == "not-set") return;  // said under config
    if (upstream.key_source == config::KeySource::none && upstream.url.starts_with("https://"))
      add(Level::warn, about, "it has no key", fmt::format("key_env in [upstream.{}]", upstream.name));
    std::vector<std::pair<std::string, std::string>> headers{{"accept", "application/json"}};
    const bool messages = upstream.dialect == exchange::Dialect::messages;
    const bool ollama = upstream.dialect == exchange::Dialect::ollama;
    const bool gemini = upstream.dialect == exchange::Dialect::gemini;
    if (messages) headers.emplace_back("anthropic-version", "2023-06-01");
    if (upstream.key_source == config::KeySource::value) {
      headers.emplace_back(messages ? "x-api-key"
                           : gemini ? "x-goog-api-key"
                                    : "authorization",
                           messages || gemini ? upstream.key : "Bearer " + upstream.key);
    }
    const auto reply = fetch_once("GET", upstream.url + (ollama ? "/tags" : "/models"), headers, kTimeoutMs,
                                  upstream.ca_file);
    if (!reply)
      return add(Level::fail, about,
                 fmt::format("{} does not answer: {}", upstream.url, reply.error().message),
                 "start it, or change its url in weir.toml");
    compare_clock(reply->date);
    if (reply->status == 401 || reply->status == 403)
      return add(
          Level::fail, about,
          fmt::format("it refuses the key ({})", upstream.key_name.empty() ? "none" : upstream.key_name),
          upstream.key_name.starts_with('$') ? fmt::format("export {}=…", upstream.key_name.substr(1))
                                             : fmt::format("key_env in [upstream.{}]", upstream.name));
    const auto document = json::parse(reply->body);
    if (reply->status != 200 || !document)
      return add(Level::warn, about,
                 fmt::format("it answers, but gives no list of models (HTTP {})", reply->status),
                 ollama   ? "is /api part of its url?"
                 : gemini ? "is /v1beta part of its url?"
                          : "is /v1 part of its url?");
    add(Level::ok, about,
        fmt::format("it answers and has {} models",
                    (*document)[ollama || gemini ? "models" : "data"].size()));
  }

  void compare_clock(const std::string& date) {
    tm parts{};
    if (date.empty() || strptime(date.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &parts) == nullptr) return;
    const int64_t theirs = static_cast<int64_t>(timegm(&parts)) * 1'000;
    off_ms_ = SystemClock().now().wall_ms - theirs;
  }

  void mcp_server(const config::Server& server) {
    const std::string about = "server " + server.name;
    struct stat folder{};
    if (!server.command.empty() && !find_program(server.command.front()))
      return add(Level::fail, about,
                 fmt::format("{} is not there, or cannot be run", shown(server.command.front())),
                 "install it, or write its whole path into weir.toml");
    if (!server.cwd.empty() && (stat(server.cwd.c_str(), &folder) != 0 || !S_ISDIR(folder.st_mode)))
      return add(Level::fail, about, fmt::format("its folder {} is not there", shown(server.cwd)),
                 fmt::format("mkdir -p {}", shown(server.cwd)));
    if (!server.url.empty()) {
      const auto reply = fetch_once("GET", server.url, {{"accept", "text/event-stream"}}, kTimeoutMs);
      // A server may hold the stream open or refuse it; what counts is that somebody is there.
      if (!reply && reply.error().code != Code::timed_out)
        return add(Level::fail, about,
                   fmt::format("{} does not answer: {}", server.url, reply.error().message),
                   "start it, or change its url in weir.toml");
    }
    if (!config_->manifests.has_server(server.name))
      return add(
          Level::warn, about, "no manifest describes its tools: they are taken at their worst",
          fmt::format("weir manifest draft {} > FILE, correct it, and manifests = [\"FILE\"] in weir.toml",
                      server.name));
    add(Level::ok, about, "it can be started, and its tools are described");
  }

  void look_at(setup::Client client) {
    std::vector<setup::File> files = setup::files_of(client, around_);
    const std::string name(setup::client_name(client));
    for (setup::File& file : files) {
      auto text = read_if_there(file.path, limits::kSetupFileBytesMax);
      if (!text) return add(Level::warn, name, text.error().text(), "make it readable for this user");
      file.text = std::move(*text);
    }
    const auto state = setup::read_state(client, files, around_);
    if (!state) return add(Level::warn, name, state.error().text(), "mend the file");
    if (!state->there) return;
    const bool spoken = !config_->upstreams.empty();  // of whatever API: weir translates
    const setup::Here here{urls_, token_, spoken, server_names()};
    bool through = false;
    for (setup::Finding& finding : setup::judge_client(client, *state, here)) {
      through = through || finding.level == Level::ok;
      findings_.push_back(std::move(finding));
    }
    if (through) ++through_;
    for (const setup::Server& server : state->servers) {
      if (server.is_weir && server.enabled && !find_program(server.command.front()))
        add(Level::fail, name,
            fmt::format("its MCP server \"weir\" runs {}, which is not there", server.command.front()),
            "put weir on PATH");
    }
  }

  std::vector<std::string> server_names() const {
    std::vector<std::string> names;
    for (const config::Server& server : config_->servers) names.push_back(server.name);
    return names;
  }

  void ledger() {
    if (broken_ || access((dir_ + "/ledger.key").c_str(), R_OK) != 0) return;
    ledger::PosixFiles files;
    SystemRandom random;
    const auto key = ledger::Key::load_or_create(files, dir_ + "/ledger.key", "weir", random);
    if (!key) return add(Level::fail, "ledger", key.error().text(), "weir log verify");
    const auto report = ledger::verify_log(files, dir_ + "/ledger", key->vkey(), {});
    if (!report) return add(Level::warn, "ledger", report.error().text(), "weir log verify");
    if (!report->ok()) return add(Level::fail, "ledger", report->text(), "weir log verify");
    add(Level::ok, "ledger", fmt::format("{} entries, whole and signed", report->size));
  }

  // One line when all is there: a table only where something is not.
  void kernel() {
    std::string there;
    for (const sandbox::Feature& feature : sandbox::probe()) {
      const std::string with = feature.says.empty() ? "" : " (" + feature.says + ")";
      if (!feature.there && feature.needed)
        add(Level::fail, "sandbox", fmt::format("{}: {}", feature.name, feature.says), feature.fix);
      else if (!feature.there)
        add(Level::ok, "sandbox", fmt::format("{}: {}", feature.name, feature.says));
      else
        there += (there.empty() ? "" : ", ") + feature.name + with;
    }
    add(Level::ok, "sandbox", "this kernel has " + there);
    for (const config::Server& server : config_->servers) reach(server);
  }

  // What a server can reach, whatever its calls say: a warning says the rest (weakenings).
  void reach(const config::Server& server) {
    if (!server.sandbox) return;
    std::string hosts;
    for (const sandbox::Host& host : server.sandbox->hosts)
      hosts += (hosts.empty() ? "" : ", ") + host.text();
    if (server.sandbox->net == sandbox::Net::host) hosts = "all of this machine's network";
    add(Level::ok, "sandbox",
        fmt::format("server {} is in {}, and reaches {}", server.name, server.sandbox->name,
                    hosts.empty() ? "no network" : hosts));
  }

  // Of the folders that agents read skills from: what was added and stands, and what nobody looked at.
  void skills() {
    struct stat about{};
    if (broken_ || stat((dir_ + "/store.db").c_str(), &about) != 0) return;
    auto book = SkillBook::open(common_);
    if (!book) return add(Level::fail, "skills", book.error().text());
    const SkillCount count = count_skills(*book);
    for (const std::string& line : count.wrong) add(Level::warn, "skills", line, "weir skill list");
    if (count.strangers > 0)
      add(Level::warn, "skills",
          fmt::format("{} that nobody added: their words are data to weir", count.strangers),
          "weir skill list, then weir skill add FOLDER --in-place");
    if (count.added > 0 && count.wrong.empty())
      add(Level::ok, "skills", fmt::format("{} added, of which {} trusted", count.added, count.trusted));
  }

  void clock() {
    if (SystemClock().now().wall_ms < kNotBeforeMs)
      return add(Level::fail, "clock", "the clock was never set", "timedatectl set-ntp true");
    if (off_ms_ > kClockOffMs || off_ms_ < -kClockOffMs)
      return add(Level::warn, "clock", fmt::format("it differs from an upstream's by {} s", off_ms_ / 1'000),
                 "timedatectl set-ntp true");
    add(Level::ok, "clock", "it is " + rfc3339(SystemClock().now().wall_ms));
  }

  const Common& common_;
  const setup::Surroundings around_;
  Place place_ = {};
  std::optional<config::Config> config_ = {};
  bool broken_ = false;
  bool runs_ = false;
  std::vector<std::string> missing_ = {};
  std::string dir_ = {};
  std::string token_ = {};
  std::vector<std::string> urls_ = {};
  int through_ = 0;  // clients that go through weir
  int64_t off_ms_ = 0;
  std::vector<setup::Finding> findings_ = {};
};

void print(const std::vector<setup::Finding>& findings) {
  const bool color = isatty(STDOUT_FILENO) == 1 && std::getenv("NO_COLOR") == nullptr;
  for (const setup::Finding& finding : findings) {
    const auto paint = finding.level == Level::ok     ? fmt::terminal_color::green
                       : finding.level == Level::warn ? fmt::terminal_color::yellow
                                                      : fmt::terminal_color::red;
    const std::string level = fmt::format("{:<5}", setup::level_name(finding.level));
    fmt::print("{}{:<16} {}\n", color ? fmt::format(fmt::fg(paint), "{}", level) : level,
               shown(finding.about, 60), shown(finding.says, 1'000));
    if (!finding.fix.empty()) fmt::print("{:<21} -> {}\n", "", shown(finding.fix, 500));
  }
}

}  // namespace

int run_doctor(const Common& common) {
  const auto findings = Doctor(common).look();
  if (!findings) return fail(findings.error());
  if (common.json) {
    fmt::print("{}\n", setup::findings_json(*findings));
  } else {
    print(*findings);
  }
  return setup::all_well(*findings) ? kDone : kNo;
}

}  // namespace weir::cli
