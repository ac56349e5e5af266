#include "sandbox/listeners.h"

#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <set>

#include "sandbox/fd.h"

namespace weir::sandbox {
namespace {

constexpr uint16_t kWebPorts[] = {80, 443};
constexpr int kBacklog = 64;

// Every address of the family is this machine's: `ip route add local 0/0 dev lo`.
bool route_all(int family) {
  struct {
    nlmsghdr head = {};
    rtmsg route = {};
    rtattr attribute = {};
    uint32_t device = 0;
  } request;
  request.head.nlmsg_len = sizeof(request);
  request.head.nlmsg_type = RTM_NEWROUTE;
  request.head.nlmsg_flags = NLM_F_REQUEST | NLM_F_CREATE | NLM_F_ACK;
  request.route.rtm_family = static_cast<uint8_t>(family);
  request.route.rtm_table = RT_TABLE_LOCAL;
  request.route.rtm_protocol = RTPROT_STATIC;
  request.route.rtm_scope = RT_SCOPE_HOST;
  request.route.rtm_type = RTN_LOCAL;
  request.attribute.rta_type = RTA_OIF;
  request.attribute.rta_len = RTA_LENGTH(sizeof(uint32_t));
  request.device = if_nametoindex("lo");
  const Fd netlink(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE));
  if (!netlink.open() || send(netlink.get(), &request, sizeof(request), 0) != sizeof(request)) return false;
  struct {
    nlmsghdr head;
    nlmsgerr error;
    char rest[256];
  } answer{};
  if (recv(netlink.get(), &answer, sizeof(answer), 0) < static_cast<ssize_t>(sizeof(nlmsghdr) + sizeof(int)))
    return false;
  errno = -answer.error.error;
  return answer.head.nlmsg_type == NLMSG_ERROR && answer.error.error == 0;
}

Fd bound(int family, int type, const sockaddr* address, socklen_t size) {
  Fd made(socket(family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const int on = 1;
  if (!made.open()) return Fd();
  if (family == AF_INET6) setsockopt(made.get(), IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
  if (bind(made.get(), address, size) != 0) return Fd();
  if (type == SOCK_STREAM && listen(made.get(), kBacklog) != 0) return Fd();
  return made;
}

Fd listen_v4(uint16_t port) {
  sockaddr_in any{};
  any.sin_family = AF_INET;
  any.sin_port = htons(port);
  return bound(AF_INET, SOCK_STREAM, reinterpret_cast<const sockaddr*>(&any), sizeof(any));
}

Fd listen_v6(uint16_t port) {
  sockaddr_in6 any{};
  any.sin6_family = AF_INET6;
  any.sin6_port = htons(port);
  return bound(AF_INET6, SOCK_STREAM, reinterpret_cast<const sockaddr*>(&any), sizeof(any));
}

bool pass(int door, const std::vector<Fd>& sockets) {
  char byte = 'l';
  iovec bytes{&byte, 1};
  std::vector<int> fds;
  for (const Fd& socket : sockets) fds.push_back(socket.get());
  const size_t size = fds.size() * sizeof(int);
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int) * 250)] = {};
  if (fds.size() > 250) return errno = E2BIG, false;
  msghdr message{};
  message.msg_iov = &bytes;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = CMSG_SPACE(size);
  cmsghdr* head = CMSG_FIRSTHDR(&message);
  head->cmsg_level = SOL_SOCKET;
  head->cmsg_type = SCM_RIGHTS;
  head->cmsg_len = CMSG_LEN(size);
  std::memcpy(CMSG_DATA(head), fds.data(), size);
  return sendmsg(door, &message, MSG_NOSIGNAL) == 1;
}

}  // namespace

std::vector<uint16_t> listened_ports(const std::vector<Host>& hosts) {
  std::set<uint16_t> ports(std::begin(kWebPorts), std::end(kWebPorts));
  for (const Host& host : hosts) ports.insert(host.port);
  return {ports.begin(), ports.end()};
}

bool open_listeners(const std::vector<Host>& hosts, int door) {
  if (!route_all(AF_INET)) return false;
  const bool v6 = route_all(AF_INET6);  // a kernel without it cannot be reached by it either
  std::vector<Fd> sockets;
  sockaddr_in name_server{};
  name_server.sin_family = AF_INET;
  name_server.sin_port = htons(kDnsPort);
  name_server.sin_addr.s_addr = htonl(kNameServer);
  sockets.push_back(
      bound(AF_INET, SOCK_DGRAM, reinterpret_cast<const sockaddr*>(&name_server), sizeof(name_server)));
  if (!sockets.back().open()) return false;
  for (const uint16_t port : listened_ports(hosts)) {
    sockets.push_back(listen_v4(port));
    if (!sockets.back().open()) return false;
    if (!v6) continue;
    if (Fd also = listen_v6(port); also.open()) sockets.push_back(std::move(also));
  }
  return pass(door, sockets);
}

}  // namespace weir::sandbox
