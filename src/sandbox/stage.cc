#include "sandbox/stage.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>

#include "base/bytes.h"

namespace weir::sandbox {
namespace {

constexpr const char* kOldKernel =
    "a kernel of 5.14 or newer has all that the sandbox needs; weir doctor shows what this one lacks";

std::string reason(const Failure& failure) {
  return std::strerror(failure.error);
}

Error bind_refusal(const Failure& failure) {
  const std::string path = shown(failure.what, 200);
  if (failure.error == ELOOP) {
    return unavailable(fmt::format("{} has a symbolic link on its way, and the sandbox follows none", path),
                       {}, "name the path that it leads to (realpath shows it)");
  }
  if (failure.error == ENOENT)
    return unavailable(fmt::format("{} is granted to the sandbox, and is not there", path), {},
                       "make it, or take it out of the profile");
  return unavailable(fmt::format("cannot put {} into the sandbox: {}", path, reason(failure)), {},
                     "can this user reach it?");
}

}  // namespace

Error refusal(const Failure& failure) {
  const std::string why = reason(failure);
  switch (failure.stage) {
    case Stage::processes:
      if (failure.error == EPERM)
        return unavailable(
            "this system lets no ordinary user make a user namespace", {},
            "Ubuntu: an AppArmor profile for weir with `userns,` (docs/sandbox.md); Debian: "
            "sysctl kernel.unprivileged_userns_clone=1; in a container: a seccomp profile that "
            "allows clone with namespaces");
      if (failure.error == ENOSPC)
        return unavailable(
            "no more namespaces may be made here", {},
            "sysctl user.max_user_namespaces, user.max_net_namespaces; or end other sandboxes");
      return unavailable(fmt::format("cannot make the sandbox's namespaces: {}", why), {}, kOldKernel);
    case Stage::identity:
      return unavailable(fmt::format("cannot map this user into the sandbox: {}", why), {},
                         "Ubuntu's AppArmor takes the rights of user namespaces away: a profile for weir "
                         "with `userns,` (docs/sandbox.md)");
    case Stage::loopback:
      return unavailable(fmt::format("cannot bring up the sandbox's loopback: {}", why), {}, kOldKernel);
    case Stage::network:
      return unavailable(fmt::format("cannot lead the sandbox's network to weir's proxy: {}", why), {},
                         kOldKernel);
    case Stage::mounts:
      return unavailable(fmt::format("the kernel's mount API refuses {}: {}", shown(failure.what), why), {},
                         failure.error == EACCES || failure.error == EPERM
                             ? "Ubuntu: an AppArmor profile for weir with `userns,` (docs/sandbox.md)"
                             : kOldKernel);
    case Stage::bind:
      return bind_refusal(failure);
    case Stage::fresh_proc:
      return unavailable(fmt::format("cannot mount a /proc for the sandbox: {}", why), {},
                         "in a container whose /proc is masked no other can be mounted: run weir outside, or "
                         "start the container with an unmasked /proc");
    case Stage::root:
      return unavailable(fmt::format("pivot_root is refused: {}", why), {},
                         "weir must not run from an initramfs or a chroot");
    case Stage::privileges:
      return unavailable(fmt::format("cannot drop privileges: {}", why));
    case Stage::keyring:
      return unavailable(fmt::format("no session keyring of its own: {}", why), {},
                         "a kernel with CONFIG_KEYS, and a seccomp profile that allows keyctl");
    case Stage::landlock:
      return unavailable(fmt::format("no Landlock: {}", why), {},
                         "a kernel with CONFIG_SECURITY_LANDLOCK, and landlock in the boot parameter lsm=");
    case Stage::limits:
      return unavailable(fmt::format("cannot set the limit {}: {}", shown(failure.what), why), {},
                         "the profile's limit is over this user's own (ulimit -H -a)");
    case Stage::seccomp:
      return unavailable(fmt::format("no seccomp filter: {}", why), {},
                         "a kernel with CONFIG_SECCOMP_FILTER");
    case Stage::folder:
      return unavailable(fmt::format("{} is not in the sandbox", shown(failure.what, 200)), {},
                         "start it in a folder that the profile grants");
    case Stage::program:
      if (failure.error == ENOENT)
        return unavailable(
            fmt::format("{}, or what runs it, is not in the sandbox", shown(failure.what, 200)), {},
            "grant the folder where it is installed with `read`");
      return unavailable(fmt::format("cannot run {} in the sandbox: {}", shown(failure.what, 200), why));
  }
  return unavailable("cannot make a sandbox: " + why);
}

}  // namespace weir::sandbox
