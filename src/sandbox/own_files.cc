#include "sandbox/own_files.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "sandbox/fd.h"

namespace weir::sandbox {
namespace {

std::string read_small(const char* path) {
  const Fd file(open(path, O_RDONLY | O_CLOEXEC));
  char buffer[16384];
  const ssize_t got = file.open() ? read(file.get(), buffer, sizeof(buffer)) : 0;
  return got > 0 ? std::string(buffer, static_cast<size_t>(got)) : std::string();
}

}  // namespace

std::vector<OwnFile> fixed_files(bool own_net) {
  std::vector<OwnFile> files = {{"/etc/nsswitch.conf", "passwd: files\ngroup: files\nhosts: files dns\n"},
                                {"/etc/hostname", "sandbox\n"}};
  if (own_net) files.push_back({"/etc/hosts", "127.0.0.1 localhost sandbox\n::1 localhost\n"});
  return files;
}

std::vector<OwnFile> plan_files(const Plan& plan, unsigned uid, unsigned gid, const Way* way) {
  const std::string user = plan.user.empty() ? "user" : plan.user;
  std::vector<OwnFile> files = {
      {"/etc/passwd", fmt::format("{0}:x:{1}:{2}::{3}:/bin/sh\nnobody:x:65534:65534::/:/bin/false\n", user,
                                  uid, gid, plan.home)},
      {"/etc/group", fmt::format("{}:x:{}:\nnogroup:x:65534:\n", user, gid)}};
  if (plan.net == Net::host) {
    files.push_back({"/etc/hosts", read_small("/etc/hosts")});
    files.push_back({"/etc/resolv.conf", read_small("/etc/resolv.conf")});
  }
  if (plan.net == Net::hosts) {
    files.push_back({"/etc/resolv.conf", "nameserver 198.18.0.1\n"});
    if (way == nullptr) return files;
    for (const Way::File& file : way->files) files.push_back({file.path, file.text});
  }
  return files;
}

}  // namespace weir::sandbox
