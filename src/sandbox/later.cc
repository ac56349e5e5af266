#include "sandbox/later.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <deque>
#include <span>

#include "sandbox/fd.h"
#include "sandbox/kernel.h"

namespace weir::sandbox {
namespace {

constexpr std::string_view kNames[] = {
    // agents and editors
    ".agents", ".claude", ".codex", ".cursor", ".devcontainer", ".gemini", ".goose", ".idea", ".mcp.json",
    ".openclaw", ".vscode", ".windsurf", ".zed",
    // git, beside what is in .git
    ".gitconfig", ".githooks", ".husky",
    // shells, terminals and what they start
    ".bash_login", ".bash_logout", ".bash_profile", ".bashrc", ".cshrc", ".direnvrc", ".envrc", ".exrc",
    ".gdbinit", ".inputrc", ".kshrc", ".lldbinit", ".login", ".pam_environment", ".profile", ".ssh",
    ".tcshrc", ".tmux.conf", ".vimrc", ".xinitrc", ".xprofile", ".xsession", ".zlogin", ".zlogout",
    ".zprofile", ".zshenv", ".zshrc"};

// Settings by which git runs programs, in lower case: whole sections, and keys of any section.
constexpr std::string_view kGitSections[] = {"alias",     "credential", "diff",    "difftool",
                                             "filter",    "gpg",        "include", "includeif",
                                             "mergetool", "merge",      "pager",   "sendemail"};
constexpr std::string_view kGitKeys[] = {
    "askpass", "command", "editor",      "fsmonitor",       "gitproxy",   "helper", "hookspath",  "pager",
    "proxy",   "program", "receivepack", "sequence.editor", "sshcommand", "update", "uploadpack", "vcs"};

constexpr char kHeld[] = ".held-by-weir";

// An entry of a folder, by a walk that follows no link.
struct Item {
  std::string path;
  bool folder = false;
};

std::vector<Item> list(const std::string& folder) {
  std::vector<Item> items;
  const int fd = kernel::openat2(AT_FDCWD, folder.c_str(), O_RDONLY | O_DIRECTORY, RESOLVE_NO_SYMLINKS);
  DIR* dir = fd < 0 ? nullptr : fdopendir(fd);
  if (dir == nullptr) return items;
  while (const dirent* entry = readdir(dir)) {
    const std::string_view name = entry->d_name;
    if (name == "." || name == ".." || items.size() >= kScanEntriesMax) continue;
    struct stat about{};
    const bool folder_there =
        entry->d_type == DT_DIR ||
        (entry->d_type == DT_UNKNOWN && fstatat(fd, entry->d_name, &about, AT_SYMLINK_NOFOLLOW) == 0 &&
         S_ISDIR(about.st_mode));
    items.push_back({folder + "/" + std::string(name), folder_there});
  }
  closedir(dir);
  return items;
}

std::string_view name_of(std::string_view path) {
  return path.substr(path.rfind('/') + 1);
}

// Of a repository's own folder: its hooks and settings, and those of its submodules and worktrees.
void look_into_git(const std::string& git, size_t& left, std::vector<std::string>& found) {
  std::deque<std::string> folders = {git};
  while (!folders.empty() && left > 0) {
    const std::string folder = std::move(folders.front());
    folders.pop_front();
    for (const Item& item : list(folder)) {
      if (left == 0) return;
      --left;
      const std::string_view name = name_of(item.path);
      if (name == "hooks" || name == "config" || name == "config.worktree") {
        found.push_back(item.path);
      } else if (item.folder && (folder != git || name == "modules" || name == "worktrees")) {
        // Only those two of the top; below modules a name may have any number of parts.
        if (name != "objects" && name != "refs" && name != "logs") folders.push_back(item.path);
      }
    }
  }
}

// All that runs later below `root`, the top first.
std::vector<std::string> find(const std::string& root) {
  std::vector<std::string> found;
  size_t left = kScanEntriesMax;
  std::deque<std::string> folders = {root};
  while (!folders.empty() && left > 0) {
    const std::string folder = std::move(folders.front());
    folders.pop_front();
    for (const Item& item : list(folder)) {
      if (left == 0) break;
      --left;
      const std::string_view name = name_of(item.path);
      if (name == ".git" && item.folder) {
        look_into_git(item.path, left, found);
      } else if (name == ".git" || runs_later(name)) {
        found.push_back(item.path);
      } else if (item.folder && name != "node_modules") {
        folders.push_back(item.path);
      }
    }
  }
  return found;
}

bool is_one_of(std::string_view word, std::span<const std::string_view> words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

bool line_runs(std::string_view line) {
  line.remove_prefix(std::min(line.find_first_not_of(" \t\r"), line.size()));
  if (!line.starts_with('[')) return is_one_of(line.substr(0, line.find_first_of(" \t\r=")), kGitKeys);
  line.remove_prefix(std::min(line.find_first_not_of("[ \t"), line.size()));
  if (is_one_of(line.substr(0, line.find_first_of(" \t\r.\"]")), kGitSections)) return true;
  // A key may follow its section on the same line.
  const size_t close = line.find(']');
  return close != std::string_view::npos && line.find('=', close) != std::string_view::npos;
}

// May a new repository's settings file make git run something? Unsure: yes.
bool makes_git_run(const std::string& config) {
  const Fd file(kernel::openat2(AT_FDCWD, config.c_str(), O_RDONLY | O_NONBLOCK, RESOLVE_NO_SYMLINKS));
  std::string text(65'536, '\0');
  const ssize_t got = file.open() ? read(file.get(), text.data(), text.size()) : -1;
  if (got < 0 || static_cast<size_t>(got) == text.size()) return true;
  text.resize(static_cast<size_t>(got));
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::tolower(c); });
  std::string_view rest = text;
  while (!rest.empty()) {
    const size_t end = std::min(rest.find('\n'), rest.size());
    if (line_runs(rest.substr(0, end))) return true;
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return false;
}

std::string hold(const std::string& path) {
  const size_t slash = path.rfind('/');
  const Fd parent(
      kernel::openat2(AT_FDCWD, path.substr(0, slash).c_str(), O_PATH | O_DIRECTORY, RESOLVE_NO_SYMLINKS));
  if (!parent.open()) return {};
  const std::string name = path.substr(slash + 1);
  for (int i = 0; i < 1'000; ++i) {
    const std::string held = name + kHeld + (i == 0 ? "" : "-" + std::to_string(i));
    if (renameat2(parent.get(), name.c_str(), parent.get(), held.c_str(), RENAME_NOREPLACE) == 0)
      return path.substr(0, slash + 1) + held;
    if (errno != EEXIST) return {};
  }
  return {};
}

// What of a new item must go: itself, or of new hooks those that git would run.
std::vector<std::string> to_hold(const std::string& path) {
  const std::string_view name = name_of(path);
  const bool in_git = path.find("/.git/") != std::string::npos;
  if (in_git && name == "hooks") {
    std::vector<std::string> out;
    for (const Item& item : list(path)) {
      if (!item.path.ends_with(".sample")) out.push_back(item.path);
    }
    return out;
  }
  if (in_git) {
    // A repository that was made or cloned has settings; they are looked at.
    return makes_git_run(path) ? std::vector<std::string>{path} : std::vector<std::string>{};
  }
  // A worktree's or submodule's pointer leads to a repository that is looked at where it is.
  if (name == ".git") return {};
  return {path};
}

}  // namespace

bool runs_later(std::string_view name) {
  return std::find(std::begin(kNames), std::end(kNames), name) != std::end(kNames);
}

Later::Later(const Plan& plan) : plan_(plan) {
  for (const Bind& bind : plan.binds) {
    if (!bind.write) continue;
    struct stat about{};
    const Fd folder(kernel::openat2(AT_FDCWD, bind.path.c_str(), O_PATH, RESOLVE_NO_SYMLINKS));
    if (!folder.open() || fstat(folder.get(), &about) != 0 || !S_ISDIR(about.st_mode)) continue;
    roots_.push_back({bind.path, about.st_mtim});
  }
  for (const Root& root : roots_) {
    for (std::string& path : find(root.path)) there_.insert(std::move(path));
  }
}

Plan Later::keep() const {
  std::map<std::string, Bind> binds;
  for (const Bind& bind : plan_.binds) binds.emplace(bind.path, bind);
  for (const Root& root : roots_) {
    for (const std::string& path : there_) {
      if (!is_within(path, root.path) || path == root.path) continue;
      // One that the profile names itself is in `binds` already, and stays what it says.
      binds.try_emplace(path, Bind{path, false, true, Bind::From::command});
      for (size_t slash = path.rfind('/'); slash > root.path.size(); slash = path.rfind('/', slash - 1)) {
        const std::string on_the_way = path.substr(0, slash);
        binds.try_emplace(on_the_way, Bind{on_the_way, true, plan_.run_written, Bind::From::command});
      }
    }
  }
  Plan plan = plan_;
  plan.binds.clear();
  for (auto& [path, bind] : binds) plan.binds.push_back(std::move(bind));
  return plan;
}

bool Later::is_new(const std::string& path) const {
  return !there_.contains(path) &&
         std::none_of(plan_.binds.begin(), plan_.binds.end(),
                      [&](const Bind& bind) { return bind.write && bind.path == path; });
}

std::vector<std::string> Later::look() {
  std::vector<std::string> held;
  for (Root& root : roots_) {
    struct stat about{};
    if (lstat(root.path.c_str(), &about) != 0 ||
        (about.st_mtim.tv_sec == root.changed.tv_sec && about.st_mtim.tv_nsec == root.changed.tv_nsec))
      continue;
    root.changed = about.st_mtim;
    for (const Item& item : list(root.path)) {
      if (!runs_later(name_of(item.path)) || !is_new(item.path)) continue;
      if (std::string name = hold(item.path); !name.empty()) held.push_back(std::move(name));
    }
  }
  return held;
}

std::vector<std::string> Later::sweep() {
  std::vector<std::string> held;
  for (const Root& root : roots_) {
    for (const std::string& path : find(root.path)) {
      if (!is_new(path)) continue;
      for (const std::string& each : to_hold(path)) {
        if (std::string name = hold(each); !name.empty()) held.push_back(std::move(name));
      }
    }
  }
  return held;
}

}  // namespace weir::sandbox
