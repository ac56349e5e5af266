#include "sandbox/landlock.h"

#include <fcntl.h>
#include <linux/landlock.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <cerrno>

namespace weir::sandbox {
namespace {

// Newer than Debian 12's headers (ABI 3, 5, 6).
constexpr uint64_t kTruncate = uint64_t{1} << 14;
constexpr uint64_t kIoctlDevice = uint64_t{1} << 15;
constexpr uint64_t kScopeAbstractSocket = uint64_t{1} << 0;
constexpr uint64_t kScopeSignal = uint64_t{1} << 1;

struct Attributes {  // struct landlock_ruleset_attr as of ABI 6
  uint64_t fs = 0;
  uint64_t net = 0;
  uint64_t scoped = 0;
};

constexpr uint64_t kRead = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR;
constexpr uint64_t kWriteFile = LANDLOCK_ACCESS_FS_WRITE_FILE | kTruncate;
constexpr uint64_t kWriteFolder = LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE |
                                  LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG |
                                  LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO |
                                  LANDLOCK_ACCESS_FS_MAKE_SYM | LANDLOCK_ACCESS_FS_REFER;
// Nobody may make devices; they are handled and never allowed.
constexpr uint64_t kDevices = LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_BLOCK;

uint64_t fs_rights(int abi) {
  uint64_t rights = kRead | LANDLOCK_ACCESS_FS_EXECUTE | kWriteFile | kWriteFolder | kDevices | kIoctlDevice;
  if (abi < 2) rights &= ~uint64_t{LANDLOCK_ACCESS_FS_REFER};
  if (abi < 3) rights &= ~kTruncate;
  if (abi < 5) rights &= ~kIoctlDevice;
  return rights;
}

}  // namespace

int landlock_abi() {
  const long abi = syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION);
  return abi < 0 ? 0 : static_cast<int>(abi);
}

bool Landlock::create(bool own_net) {
  const int abi = landlock_abi();
  if (abi < 1) return false;
  Attributes attributes;
  attributes.fs = handled_ = fs_rights(abi);
  // With the host's network the sandbox is weakened by name; its sockets are then the host's too.
  if (abi >= 6) attributes.scoped = kScopeSignal | (own_net ? kScopeAbstractSocket : 0);
  const size_t size = abi >= 6 ? sizeof(attributes) : abi >= 4 ? 16 : 8;
  ruleset_ = Fd(static_cast<int>(syscall(SYS_landlock_create_ruleset, &attributes, size, 0)));
  return ruleset_.open();
}

bool Landlock::allow(const std::string& path, unsigned access) {
  const Fd fd(::open(path.c_str(), O_PATH | O_CLOEXEC));
  if (!fd.open()) return errno == ENOENT;
  return allow(fd.get(), access);
}

bool Landlock::allow(int fd, unsigned access) {
  struct stat about{};
  return fstat(fd, &about) == 0 && allow(fd, access, S_ISDIR(about.st_mode));
}

bool Landlock::allow(int fd, unsigned access, bool folder) {
  landlock_path_beneath_attr rule{};
  rule.parent_fd = fd;
  if ((access & read) != 0) rule.allowed_access |= folder ? kRead : uint64_t{LANDLOCK_ACCESS_FS_READ_FILE};
  if ((access & run) != 0) rule.allowed_access |= LANDLOCK_ACCESS_FS_EXECUTE;
  if ((access & write) != 0) rule.allowed_access |= folder ? kWriteFile | kWriteFolder : kWriteFile;
  if ((access & device) != 0) rule.allowed_access |= kIoctlDevice;
  rule.allowed_access &= handled_;
  if (rule.allowed_access == 0) return true;
  return syscall(SYS_landlock_add_rule, ruleset_.get(), LANDLOCK_RULE_PATH_BENEATH, &rule, 0) == 0;
}

bool Landlock::restrict_self() {
  return syscall(SYS_landlock_restrict_self, ruleset_.get(), 0) == 0;
}

}  // namespace weir::sandbox
