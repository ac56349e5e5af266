#include "ledger/files.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace weir::ledger {
namespace {

Error failed(const char* what, const std::string& path, int error) {
  std::string message = std::string("cannot ") + what + ": " + std::strerror(error);
  return Error{error == ENOENT ? Code::not_found : Code::unavailable, std::move(message), path};
}

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

int open_retrying(const char* path, int flags, mode_t mode) {
  int fd;
  do {
    fd = ::open(path, flags | O_CLOEXEC, mode);
  } while (fd < 0 && errno == EINTR);
  return fd;
}

class PosixFile final : public File {
 public:
  PosixFile(std::string path, int fd) : path_(std::move(path)), fd_(fd) {}

  Result<std::string> read_at(uint64_t offset, size_t bytes_max) override {
    std::string out(bytes_max, '\0');
    size_t done = 0;
    while (done < bytes_max) {
      const ssize_t n =
          ::pread(fd_.get(), out.data() + done, bytes_max - done, static_cast<off_t>(offset + done));
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) return failed("read", path_, errno);
      if (n == 0) break;
      done += static_cast<size_t>(n);
    }
    out.resize(done);
    return out;
  }

  Status write_at(uint64_t offset, std::string_view bytes) override {
    while (!bytes.empty()) {
      const ssize_t n = ::pwrite(fd_.get(), bytes.data(), bytes.size(), static_cast<off_t>(offset));
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) return failed("write", path_, errno);
      bytes.remove_prefix(static_cast<size_t>(n));
      offset += static_cast<uint64_t>(n);
    }
    return {};
  }

  Status truncate(uint64_t bytes) override {
    if (::ftruncate(fd_.get(), static_cast<off_t>(bytes)) != 0) return failed("truncate", path_, errno);
    return {};
  }

  // Never retried: after a failed fsync the kernel may have dropped the bytes and report success next time.
  Status sync() override {
    if (::fdatasync(fd_.get()) != 0) return failed("sync", path_, errno);
    return {};
  }

  Result<uint64_t> size() override {
    struct stat info = {};
    if (::fstat(fd_.get(), &info) != 0) return failed("look at", path_, errno);
    return static_cast<uint64_t>(info.st_size);
  }

 private:
  std::string path_;
  Descriptor fd_;
};

class PosixLock final : public FileLock {
 public:
  explicit PosixLock(int fd) : fd_(fd) {}

 private:
  Descriptor fd_;
};

}  // namespace

std::string parent_path(const std::string& path) {
  const size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

Result<std::string> Files::read(const std::string& path, size_t bytes_max) {
  WEIR_TRY_ASSIGN(file, open(path, OpenMode::read));
  WEIR_TRY_ASSIGN(size, file->size());
  if (size > bytes_max) return too_large("the file is larger than it may be", path);
  // Room for what is there, not for the bound: that would be touched, byte by byte. It may have grown since.
  for (size_t wanted = size + 1;; wanted = std::min(2 * wanted, bytes_max + 1)) {
    WEIR_TRY_ASSIGN(bytes, file->read_at(0, wanted));
    if (bytes.size() > bytes_max) return too_large("the file is larger than it may be", path);
    if (bytes.size() < wanted) return bytes;
  }
}

Status Files::replace(const std::string& path, std::string_view bytes) {
  const std::string temporary = path + ".tmp";
  {
    WEIR_TRY_ASSIGN(file, open(temporary, OpenMode::write));
    WEIR_TRY(file->truncate(0));
    WEIR_TRY(file->write_at(0, bytes));
    WEIR_TRY(file->sync());
  }
  WEIR_TRY(rename(temporary, path));
  return sync_dir(parent_path(path));
}

Result<std::unique_ptr<File>> PosixFiles::open(const std::string& path, OpenMode mode) {
  int flags = O_RDONLY;
  mode_t permissions = 0644;
  if (mode == OpenMode::write) flags = O_RDWR | O_CREAT;
  if (mode == OpenMode::create_secret) {
    flags = O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW;
    permissions = 0600;
  }
  const int fd = open_retrying(path.c_str(), flags, permissions);
  if (fd < 0) return failed("open", path, errno);
  return std::unique_ptr<File>(std::make_unique<PosixFile>(path, fd));
}

Status PosixFiles::rename(const std::string& from, const std::string& to) {
  if (::rename(from.c_str(), to.c_str()) != 0) return failed("rename", from, errno);
  return {};
}

Status PosixFiles::remove(const std::string& path) {
  if (::remove(path.c_str()) != 0) return failed("remove", path, errno);
  return {};
}

Result<bool> PosixFiles::make_dir(const std::string& path) {
  if (::mkdir(path.c_str(), 0755) == 0) return true;
  if (errno == EEXIST) return false;
  return failed("make the directory", path, errno);
}

Status PosixFiles::sync_dir(const std::string& path) {
  const Descriptor fd(open_retrying(path.c_str(), O_RDONLY | O_DIRECTORY, 0));
  if (fd.get() < 0) return failed("open the directory", path, errno);
  if (::fsync(fd.get()) != 0) return failed("sync the directory", path, errno);
  return {};
}

Result<std::vector<DirEntry>> PosixFiles::list(const std::string& path) {
  const std::unique_ptr<DIR, int (*)(DIR*)> dir(::opendir(path.c_str()),
                                                [](DIR* d) { return ::closedir(d); });
  if (!dir) return failed("list", path, errno);
  std::vector<DirEntry> out;
  errno = 0;
  while (const dirent* entry = ::readdir(dir.get())) {
    const std::string name = entry->d_name;
    if (name == "." || name == "..") continue;
    struct stat info = {};
    const bool found = ::fstatat(::dirfd(dir.get()), entry->d_name, &info, AT_SYMLINK_NOFOLLOW) == 0;
    out.push_back({name, found && S_ISDIR(info.st_mode)});
    errno = 0;
  }
  if (errno != 0) return failed("list", path, errno);
  std::sort(out.begin(), out.end(), [](const DirEntry& a, const DirEntry& b) { return a.name < b.name; });
  return out;
}

Result<std::unique_ptr<FileLock>> PosixFiles::lock(const std::string& path) {
  const int fd = open_retrying(path.c_str(), O_RDWR | O_CREAT, 0644);
  if (fd < 0) return failed("open the lock", path, errno);
  auto lock = std::make_unique<PosixLock>(fd);
  if (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return failed("lock", path, errno);
    return Error{Code::denied, "another weir is running on this directory", path, "stop it first"};
  }
  return std::unique_ptr<FileLock>(std::move(lock));
}

}  // namespace weir::ledger
