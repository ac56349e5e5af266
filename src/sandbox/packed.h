// Packed: strings and descriptors in one packet, between two processes of weir's own. No copy of the strings
// stays behind in the memory of either but those that the caller has.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sandbox/fd.h"

namespace weir::sandbox {

inline constexpr size_t kPackedBytesMax = 128 << 10;
inline constexpr size_t kPackedFdsMax = 8;

struct Packet {
  std::vector<std::string> strings;
  std::vector<Fd> fds;
};

// Over a SOCK_SEQPACKET; the descriptors stay the caller's. False, with errno: also for more than the bounds.
bool send_packet(int socket, const std::vector<std::string>& strings, const std::vector<int>& fds);
// Waits for one. Nothing at end-of-file, and for what is no packet.
std::optional<Packet> receive_packet(int socket);

}  // namespace weir::sandbox
