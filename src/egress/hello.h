// The first message of a TLS client (RFC 8446, section 4.1.2), as much as says whom it wants. Pure.
#pragma once

#include <string>
#include <string_view>

namespace weir::egress {

struct Hello {
  bool names_server = false;
  std::string server_name;  // as it came (RFC 6066, section 3)
  bool encrypted = false;   // there is an inner one, of which nothing can be seen (Encrypted Client Hello)
};

inline constexpr size_t kHelloBytesMax = size_t{16} << 10;

enum class HelloStep { more, done, malformed };

// `bytes` are all that the client has sent so far. `malformed`: no ClientHello, two names, or more than
// kHelloBytesMax of it.
HelloStep parse_hello(std::string_view bytes, Hello& out);

}  // namespace weir::egress
