#include "sandbox/features.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/keyctl.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>

#include "sandbox/fd.h"
#include "sandbox/kernel.h"
#include "sandbox/landlock.h"
#include "sandbox/stage.h"

namespace weir::sandbox {
namespace {

// 0, or the errno of the first step that failed, in a process of its own with these namespaces.
int try_in(uint64_t namespaces, int (*step)()) {
  const pid_t child = kernel::fork_with(CLONE_NEWUSER | namespaces, nullptr);
  if (child == 0) _exit(step());
  if (child < 0) return errno;
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : EIO;
}

int nothing() {
  return 0;
}

int mount_a_tmpfs() {
  const Fd context(fsopen("tmpfs", FSOPEN_CLOEXEC));
  if (!context.open() || fsconfig(context.get(), FSCONFIG_CMD_CREATE, nullptr, nullptr, 0) != 0) return errno;
  const Fd mounted(fsmount(context.get(), FSMOUNT_CLOEXEC, 0));
  mount_attr change{};
  change.attr_set = MOUNT_ATTR_RDONLY;
  if (!mounted.open() || mount_setattr(mounted.get(), "", AT_EMPTY_PATH, &change, sizeof(change)) != 0)
    return errno;
  const Fd tree(open_tree(AT_FDCWD, "/usr", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE));
  return tree.open() ? 0 : errno;
}

int mount_a_proc() {
  const Fd context(fsopen("proc", FSOPEN_CLOEXEC));
  if (!context.open() || fsconfig(context.get(), FSCONFIG_CMD_CREATE, nullptr, nullptr, 0) != 0) return errno;
  const Fd mounted(fsmount(context.get(), FSMOUNT_CLOEXEC, 0));
  return mounted.open() ? 0 : errno;
}

int join_a_keyring() {
  return syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, nullptr) < 0 ? errno : 0;
}

Feature of_stage(std::string name, Stage stage, int error) {
  Feature feature{.name = std::move(name), .there = error == 0};
  if (error == 0) return feature;
  const Error why = refusal({stage, error, {}});
  feature.says = why.message;
  feature.fix = why.hint;
  return feature;
}

// A cgroup of version 2 below which this user may make others.
bool cgroup_is_delegated() {
  std::ifstream own("/proc/self/cgroup");
  for (std::string line; std::getline(own, line);) {
    if (!line.starts_with("0::")) continue;
    const std::string folder = "/sys/fs/cgroup" + line.substr(3);
    std::ifstream controllers(folder + "/cgroup.controllers");
    std::string names;
    std::getline(controllers, names);
    return names.find("memory") != std::string::npos && access(folder.c_str(), W_OK) == 0 && geteuid() != 0;
  }
  return false;
}

}  // namespace

std::vector<Feature> probe() {
  std::vector<Feature> features;
  features.push_back(of_stage("user namespaces", Stage::processes, try_in(0, nothing)));
  features.push_back(of_stage("the mount API", Stage::mounts, try_in(CLONE_NEWNS, mount_a_tmpfs)));
  features.push_back(
      of_stage("a /proc of its own", Stage::fresh_proc, try_in(CLONE_NEWNS | CLONE_NEWPID, mount_a_proc)));
  features.push_back(of_stage("network namespaces", Stage::processes, try_in(CLONE_NEWNET, nothing)));
  features.push_back(of_stage("session keyrings", Stage::keyring, try_in(0, join_a_keyring)));
  const int abi = landlock_abi();
  features.push_back(of_stage("Landlock", Stage::landlock, abi > 0 ? 0 : EOPNOTSUPP));
  if (abi > 0) features.back().says = fmt::format("version {}", abi);
  const uint32_t action = SECCOMP_RET_KILL_PROCESS;
  const bool seccomp = syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0;
  features.push_back(of_stage("seccomp", Stage::seccomp, seccomp ? 0 : ENOSYS));
  Feature cgroup{.name = "cgroup delegation", .needed = false, .there = cgroup_is_delegated()};
  cgroup.says =
      cgroup.there ? "there; not used yet: limits are watched" : "not there, nor needed: limits are watched";
  features.push_back(std::move(cgroup));
  return features;
}

}  // namespace weir::sandbox
