#include "cli/files.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <cstring>

#include "base/clock.h"
#include "base/limits.h"
#include "cli/command.h"

namespace weir::cli {
namespace {

Error failed(std::string_view what, const std::string& path, int reason) {
  return unavailable(fmt::format("cannot {} it: {}", what, std::strerror(reason)), path);
}

std::string folder_of(const std::string& path) {
  const size_t slash = path.rfind('/');
  return slash == std::string::npos ? "." : slash == 0 ? "/" : path.substr(0, slash);
}

Status make_folders(const std::string& folder) {
  for (size_t slash = folder.find('/', 1);; slash = folder.find('/', slash + 1)) {
    const std::string part = folder.substr(0, slash);
    if (mkdir(part.c_str(), 0700) != 0 && errno != EEXIST && errno != EROFS && errno != EACCES)
      return failed("make", part, errno);
    if (slash == std::string::npos) return {};
  }
}

bool write_whole(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t wrote = write(fd, bytes.data(), bytes.size());
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote <= 0) return false;
    bytes.remove_prefix(static_cast<size_t>(wrote));
  }
  return true;
}

void sync_folder(const std::string& folder) {
  const int fd = open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return;
  fsync(fd);
  close(fd);
}

// The new file beside the old one, ready to be renamed.
Result<std::string> write_beside(const std::string& target, const struct stat* old, std::string_view bytes,
                                 unsigned mode) {
  std::string temporary = folder_of(target) + "/.weir-XXXXXX";
  const int fd = mkostemp(temporary.data(), O_CLOEXEC);
  if (fd < 0) return failed("write beside", target, errno);
  bool good = write_whole(fd, bytes) && fchmod(fd, old != nullptr ? old->st_mode & 07777 : mode) == 0;
  if (good && old != nullptr && (old->st_uid != geteuid() || old->st_gid != getegid())) {
    good = fchown(fd, old->st_uid, old->st_gid) == 0 && fchmod(fd, old->st_mode & 07777) == 0;
  }
  good = good && fsync(fd) == 0;
  const int reason = errno;
  close(fd);
  if (good) return temporary;
  unlink(temporary.c_str());
  return failed("write", target, reason);
}

Status check_expected(const std::string& path, const std::optional<std::string>& expected) {
  WEIR_TRY_ASSIGN(now, read_if_there(path, limits::kSetupFileBytesMax));
  if (now == expected) return {};
  return Error{Code::denied, "somebody else wrote the file in the meantime; nothing was changed", path,
               "run it again"};
}

}  // namespace

setup::Surroundings surroundings() {
  char folder[PATH_MAX] = "/";
  const char* got = getcwd(folder, sizeof(folder));
  return {sources().env, got == nullptr ? "/" : got};
}

Result<std::optional<std::string>> read_if_there(const std::string& path, size_t bytes_max) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);  // a FIFO must not hold us
  if (fd < 0 && (errno == ENOENT || errno == ENOTDIR)) return std::optional<std::string>();
  if (fd < 0) return failed("read", path, errno);
  struct stat about{};
  const bool regular = fstat(fd, &about) == 0 && S_ISREG(about.st_mode);
  std::string bytes;
  char buffer[65536];
  ssize_t got = 0;
  while (regular && (got = read(fd, buffer, sizeof(buffer))) > 0 && bytes.size() <= bytes_max)
    bytes.append(buffer, static_cast<size_t>(got));
  const int reason = errno;
  close(fd);
  if (!regular) return bad_input("it is no regular file", path);
  if (got < 0) return failed("read", path, reason);
  if (bytes.size() > bytes_max) return too_large(fmt::format("more than {} bytes", bytes_max), path);
  return std::optional<std::string>(std::move(bytes));
}

Result<std::string> real_path(const std::string& path) {
  char resolved[PATH_MAX];
  if (realpath(path.c_str(), resolved) != nullptr) return std::string(resolved);
  struct stat about{};
  if (lstat(path.c_str(), &about) == 0 && S_ISLNK(about.st_mode))
    return bad_input("it is a symbolic link that leads nowhere", path,
                     "remove it, or make what it points to");
  return path;
}

