// Host: one place of the network that a sandbox may reach, and names in the one form that is compared.
//
// Pure. A name is compared only after canonical_name(), so that no second spelling of a host reaches what
// the first may not (a dot at its end, upper case, a NUL, a number that some resolver takes for an address).
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"

namespace weir::sandbox {

// An IPv4 address is kept as the IPv6 address that maps it (::ffff:0:0/96).
struct Address {
  std::array<uint8_t, 16> bytes = {};
  bool operator==(const Address&) const = default;
  auto operator<=>(const Address&) const = default;
  bool is_v4() const;
  std::string text() const;  // "192.0.2.1", "2001:db8::1"
};
Address v4_address(uint32_t host_order);
// Strictly: four decimal numbers without leading zeros, or RFC 4291 text without a zone. A mapped IPv6 text
// is its IPv4 address.
std::optional<Address> parse_address(std::string_view text);

struct Host {
  std::string name;          // canonical; "*.example.org" for all names below; "*" for all; an address' text
  uint16_t port = 443;       // never 0
  std::string address = {};  // where it is, as it was written; empty: whatever public address it resolves to
  bool raw = false;          // any bytes; otherwise TLS or HTTP that names this host, and nothing else
  bool operator==(const Host&) const = default;

  bool is_wildcard() const { return name.starts_with("*."); }
  // `name` is canonical, or an address' text. A wildcard does not match the name that it is below of.
  bool matches(std::string_view name) const;
  // As parse_host takes it.
  std::string text() const;
};

// "example.org", "example.org:8443", "*.example.org", "192.0.2.1:80", "[2001:db8::1]:443",
// "example.org=10.0.0.7:443" (at that address, private or not), "tcp://example.org:22" (any bytes), "*:443"
// (every name that leads to a public address). Errors: bad_input.
Result<Host> parse_host(std::string_view text);

// Lower case, without the dot at its end; letters, digits, "-" and "_" only; labels of 1 to 63, 253 in all.
// Nothing for what is no host name, or one whose last label is a number: that is an address in some spelling.
// IDNA: only in its ASCII form ("xn--…").
std::optional<std::string> canonical_name(std::string_view text);

}  // namespace weir::sandbox
