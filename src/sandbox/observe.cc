#include "sandbox/observe.h"

#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstddef>
#include <cstring>
#include <optional>
#include <string_view>
#include <vector>

namespace weir::sandbox {
namespace {

// Where in the arguments a call has its folder and its path, and what kind of touch it is.
struct Call {
  int number;
  int folder;  // -1: the working folder
  int path;
  Touch touch;
  int flags = -1;  // the argument of open's flags
};

constexpr Call kCalls[] = {
#ifdef SYS_open
    {SYS_open, -1, 0, Touch::read, 1},   {SYS_creat, -1, 0, Touch::write},
    {SYS_stat, -1, 0, Touch::look},      {SYS_lstat, -1, 0, Touch::look},
    {SYS_access, -1, 0, Touch::look},    {SYS_readlink, -1, 0, Touch::look},
    {SYS_mkdir, -1, 0, Touch::write},    {SYS_rmdir, -1, 0, Touch::write},
    {SYS_unlink, -1, 0, Touch::write},   {SYS_rename, -1, 1, Touch::write},
    {SYS_link, -1, 1, Touch::write},     {SYS_symlink, -1, 1, Touch::write},
    {SYS_chmod, -1, 0, Touch::write},
#endif
    {SYS_openat, 0, 1, Touch::read, 2},  {SYS_newfstatat, 0, 1, Touch::look},
    {SYS_statx, 0, 1, Touch::look},      {SYS_faccessat, 0, 1, Touch::look},
    {SYS_faccessat2, 0, 1, Touch::look}, {SYS_readlinkat, 0, 1, Touch::look},
    {SYS_chdir, -1, 0, Touch::look},     {SYS_execve, -1, 0, Touch::read},
    {SYS_execveat, 0, 1, Touch::read},   {SYS_mkdirat, 0, 1, Touch::write},
    {SYS_unlinkat, 0, 1, Touch::write},  {SYS_renameat, 2, 3, Touch::write},
    {SYS_renameat2, 2, 3, Touch::write}, {SYS_linkat, 2, 3, Touch::write},
    {SYS_symlinkat, 1, 2, Touch::write}, {SYS_truncate, -1, 0, Touch::write},
    {SYS_utimensat, 0, 1, Touch::write},
};

const Call* find(int number) {
  for (const Call& call : kCalls) {
    if (call.number == number) return &call;
  }
  return nullptr;
}

std::string link_of(const std::string& path) {
  char target[PATH_MAX];
  const ssize_t size = readlink(path.c_str(), target, sizeof(target));
  return size > 0 && size < PATH_MAX ? std::string(target, static_cast<size_t>(size)) : std::string();
}

Fd memory_of(uint32_t pid) {
  return Fd(open(("/proc/" + std::to_string(pid) + "/mem").c_str(), O_RDONLY | O_CLOEXEC));
}

// A string of another process, at most PATH_MAX of it.
std::optional<std::string> string_at(uint32_t pid, uint64_t address) {
  const Fd memory = memory_of(pid);
  if (!memory.open()) return {};
  std::string out;
  while (out.size() < PATH_MAX) {
    char page[256];
    // Never over the end of a page that may be the last.
    const size_t size = sizeof(page) - (address + out.size()) % sizeof(page);
    const ssize_t got = pread(memory.get(), page, size, static_cast<off_t>(address + out.size()));
    if (got <= 0) return {};
    const std::string_view text(page, static_cast<size_t>(got));
    const size_t end = text.find('\0');
    out += text.substr(0, end);
    if (end != text.npos) return out;
  }
  return {};
}

std::string clean(const std::string& path) {
  std::vector<std::string_view> parts;
  std::string_view rest = path;
  while (!rest.empty()) {
    const size_t slash = rest.find('/');
    const std::string_view part = rest.substr(0, slash);
    rest.remove_prefix(slash == rest.npos ? rest.size() : slash + 1);
    if (part.empty() || part == ".") continue;
    if (part != "..")
      parts.push_back(part);
    else if (!parts.empty())
      parts.pop_back();
  }
  std::string out;
  for (const std::string_view part : parts) out.append("/").append(part);
  return out.empty() ? "/" : out;
}

}  // namespace

int install_observer() {
  std::vector<uint32_t> numbers = {SYS_connect};
  for (const Call& call : kCalls) numbers.push_back(static_cast<uint32_t>(call.number));
  std::vector<sock_filter> program;
  program.push_back(BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)));
  for (size_t i = 0; i < numbers.size(); ++i) {
    program.push_back(
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, numbers[i], static_cast<uint8_t>(numbers.size() - i), 0));
  }
  program.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
  program.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF));
  sock_fprog filter{static_cast<unsigned short>(program.size()), program.data()};
  return static_cast<int>(
      syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, &filter));
}

void Observer::take() {
  pollfd wait{fd_.get(), POLLIN, 0};
  if (poll(&wait, 1, 0) <= 0) return;
  if ((wait.revents & POLLIN) == 0) return fd_.reset();  // nobody is left
  seccomp_notif call{};
  if (ioctl(fd_.get(), SECCOMP_IOCTL_NOTIF_RECV, &call) != 0) return;
  if (call.pid != 0) {
    uint64_t arguments[6];
    std::memcpy(arguments, call.data.args, sizeof(arguments));
    if (call.data.nr == SYS_connect)
      take_address(call.pid, arguments);
    else
      take_path(call.pid, call.data.nr, arguments);
  }
  seccomp_notif_resp answer{};
  answer.id = call.id;
  answer.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
  ioctl(fd_.get(), SECCOMP_IOCTL_NOTIF_SEND, &answer);
}

void Observer::take_path(uint32_t pid, int number, const uint64_t* arguments) const {
  const Call* known = find(number);
  if (known == nullptr) return;
  const auto text = string_at(pid, arguments[known->path]);
  if (!text || text->empty()) return;
  const std::string process = "/proc/" + std::to_string(pid);
  const auto folder = known->folder < 0 ? AT_FDCWD : static_cast<int>(arguments[known->folder]);
  std::string whole = *text;
  if (whole.front() != '/')
    whole = link_of(folder == AT_FDCWD ? process + "/cwd" : process + "/fd/" + std::to_string(folder)) + "/" +
            whole;
  Touch touch = known->touch;
  if (known->flags >= 0 && (arguments[known->flags] & (O_WRONLY | O_RDWR | O_CREAT | O_TRUNC)) != 0)
    touch = Touch::write;
  on_touch_(touch, clean(whole));
}

void Observer::take_address(uint32_t pid, const uint64_t* arguments) const {
  const Fd memory = memory_of(pid);
  sockaddr_in6 place{};
  const size_t size = std::min<size_t>(arguments[2], sizeof(place));
  if (!memory.open() || pread(memory.get(), &place, size, static_cast<off_t>(arguments[1])) < 8) return;
  if (place.sin6_family == AF_INET6 && size >= offsetof(sockaddr_in6, sin6_scope_id)) {
    Address address;
    std::memcpy(address.bytes.data(), &place.sin6_addr, address.bytes.size());
    on_connect_(address, ntohs(place.sin6_port));
  } else if (place.sin6_family == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, &place, sizeof(v4));
    on_connect_(v4_address(ntohl(v4.sin_addr.s_addr)), ntohs(v4.sin_port));
  }
}

}  // namespace weir::sandbox
