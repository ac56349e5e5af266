#include "sandbox/plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace weir::sandbox {
namespace {

using From = Bind::From;

// Programs, libraries and the few files of /etc that programs read and that say nothing about anybody.
constexpr std::string_view kSystem[] = {"/bin",
                                        "/sbin",
                                        "/lib",
                                        "/lib32",
                                        "/lib64",
                                        "/libx32",
                                        "/usr",
                                        "/nix/store",
                                        "/gnu/store",
                                        "/etc/alternatives",
                                        "/etc/ca-certificates",
                                        "/etc/ca-certificates.conf",
                                        "/etc/fonts",
                                        "/etc/java",
                                        "/etc/ld.so.cache",
                                        "/etc/ld.so.conf",
                                        "/etc/ld.so.conf.d",
                                        "/etc/localtime",
                                        "/etc/magic",
                                        "/etc/mime.types",
                                        "/etc/pki/tls/certs",
                                        "/etc/protocols",
                                        "/etc/python3",
                                        "/etc/python3.11",
                                        "/etc/services",
                                        "/etc/ssl/certs",
                                        "/etc/ssl/openssl.cnf",
                                        "/etc/terminfo",
                                        "/etc/timezone"};

constexpr std::string_view kSecrets[] = {".ssh",
                                         ".gnupg",
                                         ".aws",
                                         ".azure",
                                         ".kube",
                                         ".docker",
                                         ".netrc",
                                         ".npmrc",
                                         ".yarnrc.yml",
                                         ".pypirc",
                                         ".git-credentials",
                                         ".config/gcloud",
                                         ".config/gh",
                                         ".config/hub",
                                         ".config/git/credentials",
                                         ".config/weir",
                                         ".config/op",
                                         ".config/rclone",
                                         ".config/google-chrome",
                                         ".config/chromium",
                                         ".config/goose",
                                         ".local/share/weir",
                                         ".local/share/keyrings",
                                         ".password-store",
                                         ".mozilla",
                                         ".thunderbird",
                                         ".claude",
                                         ".claude.json",
                                         ".codex",
                                         ".openclaw",
                                         ".gemini",
                                         ".cargo/credentials",
                                         ".cargo/credentials.toml",
                                         ".gem/credentials",
                                         ".m2/settings.xml",
                                         ".terraform.d",
                                         ".vault-token",
                                         ".bash_history",
                                         ".zsh_history",
                                         ".python_history",
                                         ".node_repl_history",
                                         ".psql_history",
                                         ".mysql_history",
                                         ".pgpass"};

std::string parent_of(const std::string& path) {
  const size_t slash = path.rfind('/');
  return slash == 0 || slash == std::string::npos ? "/" : path.substr(0, slash);
}

// Too much to be granted by accident: the home, what is above it, and the folders of "/".
bool is_broad(const std::string& path, const std::string& home) {
  return is_within(home, path) || path.find('/', 1) == std::string::npos;
}

std::string expand(const std::string& path, const Around& around, const Command& command) {
  if (path == "~") return around.home;
  if (path.starts_with("~/")) return around.home + path.substr(1);
  if (path == ".") return command.cwd;
  if (path.starts_with("./")) return command.cwd + path.substr(1);
  return path;
}

bool is_clean(const std::string& path) {
  return path.starts_with('/') && (path + "/").find("/./") == std::string::npos &&
         (path + "/").find("/../") == std::string::npos && path.find("//") == std::string::npos &&
         path.find('\0') == std::string::npos;
}

class Planner {
 public:
  Planner(const Profile& profile, const Around& around, const Command& command)
      : profile_(profile), around_(around), command_(command) {}

  Result<Plan> make() {
    for (const std::string_view path : kSystem) add(std::string(path), false, true, From::system);
    WEIR_TRY(add_granted(profile_.read, false));
    WEIR_TRY(add_granted(profile_.write, true));
    add_program();
    if (command_.by_operator) {
      // The program's own name was seen to.
      // What it runs first: a folder that is named too does not make that writable.
      for (const bool folders : {false, true}) {
        for (size_t i = 1; i < command_.words.size(); ++i) add_word(command_.words[i], folders);
      }
      if (!is_broad(command_.cwd, around_.home)) add_unless_granted(command_.cwd);
    }
    Plan plan{.profile = profile_.name,
              .home = around_.home,
              .user = around_.user,
              .cwd = command_.cwd,
              .net = profile_.net,
              .hosts = profile_.hosts,
              .secrets = profile_.secrets,
              .run_written = profile_.run_written,
              .terminal = profile_.terminal,
              .limits = profile_.limits};
    for (auto& [path, bind] : binds_) plan.binds.push_back(std::move(bind));
    for (const std::string& path : std::set<std::string>{"/tmp", "/var/tmp", "/dev/shm", around_.home}) {
      if (!is_granted(path)) plan.scratch.push_back(path);
    }
    for (Secret& secret : plan.secrets) secret.file = expand(secret.file, around_, command_);
    cover(plan);
    return plan;
  }

 private:
  void add(std::string path, bool write, bool run, From from) {
    if (!is_clean(path)) return;
    const auto [at, fresh] = binds_.try_emplace(path, Bind{path, write, run, from});
    if (fresh || from != From::profile) return;
    at->second.write = at->second.write || write;
    at->second.from = from;
  }

