// Listeners: how the network of a sandbox leads out. In the sandbox's own network namespace every address is
// made local (route `local 0/0 dev lo`), and sockets that listen there are passed to the egress process
// outside: whatever address a program connects to, it is that process which accepts, and knows the address.
// What nobody listens for is refused by the kernel.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sandbox/plan.h"

namespace weir::sandbox {

inline constexpr uint32_t kNameServer = 0xc6120001;  // 198.18.0.1, in /etc/resolv.conf
inline constexpr uint16_t kDnsPort = 53;

// The ports that are listened on: those of the hosts, and the web's, so that a refusal there can be told.
std::vector<uint16_t> listened_ports(const std::vector<Host>& hosts);

// Where an own network leads out: the socket that the listeners are sent through, and files that are put
// into the sandbox.
struct Way {
  int door = -1;
  struct File {
    std::string path, text;
  };
  std::vector<File> files = {};
};

// In the sandbox's first process, whose network is its own, with its loopback up. One message through `door`
// (SCM_RIGHTS): first the DNS socket, then the listeners. False, with errno.
bool open_listeners(const std::vector<Host>& hosts, int door);

}  // namespace weir::sandbox
