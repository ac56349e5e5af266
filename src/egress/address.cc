#include "egress/address.h"

#include <ifaddrs.h>
#include <netinet/in.h>

#include <algorithm>
#include <cstring>

namespace weir::egress {
namespace {

using sandbox::Address;

struct Range {
  uint32_t begin;
  int bits;
  std::string_view kind;
};

// RFC 6890 and what followed; 198.18/15 is the sandbox's own. The documentation ranges lead nowhere.
constexpr Range kRanges[] = {
    {0x00000000, 8, "an address of no machine"},     {0x0a000000, 8, "a private address"},
    {0x64400000, 10, "a carrier's private address"}, {0x7f000000, 8, "a loopback address"},
    {0xa9fe0000, 16, "a link-local address"},        {0xac100000, 12, "a private address"},
    {0xc0000000, 24, "a special address"},           {0xc0a80000, 16, "a private address"},
    {0xc6120000, 15, "the sandbox's own range"},     {0xe0000000, 4, "a multicast address"},
    {0xf0000000, 4, "an address of no machine"}};

std::string_view special_v4(uint32_t address) {
  for (const Range& range : kRanges) {
    if ((address ^ range.begin) >> (32 - range.bits) == 0) return range.kind;
  }
  return {};
}

uint32_t v4_at(const Address& address, size_t at) {
  uint32_t out = 0;
  for (size_t i = 0; i < 4; ++i) out = out << 8 | address.bytes[at + i];
  return out;
}

bool starts(const Address& address, std::initializer_list<uint8_t> bytes) {
  return std::equal(bytes.begin(), bytes.end(), address.bytes.begin());
}

std::string_view special_v6(const Address& address) {
  if (starts(address, {0x00, 0x64, 0xff, 0x9b})) return special_v4(v4_at(address, 12));  // NAT64
  if (starts(address, {0x20, 0x02})) return special_v4(v4_at(address, 2));               // 6to4
  if (starts(address, {0x20, 0x01, 0, 0})) return "a Teredo address";
  if (starts(address, {0xff})) return "a multicast address";
  if ((address.bytes[0] & 0xfe) == 0xfc) return "a private address";
  if (address.bytes[0] == 0xfe && (address.bytes[1] & 0xc0) == 0x80) return "a link-local address";
  if (address.bytes[0] == 0xfe && (address.bytes[1] & 0xc0) == 0xc0) return "a site-local address";
  if (starts(address, {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}))
    return "a loopback address";  // ::, ::1, and the IPv4-compatible ones that nobody uses
  if ((address.bytes[0] & 0xe0) != 0x20) return "an address of no machine";
  return {};
}

}  // namespace

std::string_view special_kind(const Address& address, std::span<const Address> own) {
  const std::string_view kind = address.is_v4() ? special_v4(v4_at(address, 12)) : special_v6(address);
  if (!kind.empty()) return kind;
  const bool ours = std::find(own.begin(), own.end(), address) != own.end();
  return ours ? "this machine's own address" : std::string_view();
}

std::vector<Address> own_addresses() {
  std::vector<Address> out;
  ifaddrs* all = nullptr;
  if (getifaddrs(&all) != 0) return out;
  for (const ifaddrs* each = all; each != nullptr; each = each->ifa_next) {
    if (each->ifa_addr == nullptr) continue;
    Address address;
    if (each->ifa_addr->sa_family == AF_INET) {
      const auto* v4 = reinterpret_cast<const sockaddr_in*>(each->ifa_addr);
      address = sandbox::v4_address(ntohl(v4->sin_addr.s_addr));
    } else if (each->ifa_addr->sa_family == AF_INET6) {
      const auto* v6 = reinterpret_cast<const sockaddr_in6*>(each->ifa_addr);
      std::memcpy(address.bytes.data(), &v6->sin6_addr, address.bytes.size());
    } else {
      continue;
    }
    out.push_back(address);
  }
  freeifaddrs(all);
  return out;
}

}  // namespace weir::egress