  Status add_granted(const std::vector<std::string>& paths, bool write) {
    for (const std::string& path : paths) {
      if (write && path == kCommand) {
        write_named_ = true;
        continue;
      }
      std::string whole = expand(path, around_, command_);
      // Said by whoever wrote "~"; but nobody said it who only happens to stand there.
      if (path == "." && is_broad(whole, around_.home))
        return bad_input(
            fmt::format("this sandbox may use the folder that it starts in, and that is {}", whole), {},
            "start it in a project's folder");
      if (is_within(whole, "/proc") || is_within(whole, "/dev"))
        return bad_input(fmt::format("{} cannot be granted: the sandbox has its own", whole));
      if (!is_clean(whole)) return bad_input(fmt::format("not a clean path: \"{}\"", whole));
      add(std::move(whole), write, !write || profile_.run_written, From::profile);
    }
    return {};
  }

  // Where a program is installed, its libraries are: PREFIX of PREFIX/bin/NAME.
  void add_program() {
    const std::string folder = parent_of(command_.program);
    const std::string prefix = parent_of(folder);
    const bool whole = folder.ends_with("/bin") && !is_broad(prefix, around_.home);
    add_unless_granted(whole ? prefix : command_.program);
  }

  // A file of a package: all packages beside it. Another: the folder that it is in. A folder: itself.
  void add_word(const std::string& word, bool folders) {
    const Kind kind = word.starts_with('/') && is_clean(word) ? around_.kind(word) : Kind::nothing;
    if (kind == Kind::nothing || (kind == Kind::folder) != folders) return;
    const size_t modules = word.find("/node_modules/");
    std::string path = modules != std::string::npos ? word.substr(0, modules) + "/node_modules"
                       : kind == Kind::file         ? parent_of(word)
                                                    : word;
    if (is_broad(path, around_.home)) path = word;
    if (is_broad(path, around_.home)) return;
    const bool write = write_named_ && kind == Kind::folder && modules == std::string::npos;
    if (write && !is_system(path))
      add(std::move(path), true, profile_.run_written, From::command);
    else
      add_unless_granted(std::move(path));
  }

  // What programs are, or its own.
  bool is_system(const std::string& path) const {
    const auto at = std::find_if(std::begin(kSystem), std::end(kSystem),
                                 [&](std::string_view system) { return is_within(path, system); });
    return at != std::end(kSystem) || is_within(command_.program, path);
  }

  bool is_granted(const std::string& path) const {
    return std::any_of(binds_.begin(), binds_.end(),
                       [&](const auto& bind) { return is_within(path, bind.first); });
  }

  void add_unless_granted(std::string path) {
    if (!is_granted(path)) add(std::move(path), false, true, From::command);
  }

  // What holds secrets is covered wherever a wider grant would show it, unless it was named itself.
  void cover(Plan& plan) const {
    std::vector<std::string> places = around_.secrets;
    for (const Secret& secret : plan.secrets) {
      if (!secret.file.empty()) places.push_back(secret.file);
    }
    for (const std::string_view place : kSecrets) places.push_back(around_.home + "/" + std::string(place));
    for (const std::string& place : places) {
      bool seen = false;
      bool named = false;
      for (const Bind& bind : plan.binds) {
        seen = seen || (is_within(place, bind.path) && place != bind.path);
        named = named || (bind.from == From::profile && is_within(bind.path, place));
      }
      if (seen && !named && is_clean(place)) plan.covered.push_back(place);
    }
    std::sort(plan.covered.begin(), plan.covered.end());
  }

  const Profile& profile_;
  const Around& around_;
  const Command& command_;
  std::map<std::string, Bind> binds_;
  bool write_named_ = false;
};

}  // namespace

bool is_within(std::string_view path, std::string_view folder) {
  if (folder == "/") return path.starts_with('/');
  return path.starts_with(folder) && (path.size() == folder.size() || path[folder.size()] == '/');
}

std::vector<Bind> system_binds() {
  std::vector<Bind> binds;
  for (const std::string_view path : kSystem)
    binds.push_back({.path = std::string(path), .from = From::system});
  std::sort(binds.begin(), binds.end(), [](const Bind& a, const Bind& b) { return a.path < b.path; });
  return binds;
}

std::vector<std::string> secret_places() {
  std::vector<std::string> places;
  for (const std::string_view place : kSecrets) places.push_back("~/" + std::string(place));
  return places;
}

Result<Plan> make_plan(const Profile& profile, const Around& around, const Command& command) {
  if (!is_clean(around.home) || around.home == "/")
    return bad_input(fmt::format("the home \"{}\" is not one that a sandbox can have", around.home), {},
                     "set HOME to an absolute path");
  if (!is_clean(command.cwd))
    return bad_input(fmt::format("the folder \"{}\" is not one that a sandbox can start in", command.cwd));
  return Planner(profile, around, command).make();
}

std::map<std::string, std::string> make_env(const Profile& profile, const Around& around,
                                            const std::map<std::string, std::string>& given) {
  std::map<std::string, std::string> env;
  const auto pass = [&](const std::string& name) {
    if (const auto at = around.env.find(name); at != around.env.end()) env[name] = at->second;
  };
  for (const char* name : {"PATH", "USER", "LOGNAME", "SHELL", "LANG", "LANGUAGE", "LC_ALL", "LC_CTYPE", "TZ",
                           "TERM", "COLORTERM", "NO_COLOR", "COLUMNS", "LINES"})
    pass(name);
  env.try_emplace("PATH", "/usr/local/bin:/usr/bin:/bin");
  env["HOME"] = around.home;
  env["TMPDIR"] = "/tmp";
  for (const std::string& name : profile.env) pass(name);
  for (const auto& [name, value] : given) env[name] = value;
  return env;
}

}  // namespace weir::sandbox
