#include "sandbox/mounts.h"

#include <sys/mount.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>

#include "sandbox/kernel.h"

namespace weir::sandbox {
namespace {

using From = Bind::From;

struct Tree {
  std::string path;
  Fd mount = Fd();
  std::string link = {};  // instead of a mount: where a system path leads to
  bool folder = false;
  bool kept = true;
};

class Maker {
 public:
  Maker(const Plan& plan, std::vector<OwnFile> files, Root& root, Landlock& rules)
      : plan_(plan), files_(std::move(files)), root_(root), rules_(rules) {}

  std::optional<Failure> place_all() {
    for (const Bind& bind : plan_.binds) {
      if (!clone(bind)) return failed_;
    }
    if (!place_trees()) return failed_;
    return {};
  }

  std::optional<Failure> make(bool system_placed) {
    for (const Bind& bind : plan_.binds) {
      if (system_placed && bind.from == From::system) continue;
      if (!clone(bind)) return failed_;
    }
    if (!is_done(root_.fit(plan_)) || !place_trees() || !cover() || !write_files() ||
        !is_done(root_.enter()) || !rule_overlays())
      return failed_;
    return {};
  }

 private:
  bool fail(Stage stage, const std::string& what) {
    failed_ = failure(stage, what);
    return false;
  }

  bool is_done(const std::optional<Failure>& failed) {
    if (failed) failed_ = *failed;
    return !failed;
  }

  static unsigned access(const Bind& bind) {
    unsigned access = 0;
    if (bind.run) access |= Landlock::run;
    if (bind.write) access |= Landlock::write;
    return access;
  }

  // The granted path as a detached, restricted tree, and its rule.
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
      if (!set_attributes(tree.mount.get(), attributes, true)) return fail(Stage::mounts, "mount_setattr");
      if (!rules_.allow(tree.mount.get(), access(bind), tree.folder)) return fail(Stage::landlock, bind.path);
    }
    trees_.push_back(std::move(tree));
    return true;
  }

  bool place_trees() {
    std::vector<std::string> scratch = plan_.scratch;
    std::sort(scratch.begin(), scratch.end());
    auto next = scratch.begin();
    for (Tree& tree : trees_) {
      for (; next != scratch.end() && *next < tree.path; ++next) {
        if (!is_done(root_.open_scratch(*next, plan_.run_written))) return false;
      }
      if (!place(tree)) return false;
      tree.mount.reset();
    }
    for (; next != scratch.end(); ++next) {
      if (!is_done(root_.open_scratch(*next, plan_.run_written))) return false;
    }
    return true;
  }

  bool place(Tree& tree) {
    if (!tree.link.empty()) return root_.link(tree.path, tree.link) || fail(Stage::mounts, tree.path);
    const bool there = tree.folder ? root_.folder(tree.path, 0755) : root_.file(tree.path, "", 0444);
    if (!there || !root_.place(tree.mount.get(), tree.path)) return fail(Stage::bind, tree.path);
    return tree.kept || !tree.folder || lay_over(tree.path);
  }

  // An overlay on top of the tree that was just placed, with its upper layer in the sandbox's own memory.
  bool lay_over(const std::string& path) {
    const std::string base = "/.upper" + std::to_string(overlays_.size());
    if (!root_.folder(base, 0700) || !root_.folder(base + "/up", 0755) || !root_.folder(base + "/work", 0700))
      return fail(Stage::mounts, base);
    // Both by descriptor: their places are not on any path of this process.
    const auto inside = [&](const std::string& name) {
      return Fd(kernel::openat2(root_.fd(), name.c_str() + 1, O_PATH, RESOLVE_IN_ROOT | RESOLVE_NO_SYMLINKS));
    };
    const Fd lower = inside(path);
    const Fd upper = inside(base);
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
    if (!mounted.open() || !root_.put(mounted.get(), path, RESOLVE_NO_SYMLINKS))
      return fail(Stage::mounts, "an overlay on " + path);
    overlays_.push_back(path);
    return true;
  }

  bool cover() {
    return std::all_of(plan_.covered.begin(), plan_.covered.end(),
                       [&](const std::string& path) { return is_done(root_.cover(path)); });
  }

  bool write_files() {
    for (const OwnFile& own : files_) {
      if (!root_.file(own.path, own.text, 0444)) return fail(Stage::mounts, own.path);
    }
    return true;
  }

  // What lies on top is another folder to Landlock than what is below.
  bool rule_overlays() {
    for (const Bind& bind : plan_.binds) {
      if (std::find(overlays_.begin(), overlays_.end(), bind.path) == overlays_.end()) continue;
      if (!rules_.allow(bind.path, access(bind))) return fail(Stage::landlock, bind.path);
    }
    return true;
  }

  const Plan& plan_;
  const std::vector<OwnFile> files_;
  Root& root_;
  Landlock& rules_;
  std::vector<Tree> trees_;
  std::vector<std::string> overlays_;
  Failure failed_ = {};
};

}  // namespace

std::optional<Failure> place_system(Root& root, Landlock& rules) {
  const Plan plan{.binds = system_binds()};
  return Maker(plan, {}, root, rules).place_all();
}

std::optional<Failure> make_tree(const Plan& plan, const std::vector<OwnFile>& files, Root& root,
                                 Landlock& rules, bool system_placed) {
  return Maker(plan, files, root, rules).make(system_placed);
}

}  // namespace weir::sandbox
