#include "sandbox/mounts.h"

#include <sys/mount.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "sandbox/kernel.h"

namespace weir::sandbox {
namespace {

using From = Bind::From;

constexpr char kEmptyFolder[] = "/.covered";
constexpr char kEmptyFile[] = "/.covered-file";

// Of /proc: what tells of the host. Most is for root's eyes only, and root may be who runs weir.
constexpr const char* kCoveredProc[] = {
    "/proc/acpi",  "/proc/bus",        "/proc/config.gz",  "/proc/driver",      "/proc/fs",
    "/proc/iomem", "/proc/ioports",    "/proc/irq",        "/proc/kallsyms",    "/proc/kcore",
    "/proc/keys",  "/proc/kmsg",       "/proc/key-users",  "/proc/kpagecount",  "/proc/kpageflags",
    "/proc/scsi",  "/proc/modules",    "/proc/slabinfo",   "/proc/sched_debug", "/proc/sysrq-trigger",
    "/proc/tty",   "/proc/timer_list", "/proc/vmallocinfo"};

Failure failure(Stage stage, const std::string& what) {
  Failure out{stage, errno, {}};
  std::strncpy(out.what, what.c_str(), sizeof(out.what) - 1);
  return out;
}

int set_attributes(int mount, uint64_t attributes, bool recursive) {
  mount_attr change{};
  change.attr_set = attributes;
  change.propagation = MS_PRIVATE;
  const unsigned flags = static_cast<unsigned>(AT_EMPTY_PATH) | (recursive ? AT_RECURSIVE : 0);
  return mount_setattr(mount, "", flags, &change, sizeof(change));
}

struct Tree {
  std::string path;
  Fd mount = Fd();
  std::string link = {};  // instead of a mount: where a system path leads to
  bool folder = false;
  bool kept = true;
};

class Maker {
 public:
  Maker(const Plan& plan, const std::vector<OwnFile>& files) : plan_(plan), files_(files) {}

  std::optional<Failure> make(Fd& proc) {
    for (const Bind& bind : plan_.binds) {
      if (!clone(bind)) return failed_;
    }
    const bool made =
        make_root() && place_trees() && make_dev() && cover() && mount_proc(proc) && write_files() && enter();
    if (!made) return failed_;
    return {};
  }

 private:
  bool fail(Stage stage, const std::string& what) {
    failed_ = failure(stage, what);
    return false;
  }

  // The granted path as a detached, restricted tree.
  bool clone(const Bind& bind) {
    const bool strict = bind.from != From::system;
    const uint64_t resolve = RESOLVE_NO_MAGICLINKS | (strict ? RESOLVE_NO_SYMLINKS : 0);
    const Fd source(kernel::openat2(AT_FDCWD, bind.path.c_str(), O_PATH | O_NOFOLLOW, resolve));
    if (!source.open()) {
      if (bind.from != From::profile) return true;
      return fail(Stage::bind, bind.path);
    }
    struct stat about{};
    if (fstat(source.get(), &about) != 0) return fail(Stage::bind, bind.path);
    Tree tree{.path = bind.path, .folder = S_ISDIR(about.st_mode), .kept = bind.kept || !bind.write};
    if (S_ISLNK(about.st_mode)) {
      char target[4096];
      const ssize_t size = readlinkat(source.get(), "", target, sizeof(target));
      if (size <= 0 || size == sizeof(target)) return true;
      tree.link.assign(target, static_cast<size_t>(size));
    } else {
      tree.mount =
          Fd(open_tree(source.get(), "", AT_EMPTY_PATH | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE));
      if (!tree.mount.open()) return fail(errno == ENOSYS ? Stage::mounts : Stage::bind, bind.path);
      const uint64_t attributes = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV |
                                  (bind.write ? 0 : MOUNT_ATTR_RDONLY) | (bind.run ? 0 : MOUNT_ATTR_NOEXEC);
      if (set_attributes(tree.mount.get(), attributes, true) != 0)
        return fail(Stage::mounts, "mount_setattr");
    }
    trees_.push_back(std::move(tree));
    return true;
  }