Status write_file(const std::string& path, const std::optional<std::string>& expected, std::string_view bytes,
                  unsigned mode) {
  WEIR_TRY_ASSIGN(target, real_path(path));
  WEIR_TRY(make_folders(folder_of(target)));
  struct stat old{};
  const bool there = stat(target.c_str(), &old) == 0;
  if (there && access(target.c_str(), W_OK) != 0) return failed("write", target, errno);
  WEIR_TRY_ASSIGN(temporary, write_beside(target, there ? &old : nullptr, bytes, mode));
  Status good = check_expected(target, expected);
  if (good && rename(temporary.c_str(), target.c_str()) != 0) good = failed("write", target, errno);
  if (!good) {
    unlink(temporary.c_str());
    return good;
  }
  sync_folder(folder_of(target));
  return {};
}

Status remove_file(const std::string& path, std::string_view expected) {
  WEIR_TRY_ASSIGN(target, real_path(path));
  WEIR_TRY(check_expected(target, std::string(expected)));
  if (unlink(target.c_str()) != 0) return failed("remove", target, errno);
  sync_folder(folder_of(target));
  return {};
}

std::optional<std::string> find_program(const std::string& name) {
  const auto runs = [](const std::string& path) {
    struct stat about{};
    return stat(path.c_str(), &about) == 0 && S_ISREG(about.st_mode) && access(path.c_str(), X_OK) == 0;
  };
  if (name.find('/') != std::string::npos) return runs(name) ? std::optional(name) : std::nullopt;
  const std::string path = sources().env("PATH").value_or("/usr/local/bin:/usr/bin:/bin");
  for (size_t at = 0; at <= path.size();) {
    const size_t end = std::min(path.find(':', at), path.size());
    std::string candidate = path.substr(at, end - at) + "/" + name;
    if (candidate.starts_with('/') && runs(candidate)) return candidate;
    at = end + 1;
  }
  return std::nullopt;
}

std::vector<std::string> undo_records(const std::string& data_dir) {
  std::vector<std::string> out;
  DIR* folder = opendir((data_dir + "/setup").c_str());
  if (folder == nullptr) return out;
  while (const dirent* entry = readdir(folder)) {
    const std::string name = entry->d_name;
    if (name.size() == 7 && name.ends_with(".json")) out.push_back(data_dir + "/setup/" + name);
  }
  closedir(folder);
  std::sort(out.begin(), out.end());
  return out;
}

Status write_all(const std::string& data_dir, std::string_view client,
                 const std::vector<setup::Change>& changes) {
  const std::vector<std::string> records = undo_records(data_dir);
  size_t number = 1;
  if (!records.empty()) {
    const std::string& last = records.back();
    number = std::strtoul(last.c_str() + last.size() - 7, nullptr, 10) + 1;
  }
  if (number > limits::kSetupUndoMax)
    return too_large("too many runs that could be undone", data_dir + "/setup",
                     "remove the oldest files there");
  const std::string base = fmt::format("{}/setup/{:02}", data_dir, number);
  setup::UndoRecord record{std::string(client), rfc3339(SystemClock().now().wall_ms), {}};
  for (size_t i = 0; i < changes.size(); ++i) {
    const setup::Change& change = changes[i];
    setup::UndoFile file{.path = change.path, .existed = change.before.has_value()};
    file.after = setup::sha256_hex(change.after);
    file.written = fmt::format("{:02}-{}.new", number, i);
    WEIR_TRY(write_file(fmt::format("{}-{}.new", base, i), std::nullopt, change.after, 0600));
    if (change.before) {
      file.before = setup::sha256_hex(*change.before);
      file.backup = fmt::format("{:02}-{}.bak", number, i);
      WEIR_TRY(write_file(fmt::format("{}-{}.bak", base, i), std::nullopt, *change.before, 0600));
    }
    record.files.push_back(std::move(file));
  }
  WEIR_TRY(write_file(base + ".json", std::nullopt, setup::undo_json(record), 0600));
  for (size_t i = 0; i < changes.size(); ++i) {
    Status wrote = write_file(changes[i].path, changes[i].before, changes[i].after, 0600);
    if (wrote) continue;
    for (size_t j = i; j-- > 0;) {
      const setup::Change& change = changes[j];
      (void)(change.before ? write_file(change.path, change.after, *change.before, 0600)
                           : remove_file(change.path, change.after))
          .has_value();
    }
    unlink((base + ".json").c_str());
    return wrote;
  }
  return {};
}

}  // namespace weir::cli
