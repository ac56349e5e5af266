// Which addresses a granted name may lead to. Pure but for own_addresses().
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "sandbox/host.h"

namespace weir::egress {

// What kind of address it is that a name alone must not lead to ("a private address"): whoever answers for
// the name would choose among the machines here. Empty: a public address, as far as anyone can tell.
// Addresses that carry an IPv4 address in them (mapped, NAT64, 6to4) are what that is. `own`: this machine's.
std::string_view special_kind(const sandbox::Address& address, std::span<const sandbox::Address> own);

// The addresses of this machine's interfaces.
std::vector<sandbox::Address> own_addresses();

}  // namespace weir::egress
