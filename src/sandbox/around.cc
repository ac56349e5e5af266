#include "sandbox/around.h"

#include <fmt/format.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstring>

extern char** environ;

namespace weir::sandbox {
namespace {

bool is_program(const std::string& path) {
  struct stat info{};
  return stat(path.c_str(), &info) == 0 && S_ISREG(info.st_mode) && access(path.c_str(), X_OK) == 0;
}

Kind kind_of(const std::string& path) {
  struct stat info{};
  if (stat(path.c_str(), &info) != 0) return Kind::nothing;
  return S_ISDIR(info.st_mode) ? Kind::folder : Kind::file;
}

}  // namespace

std::map<std::string, std::string> this_environment() {
  std::map<std::string, std::string> env;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const char* equals = std::strchr(*entry, '=');
    if (equals != nullptr) env[std::string(*entry, static_cast<size_t>(equals - *entry))] = equals + 1;
  }
  return env;
}

Around this_machine(std::vector<std::string> secrets) {
  Around around{.env = this_environment(), .secrets = std::move(secrets), .kind = kind_of};
  const passwd* me = getpwuid(getuid());
  if (me != nullptr) around.user = me->pw_name;
  around.home = around.env["HOME"];
  if (around.home.empty() && me != nullptr) around.home = me->pw_dir;
  char whole_secret[PATH_MAX];
  for (std::string& secret : around.secrets) {
    if (!secret.empty() && realpath(secret.c_str(), whole_secret) != nullptr) secret = whole_secret;
  }
  // A home that is a link would be another path to the kernel.
  char whole[PATH_MAX];
  if (!around.home.empty() && realpath(around.home.c_str(), whole) != nullptr) around.home = whole;
  return around;
}

Result<std::string> find_program(const std::string& name, std::string_view path, const std::string& cwd) {
  if (name.empty()) return unavailable("no command is given");
  if (name.find('/') != std::string::npos) {
    const std::string whole = name.starts_with('/') ? name : cwd + "/" + name;
    char clean[PATH_MAX];
    if (!is_program(whole))
      return unavailable("there is no such program", name, "an absolute path is surest");
    return name.starts_with('/') || realpath(whole.c_str(), clean) == nullptr ? whole : std::string(clean);
  }
  while (!path.empty()) {
    const std::string_view folder = path.substr(0, path.find(':'));
    path.remove_prefix(std::min(folder.size() + 1, path.size()));
    if (!folder.starts_with('/')) continue;
    std::string whole = std::string(folder) + "/" + name;
    if (is_program(whole)) return whole;
  }
  return unavailable("there is no such program on PATH", name, "an absolute path is surest");
}

Result<std::string> working_folder() {
  char folder[PATH_MAX];
  if (getcwd(folder, sizeof(folder)) == nullptr || folder[0] != '/')
    return unavailable(fmt::format("this folder cannot be found: {}", std::strerror(errno)));
  return std::string(folder);
}

}  // namespace weir::sandbox
