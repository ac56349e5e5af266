#include "sandbox/draft.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/toml.h"

namespace weir::sandbox {
namespace {

constexpr size_t kWithoutMax = 12;
constexpr size_t kFilesOfAFolder = 3;
// The system's, where programs try to write as if they were its own: caches that are made again each time.
constexpr const char* kSystem[] = {"/bin",  "/boot", "/etc", "/lib",       "/lib64",   "/opt",
                                   "/sbin", "/sys",  "/usr", "/var/cache", "/var/lib", "/var/log"};

std::string parent_of(const std::string& path) {
  const size_t slash = path.rfind('/');
  return slash == 0 || slash == std::string::npos ? "/" : path.substr(0, slash);
}

bool is_broad(const std::string& path, const std::string& home) {
  return is_within(home, path) || path.find('/', 1) == std::string::npos;
}

// The project or the packages that a file belongs to; empty when it looks like none.
std::string whole_of(const std::string& path, const std::string& home,
                     const std::function<Kind(const std::string&)>& kind) {
  if (const size_t at = path.find("/node_modules/"); at != path.npos)
    return path.substr(0, at) + "/node_modules";
  for (std::string folder = path; !is_broad(folder, home); folder = parent_of(folder)) {
    if (kind(folder + "/.git") != Kind::nothing) return folder;
    if (kind(folder + "/objects") == Kind::folder && kind(folder + "/HEAD") == Kind::file) return folder;
  }
  return {};
}

std::string shown_path(const std::string& path, const std::string& home) {
  return is_within(path, home) ? "~" + path.substr(home.size()) : path;
}

void drop_inner(std::set<std::string>& paths) {
  std::erase_if(paths, [&](const std::string& path) {
    return std::any_of(paths.begin(), paths.end(),
                       [&](const std::string& other) { return other != path && is_within(path, other); });
  });
}

std::string list(std::string_view key, const std::vector<std::string>& before,
                 const std::vector<std::string>& all, const std::string& home) {
  std::string out;
  for (const std::string& each : all) {
    if (std::find(before.begin(), before.end(), each) != before.end()) continue;
    out += (out.empty() ? "" : ", ") + toml::quoted(shown_path(each, home));
  }
  return out.empty() ? out : fmt::format("{} = [{}]\n", key, out);
}

}  // namespace

bool Asking::readable(const std::string& path) const {
  if (is_within(path, "/proc") || is_within(path, "/dev") || path == "/") return true;
  // What the sandbox has of its own.
  for (const char* own : {"/etc/passwd", "/etc/group", "/etc/nsswitch.conf", "/etc/hostname", "/etc/hosts",
                          "/etc/resolv.conf"}) {
    if (path == own) return true;
  }
  for (const std::string& covered : plan_.covered) {
    if (is_within(path, covered)) return false;
  }
  return std::any_of(plan_.binds.begin(), plan_.binds.end(), [&](const Bind& bind) {
    // A folder on the way to what is granted is there, too.
    return is_within(path, bind.path) || is_within(bind.path, path);
  });
}

bool Asking::writable(const std::string& path) const {
  if (is_within(path, "/proc") || is_within(path, "/dev")) return true;
  const Bind* nearest = nullptr;
  for (const Bind& bind : plan_.binds) {
    if (is_within(path, bind.path) && (nearest == nullptr || bind.path.size() > nearest->path.size()))
      nearest = &bind;
  }
  return nearest != nullptr && nearest->write;
}

bool Asking::is_named(const std::string& path) const {
  const std::string folder = parent_of(path);
  if (std::find(plan_.scratch.begin(), plan_.scratch.end(), folder) != plan_.scratch.end()) return false;
  return std::any_of(words_.begin(), words_.end(),
                     [&](const std::string& word) { return word.find(folder) != word.npos; });
}

void Asking::touch(Touch touch, const std::string& path) {
  const bool scratch = std::any_of(plan_.scratch.begin(), plan_.scratch.end(),
                                   [&](const std::string& folder) { return is_within(path, folder); });
  if (touch == Touch::write) {
    if (writable(path)) return;
    // Into scratch space it can write; that is gone afterwards, which most caches are.
    if (scratch && !readable(path) && !is_named(path)) {
      made_.insert(path);
      if (kind_(path) == Kind::nothing) return;
      asked_.look.insert(path);
      return;
    }
    if (kind_(path) == Kind::nothing && kind_(parent_of(path)) != Kind::folder) return;
    const bool system = std::any_of(std::begin(kSystem), std::end(kSystem),
                                    [&](const char* folder) { return is_within(path, folder); });
    (system && !is_named(path) ? asked_.system : asked_.write).insert(path);
    return;
  }
  if (readable(path) || kind_(path) == Kind::nothing) return;
  for (std::string at = path; at != "/"; at = parent_of(at)) {
    if (made_.contains(at)) return;
  }
  if (std::any_of(secrets_.begin(), secrets_.end(),
                  [&](const std::string& secret) { return is_within(path, secret); })) {
    asked_.secret.insert(path);
    return;
  }
  (touch == Touch::read ? asked_.read : asked_.look).insert(path);
}

std::vector<std::string> as_grants(const std::set<std::string>& paths, const std::vector<std::string>& words,
                                   const std::string& home,
                                   const std::function<Kind(const std::string&)>& kind) {
  std::set<std::string> grants;
  std::map<std::string, size_t> folders;
  for (const std::string& path : paths) ++folders[parent_of(path)];
  for (const std::string& path : paths) {
    std::string grant;
    for (const std::string& word : words) {
      if (word.starts_with('/') && is_within(path, word) && !is_broad(word, home) &&
          word.size() > grant.size())
        grant = word;
    }
    if (grant.empty()) grant = whole_of(path, home, kind);
    if (grant.empty() && kind(path) == Kind::nothing) grant = parent_of(path);  // to be made there
    if (grant.empty() && folders[parent_of(path)] >= kFilesOfAFolder) grant = parent_of(path);
    if (grant.empty() || is_broad(grant, home)) grant = path;
    if (!is_broad(grant, home)) grants.insert(grant);
  }
  drop_inner(grants);
  return {grants.begin(), grants.end()};
}

std::string profile_text(std::string_view name, const Profile& like, const Profile& profile,
                         const std::string& home, const std::set<std::string>& without) {
  std::string out = fmt::format("[sandbox.{}]\nlike = {}\n", toml::quoted_key(name), toml::quoted(like.name));
  out += list("read", like.read, profile.read, home);
  out += list("write", like.write, profile.write, home);
  std::vector<std::string> before, all;
  for (const Host& host : like.hosts) before.push_back(host.text());
  for (const Host& host : profile.hosts) all.push_back(host.text());
  out += list("net", before, all, home);
  size_t said = 0;
  for (const std::string& path : without) {
    if (said == 0) out += "# asked for, and done without:\n";
    if (++said > kWithoutMax) {
      out += fmt::format("# … and {} more\n", without.size() - kWithoutMax);
      break;
    }
    out += fmt::format("#   {}\n", toml::quoted(shown_path(path, home)));
  }
  return out;
}

}  // namespace weir::sandbox
