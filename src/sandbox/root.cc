#include "sandbox/root.h"

#include <sys/mount.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "sandbox/kernel.h"

namespace weir::sandbox {
namespace {

using Failed = std::optional<Failure>;

constexpr char kEmptyFolder[] = "/.covered";
constexpr char kEmptyFile[] = "/.covered-file";
constexpr uint64_t kCovered = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC;

// Of /proc: what tells of the host. Most is for root's eyes only, and root may be who runs weir.
constexpr const char* kCoveredFolders[] = {"proc/acpi", "proc/bus",  "proc/driver", "proc/fs",
                                           "proc/irq",  "proc/scsi", "proc/tty"};
constexpr const char* kCoveredFiles[] = {
    "proc/config.gz",   "proc/iomem",         "proc/ioports",    "proc/kallsyms",
    "proc/kcore",       "proc/keys",          "proc/kmsg",       "proc/key-users",
    "proc/kpagecount",  "proc/kpageflags",    "proc/modules",    "proc/slabinfo",
    "proc/sched_debug", "proc/sysrq-trigger", "proc/timer_list", "proc/vmallocinfo"};

const char* below(const std::string& path) {
  return path.c_str() + 1;
}

std::string parent_of(const std::string& path) {
  return path.substr(0, std::max<size_t>(path.rfind('/'), 1));
}

}  // namespace

Failure failure(Stage stage, const std::string& what) {
  Failure out{stage, errno, {}};
  std::strncpy(out.what, what.c_str(), sizeof(out.what) - 1);
  return out;
}

bool set_attributes(int mount, uint64_t attributes, bool recursive) {
  mount_attr change{};
  change.attr_set = attributes;
  change.propagation = MS_PRIVATE;
  const unsigned flags = static_cast<unsigned>(AT_EMPTY_PATH) | (recursive ? AT_RECURSIVE : 0);
  return mount_setattr(mount, "", flags, &change, sizeof(change)) == 0;
}

Failed Root::make() {
  umask(0);
  if (auto failed = make_tmpfs()) return failed;
  if (auto failed = make_covers()) return failed;
  if (auto failed = make_dev()) return failed;
  return make_proc();
}

Failed Root::make_tmpfs() {
  const Fd context(fsopen("tmpfs", FSOPEN_CLOEXEC));
  if (!context.open()) return failure(Stage::mounts, "fsopen of a tmpfs");
  // Bounds, so that they can be changed.
  const std::pair<const char*, const char*> settings[] = {
      {"size", "1m"}, {"nr_inodes", "1000"}, {"mode", "0755"}};
  for (const auto& [key, value] : settings) {
    if (fsconfig(context.get(), FSCONFIG_SET_STRING, key, value, 0) != 0) return failure(Stage::mounts, key);
  }
  if (fsconfig(context.get(), FSCONFIG_CMD_CREATE, nullptr, nullptr, 0) != 0)
    return failure(Stage::mounts, "a tmpfs");
  root_ = Fd(fsmount(context.get(), FSMOUNT_CLOEXEC, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV));
  if (!root_.open()) return failure(Stage::mounts, "fsmount of a tmpfs");
  // What is mounted outside is seen until the root is entered; what is done here is not seen outside.
  if (mount(nullptr, "/", nullptr, MS_SLAVE | MS_REC, nullptr) != 0)
    return failure(Stage::mounts, "MS_SLAVE");
  if (move_mount(root_.get(), "", AT_FDCWD, "/", MOVE_MOUNT_F_EMPTY_PATH) != 0)
    return failure(Stage::mounts, "move_mount of a tmpfs");
  made_.insert("/");
  return {};
}

// Mounted over themselves, so that what is bound from them has their attributes.
Failed Root::make_covers() {
  if (!folder(kEmptyFolder, 0555) || !file(kEmptyFile, "", 0444)) return failure(Stage::mounts, kEmptyFile);
  for (const char* path : {kEmptyFolder, kEmptyFile}) {
    const Fd tree(open_tree(root_.get(), path + 1, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC));
    if (!tree.open() || !set_attributes(tree.get(), kCovered, false) ||
        move_mount(tree.get(), "", root_.get(), path + 1, MOVE_MOUNT_F_EMPTY_PATH) != 0)
      return failure(Stage::mounts, path);
  }
  return {};
}

Failed Root::make_dev() {
  if (!folder("/dev", 0755)) return failure(Stage::mounts, "/dev");
  for (const char* name : {"null", "zero", "full", "random", "urandom", "tty"}) {
    const std::string path = std::string("/dev/") + name;
    const Fd tree(open_tree(AT_FDCWD, path.c_str(), OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC));
    if (!tree.open()) return failure(Stage::bind, path);
    // Read-only is the node itself: its mode and owner. Writing to a device is no write to its mount.
    if (!set_attributes(tree.get(), MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC | MOUNT_ATTR_RDONLY, false) ||
        !file(path, "", 0444) || !put(tree.get(), path, RESOLVE_NO_SYMLINKS))
      return failure(Stage::mounts, path);
  }
  const std::pair<const char*, const char*> links[] = {{"/dev/fd", "/proc/self/fd"},
                                                       {"/dev/stdin", "/proc/self/fd/0"},
                                                       {"/dev/stdout", "/proc/self/fd/1"},
                                                       {"/dev/stderr", "/proc/self/fd/2"}};
  for (const auto& [from, to] : links) {
    if (!link(from, to)) return failure(Stage::mounts, from);
  }
  return {};
}

Failed Root::make_proc() {
  const Fd context(fsopen("proc", FSOPEN_CLOEXEC));
  if (!context.open()) return failure(Stage::fresh_proc, "fsopen");
  // Only those processes are seen that may be looked into: not the sandbox's own first.
  if (fsconfig(context.get(), FSCONFIG_SET_STRING, "hidepid", "invisible", 0) != 0 ||
      fsconfig(context.get(), FSCONFIG_CMD_CREATE, nullptr, nullptr, 0) != 0)
    return failure(Stage::fresh_proc, "fsconfig");
  proc_ =
      Fd(fsmount(context.get(), FSMOUNT_CLOEXEC, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC));
  if (!proc_.open()) return failure(Stage::fresh_proc, "fsmount");
  if (!folder("/proc", 0555)) return failure(Stage::mounts, "/proc");
  if (!put(proc_.get(), "/proc", RESOLVE_NO_SYMLINKS)) return failure(Stage::fresh_proc, "move_mount");
  // Behind the seccomp filter, once more: no user namespaces below this one.
  set_kernel("sys/user/max_user_namespaces", "0");
  // Shared memory (System V) that nobody has attached would be memory that nobody has.
  set_kernel("sys/kernel/shm_rmid_forced", "1");
  if (fchdir(root_.get()) != 0) return failure(Stage::mounts, "fchdir");
  const auto cover_own = [](const char* path, const char* empty) {
    return mount(empty + 1, path, nullptr, MS_BIND, nullptr) == 0 || errno == ENOENT;
  };
  for (const char* path : kCoveredFolders) {
    if (!cover_own(path, kEmptyFolder)) return failure(Stage::bind, path);
  }
  for (const char* path : kCoveredFiles) {
    if (!cover_own(path, kEmptyFile)) return failure(Stage::bind, path);
  }
  return {};
}

void Root::set_kernel(const char* name, const char* value) {
  const Fd file(openat(proc_.get(), name, O_WRONLY | O_CLOEXEC));
  if (!file.open()) return;
  const ssize_t ignored = write(file.get(), value, std::strlen(value));
  static_cast<void>(ignored);
}

Failed Root::fit(const Plan& plan) {
  const Fd context(fspick(root_.get(), "", FSPICK_CLOEXEC | FSPICK_EMPTY_PATH));
  if (!context.open()) return failure(Stage::mounts, "fspick of a tmpfs");
  const std::string size = std::to_string(plan.limits.scratch_bytes);
  // The tree's own folders and files are among them.
  const std::string inodes = std::to_string(plan.limits.scratch_files + 1'000);
  const std::pair<const char*, const char*> settings[] = {{"size", size.c_str()},
                                                          {"nr_inodes", inodes.c_str()}};
  for (const auto& [key, value] : settings) {
    if (fsconfig(context.get(), FSCONFIG_SET_STRING, key, value, 0) != 0) return failure(Stage::mounts, key);
  }
  if (fsconfig(context.get(), FSCONFIG_CMD_RECONFIGURE, nullptr, nullptr, 0) != 0)
    return failure(Stage::mounts, "the bounds of a tmpfs");
  // Memory files are no programs unless they ask (Linux 6.3).
  if (!plan.run_written) set_kernel("sys/vm/memfd_noexec", "1");
  if (!set_attributes(proc_.get(), MOUNT_ATTR_RDONLY, false)) return failure(Stage::fresh_proc, "read-only");
  if (plan.terminal) return make_terminals();
  return {};
}

Failed Root::make_terminals() {
  const Fd context(fsopen("devpts", FSOPEN_CLOEXEC));
  if (!context.open()) return failure(Stage::mounts, "fsopen of devpts");
  for (const auto& [key, value] :
       {std::pair<const char*, const char*>{"mode", "0620"}, {"ptmxmode", "0666"}}) {
    if (fsconfig(context.get(), FSCONFIG_SET_STRING, key, value, 0) != 0) return failure(Stage::mounts, key);
  }
  if (fsconfig(context.get(), FSCONFIG_CMD_CREATE, nullptr, nullptr, 0) != 0)
    return failure(Stage::mounts, "devpts");
  const Fd mounted(fsmount(context.get(), FSMOUNT_CLOEXEC, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC));
  if (!mounted.open() || !folder("/dev/pts", 0755) || !put(mounted.get(), "/dev/pts", RESOLVE_NO_SYMLINKS) ||
      !link("/dev/ptmx", "pts/ptmx"))
    return failure(Stage::mounts, "devpts");
  return {};
}

Failed Root::enter() {
  if (!set_attributes(root_.get(), MOUNT_ATTR_RDONLY, false)) return failure(Stage::mounts, "mount_setattr");
  if (fchdir(root_.get()) != 0 || kernel::pivot_root(".", ".") != 0)
    return failure(Stage::root, "pivot_root");
  // The old root lies on top of the new one now.
  if (umount2(".", MNT_DETACH) != 0 || chdir("/") != 0) return failure(Stage::root, "umount");
  return {};
}

bool Root::within_a_tree(const std::string& path) const {
  if (placed_.empty()) return false;
  for (size_t slash = path.size(); slash != 0 && slash != std::string::npos;
       slash = path.rfind('/', slash - 1)) {
    if (placed_.contains(path.substr(0, slash))) return true;
  }
  return placed_.contains("/");
}

// A folder of the tmpfs itself, on a way without links.
bool Root::is_own_folder(const std::string& path) const {
  return made_.contains(path);
}

bool Root::parents(const std::string& path) {
  const std::string parent = parent_of(path);
  if (is_own_folder(parent) || within_a_tree(path)) return true;
  for (size_t slash = path.find('/', 1); slash != std::string::npos; slash = path.find('/', slash + 1)) {
    std::string folder = path.substr(0, slash);
    if (is_own_folder(folder)) continue;
    if (mkdirat(root_.get(), below(folder), 0755) == 0) {
      if (is_own_folder(parent_of(folder))) made_.insert(std::move(folder));
    } else if (errno != EEXIST) {
      return false;
    }
  }
  return true;
}

bool Root::folder(const std::string& path, mode_t mode) {
  if (!parents(path)) return false;
  if (within_a_tree(path)) return true;
  if (mkdirat(root_.get(), below(path), mode) == 0) {
    if (is_own_folder(parent_of(path))) made_.insert(path);
    return true;
  }
  return errno == EEXIST && fchmodat(root_.get(), below(path), mode, 0) == 0;
}

bool Root::file(const std::string& path, const std::string& text, mode_t mode) {
  if (!parents(path)) return false;
  if (within_a_tree(path)) return true;
  if (text.empty() && mknodat(root_.get(), below(path), S_IFREG | mode, 0) == 0) return true;
  const Fd made(openat(root_.get(), below(path), O_CREAT | O_WRONLY | O_CLOEXEC | O_NOFOLLOW, mode));
  return made.open() && write(made.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size());
}

bool Root::link(const std::string& path, const std::string& to) {
  if (!parents(path)) return false;
  return within_a_tree(path) || symlinkat(to.c_str(), root_.get(), below(path)) == 0;
}

bool Root::put(int mount, const std::string& path, uint64_t resolve) {
  // Nothing but what was made here is on the way: no need to look.
  if (is_own_folder(parent_of(path)) && !within_a_tree(path))
    return move_mount(mount, "", root_.get(), below(path), MOVE_MOUNT_F_EMPTY_PATH) == 0;
  const Fd target(kernel::openat2(root_.get(), below(path), O_PATH, RESOLVE_IN_ROOT | resolve));
  return target.open() &&
         move_mount(mount, "", target.get(), "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) == 0;
}

bool Root::place(int mount, const std::string& path) {
  if (!put(mount, path, RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS)) return false;
  placed_.insert(path);
  return true;
}

Failed Root::cover(const std::string& path) {
  const Fd target(kernel::openat2(root_.get(), below(path), O_PATH, RESOLVE_IN_ROOT));
  if (!target.open() && (errno == ENOENT || errno == ENOTDIR)) return {};
  struct stat about{};
  if (!target.open() || fstat(target.get(), &about) != 0) return failure(Stage::bind, path);
  const char* empty = S_ISDIR(about.st_mode) ? kEmptyFolder : kEmptyFile;
  const Fd tree(open_tree(root_.get(), empty + 1, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC));
  if (!tree.open() || !set_attributes(tree.get(), kCovered, false)) return failure(Stage::mounts, path);
  if (move_mount(tree.get(), "", target.get(), "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) != 0)
    return failure(Stage::bind, path);
  return {};
}

Failed Root::open_scratch(const std::string& path, bool run) {
  const bool shared = path == "/tmp" || path == "/var/tmp" || path == "/dev/shm";
  if (!folder(path, shared ? 01777 : 0700)) return failure(Stage::mounts, path);
  const Fd tree(open_tree(root_.get(), below(path), OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC));
  if (!tree.open()) return failure(Stage::mounts, path);
  const uint64_t attributes = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | (run ? 0 : MOUNT_ATTR_NOEXEC);
  if (!set_attributes(tree.get(), attributes, false)) return failure(Stage::mounts, "mount_setattr");
  if (!put(tree.get(), path, 0)) return failure(Stage::mounts, path);
  return {};
}

}  // namespace weir::sandbox
