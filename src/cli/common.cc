#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "base/bytes.h"
#include "cli/command.h"
#include "cli/data_place.h"
#include "cli/init.h"

namespace weir::cli {

int exit_code(const Error& error) {
  switch (error.code) {
    case Code::bad_input:
    case Code::too_large:
    case Code::unsupported:
      return kWrongInput;
    case Code::denied:
    case Code::not_found:
      return kNo;
    case Code::unavailable:
    case Code::timed_out:
    case Code::internal:
      return kEnvironment;
  }
  return kEnvironment;
}

int fail(const Error& error) {
  fmt::print(stderr, "weir: {}\n", error.text());
  return exit_code(error);
}

Result<std::string> read_file(const std::string& path, size_t bytes_max) {
  const int fd = path == "-" ? STDIN_FILENO : open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0)
    return Error{Code::bad_input, fmt::format("cannot read it: {}", std::strerror(errno)), path, {}};
  std::string bytes;
  char buffer[65536];
  ssize_t got = 0;
  while ((got = read(fd, buffer, sizeof(buffer))) != 0) {
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 || bytes.size() + static_cast<size_t>(got) > bytes_max) break;
    bytes.append(buffer, static_cast<size_t>(got));
  }
  const int reason = errno;
  if (fd != STDIN_FILENO) close(fd);
  if (got < 0)
    return Error{Code::bad_input, fmt::format("cannot read it: {}", std::strerror(reason)), path, {}};
  if (got > 0) return too_large(fmt::format("more than {} bytes", bytes_max), path);
  return bytes;
}

config::Sources sources() {
  return {[](const std::string& path) { return read_file(path); },
          [](const std::string& name) -> std::optional<std::string> {
            const char* value = std::getenv(name.c_str());
            return value == nullptr ? std::nullopt : std::optional<std::string>(value);
          }};
}

namespace {

std::string home(const char* xdg, const char* below_home) {
  if (const char* set = std::getenv(xdg); set != nullptr && set[0] == '/') return set;
  const char* home = std::getenv("HOME");
  return (home != nullptr && home[0] == '/' ? std::string(home) : std::string("/root")) + below_home;
}

}  // namespace

Result<config::Config> load_config(const Common& common, std::vector<std::string>* missing) {
  std::string file = common.config_file;
  const char* from_environment = std::getenv("WEIR_CONFIG");
  if (file.empty() && from_environment != nullptr) file = from_environment;
  if (file.empty()) {
    file = home("XDG_CONFIG_HOME", "/.config") + "/weir/weir.toml";
    if (access(file.c_str(), F_OK) != 0) return config::defaults();
  }
  auto text = read_file(file, limits::kTomlBytesMax);
  if (!text) return text.error();
  return missing != nullptr ? load_text(*text, file, missing) : config::load(*text, file, sources());
}

std::string data_place(std::string configured) {
  std::string dir = std::move(configured);
  if (const char* set = std::getenv("WEIR_DATA"); set != nullptr && set[0] != '\0') dir = set;
  if (dir.starts_with("~/")) dir = home("WEIR_NO_SUCH_VARIABLE", dir.c_str() + 1);
  if (dir.empty()) dir = home("XDG_DATA_HOME", "/.local/share") + "/weir";
  return dir;
}

Result<std::string> make_data_place(std::string configured) {
  const std::string dir = data_place(std::move(configured));
  for (size_t slash = dir.find('/', 1); slash != std::string::npos; slash = dir.find('/', slash + 1)) {
    mkdir(dir.substr(0, slash).c_str(), 0755);
  }
  if (mkdir(dir.c_str(), 0700) != 0 && errno != EEXIST) {
    return unavailable(fmt::format("cannot make the data folder: {}", std::strerror(errno)), dir,
                       "data_dir in weir.toml, or WEIR_DATA");
  }
  return dir;
}

std::string data_dir_path(const config::Config& config) {
  return data_place(config.data_dir);
}

Result<std::string> data_dir(const config::Config& config) {
  return make_data_place(config.data_dir);
}

int run_config_reference() {
  fmt::print("{}", config::reference_markdown());
  return kDone;
}

}  // namespace weir::cli
