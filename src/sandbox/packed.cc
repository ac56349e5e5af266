#include "sandbox/packed.h"

#include <sys/socket.h>

#include <cerrno>
#include <cstring>

namespace weir::sandbox {
namespace {

using Length = uint32_t;

// There may be keys in it.
struct Wipe {
  std::string& bytes;
  ~Wipe() { explicit_bzero(bytes.data(), bytes.size()); }
};

std::optional<std::vector<std::string>> split(std::string_view bytes) {
  std::vector<std::string> out;
  while (!bytes.empty()) {
    Length size = 0;
    if (bytes.size() < sizeof(size)) return {};
    std::memcpy(&size, bytes.data(), sizeof(size));
    bytes.remove_prefix(sizeof(size));
    if (bytes.size() < size) return {};
    out.emplace_back(bytes.substr(0, size));
    bytes.remove_prefix(size);
  }
  return out;
}

}  // namespace

bool send_packet(int socket, const std::vector<std::string>& strings, const std::vector<int>& fds) {
  size_t whole = 0;
  for (const std::string& each : strings) whole += sizeof(Length) + each.size();
  if (whole > kPackedBytesMax) return errno = E2BIG, false;
  std::string bytes;
  const Wipe wipe{bytes};
  bytes.reserve(whole);
  for (const std::string& each : strings) {
    const auto size = static_cast<Length>(each.size());
    bytes.append(reinterpret_cast<const char*>(&size), sizeof(size)).append(each);
  }
  if (fds.size() > kPackedFdsMax || fds.empty() || bytes.empty()) return errno = E2BIG, false;
  iovec part{bytes.data(), bytes.size()};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int) * kPackedFdsMax)] = {};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = CMSG_SPACE(sizeof(int) * fds.size());
  cmsghdr* head = CMSG_FIRSTHDR(&message);
  head->cmsg_level = SOL_SOCKET;
  head->cmsg_type = SCM_RIGHTS;
  head->cmsg_len = CMSG_LEN(sizeof(int) * fds.size());
  std::memcpy(CMSG_DATA(head), fds.data(), sizeof(int) * fds.size());
  return sendmsg(socket, &message, MSG_NOSIGNAL) == static_cast<ssize_t>(bytes.size());
}

std::optional<Packet> receive_packet(int socket) {
  ssize_t size = 0;
  do size = recv(socket, nullptr, 0, MSG_PEEK | MSG_TRUNC);
  while (size < 0 && errno == EINTR);
  if (size <= 0 || static_cast<size_t>(size) > kPackedBytesMax) return {};
  std::string bytes(static_cast<size_t>(size), '\0');
  const Wipe wipe{bytes};
  iovec part{bytes.data(), bytes.size()};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int) * kPackedFdsMax)] = {};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof(control);
  if (recvmsg(socket, &message, MSG_CMSG_CLOEXEC) != size) return {};
  Packet packet;
  for (cmsghdr* head = CMSG_FIRSTHDR(&message); head != nullptr; head = CMSG_NXTHDR(&message, head)) {
    if (head->cmsg_level != SOL_SOCKET || head->cmsg_type != SCM_RIGHTS) continue;
    for (size_t at = 0; at + sizeof(int) <= head->cmsg_len - CMSG_LEN(0); at += sizeof(int)) {
      int fd = -1;
      std::memcpy(&fd, CMSG_DATA(head) + at, sizeof(fd));
      packet.fds.emplace_back(fd);
    }
  }
  auto strings = split(bytes);
  if (!strings || (message.msg_flags & MSG_CTRUNC) != 0) return {};
  packet.strings = *std::move(strings);
  return packet;
}

}  // namespace weir::sandbox