  bool make_root() {
    const Fd context(fsopen("tmpfs", FSOPEN_CLOEXEC));
    if (!context.open()) return fail(Stage::mounts, "fsopen of a tmpfs");
    const std::string size = std::to_string(plan_.limits.scratch_bytes);
    // The tree's own folders and files are among them.
    const std::string inodes = std::to_string(plan_.limits.scratch_files + 1'000);
    const std::pair<const char*, const char*> settings[] = {
        {"size", size.c_str()}, {"nr_inodes", inodes.c_str()}, {"mode", "0755"}};
    for (const auto& [key, value] : settings) {
      if (fsconfig(context.get(), FSCONFIG_SET_STRING, key, value, 0) != 0) return fail(Stage::mounts, key);
    }
    if (fsconfig(context.get(), FSCONFIG_CMD_CREATE, nullptr, nullptr, 0) != 0)
      return fail(Stage::mounts, "a tmpfs");
    root_ = Fd(fsmount(context.get(), FSMOUNT_CLOEXEC, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV));
    if (!root_.open()) return fail(Stage::mounts, "fsmount of a tmpfs");
    if (mount(nullptr, "/", nullptr, MS_PRIVATE | MS_REC, nullptr) != 0)
      return fail(Stage::mounts, "MS_PRIVATE");
    // Somewhere that is there for sure: it is left right after.
    if (move_mount(root_.get(), "", AT_FDCWD, "/usr", MOVE_MOUNT_F_EMPTY_PATH) != 0)
      return fail(Stage::mounts, "move_mount of a tmpfs");
    if (!folder(kEmptyFolder, 0555) || !file(kEmptyFile, "", 0444)) return fail(Stage::mounts, kEmptyFile);
    return true;
  }

  static const char* below(const std::string& path) { return path.c_str() + 1; }

  bool within_a_tree(const std::string& path) const {
    return std::any_of(placed_.begin(), placed_.end(),
                       [&](const std::string& placed) { return is_within(path, placed); });
  }

  // In the tmpfs only: nothing is ever made in what was granted.
  bool parents(const std::string& path) {
    if (within_a_tree(path)) return true;
    for (size_t slash = path.find('/', 1); slash != std::string::npos; slash = path.find('/', slash + 1)) {
      if (mkdirat(root_.get(), below(path.substr(0, slash)), 0755) != 0 && errno != EEXIST) return false;
    }
    return true;
  }

  bool folder(const std::string& path, mode_t mode) {
    if (!parents(path)) return false;
    if (within_a_tree(path)) return true;
    if (mkdirat(root_.get(), below(path), mode) != 0 && errno != EEXIST) return false;
    return fchmodat(root_.get(), below(path), mode, 0) == 0;
  }

  bool file(const std::string& path, const std::string& text, mode_t mode) {
    if (!parents(path)) return false;
    if (within_a_tree(path)) return true;
    const Fd made(openat(root_.get(), below(path), O_CREAT | O_WRONLY | O_CLOEXEC | O_NOFOLLOW, mode));
    return made.open() && write(made.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size());
  }

  // Onto the path inside, which must be there; links lead nowhere but within the tree.
  bool put(int mount, const std::string& path, uint64_t resolve) {
    const Fd target(kernel::openat2(root_.get(), below(path), O_PATH, RESOLVE_IN_ROOT | resolve));
    return target.open() &&
           move_mount(mount, "", target.get(), "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) == 0;
  }

  bool place_trees() {
    std::vector<std::string> scratch = plan_.scratch;
    std::sort(scratch.begin(), scratch.end());
    auto next = scratch.begin();
    for (Tree& tree : trees_) {
      for (; next != scratch.end() && *next < tree.path; ++next) {
        if (!place_scratch(*next)) return false;
      }
      if (!place(tree)) return false;
    }
    for (; next != scratch.end(); ++next) {
      if (!place_scratch(*next)) return false;
    }
    return true;
  }

  bool place(Tree& tree) {
    if (!tree.link.empty()) {
      if (!parents(tree.path)) return fail(Stage::mounts, tree.path);
      if (within_a_tree(tree.path)) return true;
      return symlinkat(tree.link.c_str(), root_.get(), below(tree.path)) == 0 ||
             fail(Stage::mounts, tree.path);
    }
    const bool there = tree.folder ? folder(tree.path, 0755) : file(tree.path, "", 0444);
    if (!there) return fail(Stage::bind, tree.path);
    if (!put(tree.mount.get(), tree.path, RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS))
      return fail(Stage::bind, tree.path);
    placed_.push_back(tree.path);
    return tree.kept || !tree.folder || lay_over(tree.path);
  }

  // An overlay on top of the tree that was just placed, with its upper layer in the sandbox's own memory.
  bool lay_over(const std::string& path) {
    const std::string base = "/.upper" + std::to_string(placed_.size());
    if (!folder(base, 0700) || !folder(base + "/up", 0755) || !folder(base + "/work", 0700))
      return fail(Stage::mounts, base);
    // Both by descriptor: their places are not on any path of this process.
    const Fd lower(kernel::openat2(root_.get(), below(path), O_PATH, RESOLVE_IN_ROOT | RESOLVE_NO_SYMLINKS));
    const Fd upper(kernel::openat2(root_.get(), below(base), O_PATH, RESOLVE_IN_ROOT | RESOLVE_NO_SYMLINKS));
    const auto named = [](const Fd& fd) { return "/proc/self/fd/" + std::to_string(fd.get()); };
    const Fd context(fsopen("overlay", FSOPEN_CLOEXEC));
    if (!lower.open() || !upper.open() || !context.open()) return fail(Stage::mounts, "an overlay");
    const std::pair<const char*, std::string> settings[] = {
        {"lowerdir", named(lower)}, {"upperdir", named(upper) + "/up"}, {"workdir", named(upper) + "/work"}};
    for (const auto& [key, value] : settings) {
      if (fsconfig(context.get(), FSCONFIG_SET_STRING, key, value.c_str(), 0) != 0)
        return fail(Stage::mounts, key);
    }
    if (fsconfig(context.get(), FSCONFIG_SET_FLAG, "userxattr", nullptr, 0) != 0 ||
        fsconfig(context.get(), FSCONFIG_CMD_CREATE, nullptr, nullptr, 0) != 0)
      return fail(Stage::mounts, "an overlay");
    const Fd mounted(fsmount(context.get(), FSMOUNT_CLOEXEC, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV));
    return (mounted.open() && put(mounted.get(), path, RESOLVE_NO_SYMLINKS)) ||
           fail(Stage::mounts, "an overlay on " + path);
  }

  bool place_scratch(const std::string& path) {
    const bool shared = path == "/tmp" || path == "/var/tmp" || path == "/dev/shm";
    if (!folder(path, shared ? 01777 : 0700)) return fail(Stage::mounts, path);
    const Fd tree(open_tree(root_.get(), below(path), OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC));
    if (!tree.open()) return fail(Stage::mounts, path);
    const uint64_t attributes =
        MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | (plan_.run_written ? 0 : MOUNT_ATTR_NOEXEC);
    if (set_attributes(tree.get(), attributes, false) != 0) return fail(Stage::mounts, "mount_setattr");
    return put(tree.get(), path, 0) || fail(Stage::mounts, path);
  }

  bool make_dev() {
    for (const char* name : {"null", "zero", "full", "random", "urandom", "tty"}) {
      const std::string path = std::string("/dev/") + name;
      const Fd tree(open_tree(AT_FDCWD, path.c_str(), OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC));
      if (!tree.open()) return fail(Stage::bind, path);
      // Read-only is the node itself: its mode and owner. Writing to a device is no write to its mount.
      if (set_attributes(tree.get(), MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC | MOUNT_ATTR_RDONLY, false) != 0)
        return fail(Stage::mounts, path);
      if (!file(path, "", 0444) || !put(tree.get(), path, RESOLVE_NO_SYMLINKS))
        return fail(Stage::mounts, path);
    }
    const std::pair<const char*, const char*> links[] = {{"/proc/self/fd", "dev/fd"},
                                                         {"/proc/self/fd/0", "dev/stdin"},
                                                         {"/proc/self/fd/1", "dev/stdout"},
                                                         {"/proc/self/fd/2", "dev/stderr"}};
    for (const auto& [to, from] : links) {
      if (symlinkat(to, root_.get(), from) != 0) return fail(Stage::mounts, from);
    }
    return !plan_.terminal || make_terminals();
  }

  bool make_terminals() {
    const Fd context(fsopen("devpts", FSOPEN_CLOEXEC));
    if (!context.open()) return fail(Stage::mounts, "fsopen of devpts");
    for (const auto& [key, value] :
         {std::pair<const char*, const char*>{"mode", "0620"}, {"ptmxmode", "0666"}}) {
      if (fsconfig(context.get(), FSCONFIG_SET_STRING, key, value, 0) != 0) return fail(Stage::mounts, key);
    }
    if (fsconfig(context.get(), FSCONFIG_CMD_CREATE, nullptr, nullptr, 0) != 0)
      return fail(Stage::mounts, "devpts");
    const Fd mounted(fsmount(context.get(), FSMOUNT_CLOEXEC, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC));
    if (!mounted.open() || !folder("/dev/pts", 0755) ||
        !put(mounted.get(), "/dev/pts", RESOLVE_NO_SYMLINKS) ||
        symlinkat("pts/ptmx", root_.get(), "dev/ptmx") != 0)
      return fail(Stage::mounts, "devpts");
    return true;
  }

  // An empty file or folder over what is there; over nothing where nothing is.
  bool cover_one(const std::string& path) {
    const Fd target(kernel::openat2(root_.get(), below(path), O_PATH, RESOLVE_IN_ROOT));
    struct stat about{};
    if (!target.open()) return errno == ENOENT || errno == ENOTDIR || fail(Stage::bind, path);
    if (fstat(target.get(), &about) != 0) return fail(Stage::bind, path);
    const char* empty = S_ISDIR(about.st_mode) ? kEmptyFolder : kEmptyFile;
    const Fd tree(open_tree(root_.get(), empty + 1, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC));
    if (!tree.open() ||
        set_attributes(tree.get(),
                       MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC,
                       false) != 0)
      return fail(Stage::mounts, path);
    if (move_mount(tree.get(), "", target.get(), "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) != 0)
      return fail(Stage::bind, path);
    return true;
  }

  bool cover() {
    for (const std::string& path : plan_.covered) {
      if (!cover_one(path)) return false;
    }
    return true;
  }

  bool mount_proc(Fd& proc) {
    const Fd context(fsopen("proc", FSOPEN_CLOEXEC));
    if (!context.open()) return fail(Stage::fresh_proc, "fsopen");
    // Only those processes are seen that may be looked into: not the sandbox's own first.
    if (fsconfig(context.get(), FSCONFIG_SET_STRING, "hidepid", "invisible", 0) != 0 ||
        fsconfig(context.get(), FSCONFIG_CMD_CREATE, nullptr, nullptr, 0) != 0)
      return fail(Stage::fresh_proc, "fsconfig");
    proc =
        Fd(fsmount(context.get(), FSMOUNT_CLOEXEC, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC));
    if (!proc.open()) return fail(Stage::fresh_proc, "fsmount");
    if (!folder("/proc", 0555)) return fail(Stage::mounts, "/proc");
    if (!put(proc.get(), "/proc", RESOLVE_NO_SYMLINKS)) return fail(Stage::fresh_proc, "move_mount");
    // Behind the seccomp filter, once more: no user namespaces below this one, and memory files are no
    // programs unless they ask (Linux 6.3).
    set_kernel(proc, "sys/user/max_user_namespaces", "0");
    if (!plan_.run_written) set_kernel(proc, "sys/vm/memfd_noexec", "1");
    // Shared memory (System V) that nobody has attached would be memory that nobody has.
    set_kernel(proc, "sys/kernel/shm_rmid_forced", "1");
    if (set_attributes(proc.get(), MOUNT_ATTR_RDONLY, false) != 0)
      return fail(Stage::fresh_proc, "read-only");
    return std::all_of(std::begin(kCoveredProc), std::end(kCoveredProc),
                       [&](const char* path) { return cover_one(path); });
  }

  static void set_kernel(const Fd& proc, const char* name, const char* value) {
    const Fd file(openat(proc.get(), name, O_WRONLY | O_CLOEXEC));
    if (!file.open()) return;
    const ssize_t ignored = write(file.get(), value, std::strlen(value));
    static_cast<void>(ignored);
  }

  bool write_files() {
    for (const OwnFile& own : files_) {
      if (!file(own.path, own.text, 0444)) return fail(Stage::mounts, own.path);
    }
    return true;
  }

  bool enter() {
    if (set_attributes(root_.get(), MOUNT_ATTR_RDONLY, false) != 0)
      return fail(Stage::mounts, "mount_setattr");
    if (fchdir(root_.get()) != 0 || kernel::pivot_root(".", ".") != 0) return fail(Stage::root, "pivot_root");
    // The old root lies on top of the new one now.
    if (umount2(".", MNT_DETACH) != 0 || chdir("/") != 0) return fail(Stage::root, "umount");
    return true;
  }

  const Plan& plan_;
  const std::vector<OwnFile>& files_;
  std::vector<Tree> trees_;
  std::vector<std::string> placed_;  // where trees of the host's are
  Fd root_ = Fd();
  Failure failed_ = {};
};

}  // namespace

std::optional<Failure> make_tree(const Plan& plan, const std::vector<OwnFile>& files, Fd& proc) {
  return Maker(plan, files).make(proc);
}

}  // namespace weir::sandbox
