#include "skill/folder.h"

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
#include <filesystem>
#include <memory>

#include "skill/limits.h"
#include "skill/text.h"

namespace weir::skill {
namespace {

Error failed(std::string_view what, const std::string& path, int reason) {
  return unavailable(fmt::format("cannot {} it: {}", what, std::strerror(reason)), shown(path, 500));
}

struct CloseFolder {
  void operator()(DIR* folder) const { closedir(folder); }
};

class Fd {
 public:
  explicit Fd(int fd) : fd_(fd) {}
  ~Fd() {
    if (fd_ >= 0) close(fd_);
  }
  Fd(const Fd&) = delete;
  Fd& operator=(const Fd&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

class FolderReader {
 public:
  Status read(int folder, const std::string& prefix, size_t depth) {
    if (depth > kPathPartsMax)
      return too_large(fmt::format("more than {} folders deep", kPathPartsMax), shown(prefix));
    WEIR_TRY_ASSIGN(names, list(folder, prefix));
    for (const std::string& name : names) {
      const std::string path = prefix + name;
      if (Package::left_out(path)) continue;
      WEIR_TRY(check_path(path));
      struct stat about{};
      if (fstatat(folder, name.c_str(), &about, AT_SYMLINK_NOFOLLOW) != 0)
        return failed("look at", path, errno);
      if (S_ISLNK(about.st_mode))
        return bad_input("a symbolic link, which leads who knows where", path, "put the file itself there");
      if (S_ISDIR(about.st_mode)) {
        const Fd below(openat(folder, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
        if (below.get() < 0) return failed("open", path, errno);
        WEIR_TRY(read(below.get(), path + "/", depth + 1));
      } else if (S_ISREG(about.st_mode)) {
        WEIR_TRY(read_file(folder, name, path));
      } else {
        return bad_input("neither a file nor a folder", path);
      }
    }
    return {};
  }

  std::vector<File> files;

 private:
  Result<std::vector<std::string>> list(int folder, const std::string& prefix) {
    const int copy = dup(folder);
    DIR* all = copy < 0 ? nullptr : fdopendir(copy);
    if (all == nullptr) return failed("list", prefix, errno);
    const std::unique_ptr<DIR, CloseFolder> keep(all);
    std::vector<std::string> names;
    while (const dirent* entry = readdir(all)) {
      const std::string_view name = entry->d_name;
      if (name == "." || name == "..") continue;
      if (++entries_ > kFolderEntriesMax)
        return too_large(fmt::format("more than {} files and folders", kFolderEntriesMax));
      names.emplace_back(name);
    }
    std::sort(names.begin(), names.end());
    return names;
  }

  Status read_file(int folder, const std::string& name, const std::string& path) {
    // A FIFO that took its place must not hold us.
    const Fd file(openat(folder, name.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK));
    struct stat about{};
    if (file.get() < 0 || fstat(file.get(), &about) != 0) return failed("read", path, errno);
    if (!S_ISREG(about.st_mode)) return bad_input("neither a file nor a folder", path);
    if (files.size() == kFilesMax) return too_large(fmt::format("more than {} files", kFilesMax));
    std::string bytes;
    char buffer[65536];
    ssize_t got = 0;
    while ((got = ::read(file.get(), buffer, sizeof(buffer))) != 0) {
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return failed("read", path, errno);
      bytes.append(buffer, static_cast<size_t>(got));
      total_ += static_cast<size_t>(got);
      if (bytes.size() > kFileBytesMax)
        return too_large(fmt::format("more than {} bytes", kFileBytesMax), path);
      if (total_ > kPackageBytesMax)
        return too_large(fmt::format("more than {} bytes in all files", kPackageBytesMax), path);
    }
    files.push_back({path, std::move(bytes)});
    return {};
  }

  size_t entries_ = 0;
  size_t total_ = 0;
};

Status write_file(const std::string& path, std::string_view bytes) {
  const Fd file(open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
                     bytes.starts_with("#!") ? 0755 : 0644));
  if (file.get() < 0) return failed("write", path, errno);
  while (!bytes.empty()) {
    const ssize_t wrote = write(file.get(), bytes.data(), bytes.size());
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote <= 0) return failed("write", path, errno);
    bytes.remove_prefix(static_cast<size_t>(wrote));
  }
  return fsync(file.get()) == 0 ? Status() : Status(failed("write", path, errno));
}

Status fill(const std::string& folder, const Package& package) {
  for (const File& file : package.files()) {
    for (size_t slash = file.path.find('/'); slash != std::string::npos;
         slash = file.path.find('/', slash + 1)) {
      const std::string below = folder + "/" + file.path.substr(0, slash);
      if (mkdir(below.c_str(), 0755) != 0 && errno != EEXIST) return failed("make", below, errno);
    }
    WEIR_TRY(write_file(folder + "/" + file.path, file.bytes));
  }
  return {};
}

}  // namespace

Result<Package> read_folder(const std::string& path) {
  const Fd folder(open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (folder.get() < 0) {
    const int reason = errno;
    if (reason == ENOENT || reason == ENOTDIR)
      return Error{Code::not_found, "there is no such folder", shown(path, 500), {}};
    return failed("open", path, reason);
  }
  FolderReader reader;
  WEIR_TRY(reader.read(folder.get(), "", 1));
  return Package::make(std::move(reader.files));
}

Status write_folder(const std::string& path, const Package& package) {
  const std::filesystem::path whole(path);
  std::error_code error;
  std::filesystem::create_directories(whole.parent_path(), error);
  if (error) return failed("make", whole.parent_path().string(), error.value());
  std::string beside = (whole.parent_path() / ".weir-XXXXXX").string();
  if (mkdtemp(beside.data()) == nullptr) return failed("write beside", path, errno);
  const std::string fresh = beside + "/new", old = beside + "/old";
  Status done;
  if (mkdir(fresh.c_str(), 0755) != 0) done = failed("make", fresh, errno);
  if (done) done = fill(fresh, package);
  const bool there = rename(path.c_str(), old.c_str()) == 0;
  if (done && !there && errno != ENOENT) done = failed("replace", path, errno);
  if (done && rename(fresh.c_str(), path.c_str()) != 0) done = failed("write", path, errno);
  if (!done && there) (void)rename(old.c_str(), path.c_str());
  std::filesystem::remove_all(beside, error);
  return done;
}

Result<TemporaryFolder> TemporaryFolder::make(const Package& package) {
  std::error_code error;
  const std::filesystem::path where = std::filesystem::temp_directory_path(error);
  std::string path = ((error ? std::filesystem::path("/tmp") : where) / "weir-skill-XXXXXX").string();
  if (mkdtemp(path.data()) == nullptr) return failed("make", path, errno);
  char clean[PATH_MAX];
  if (realpath(path.c_str(), clean) != nullptr) path = clean;
  TemporaryFolder folder(path);
  WEIR_TRY(fill(path, package));
  return folder;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
}

Status remove_folder(const std::string& path) {
  std::error_code error;
  std::filesystem::remove_all(path, error);
  return error ? Status(failed("remove", path, error.value())) : Status();
}

}  // namespace weir::skill
