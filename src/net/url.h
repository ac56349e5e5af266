// Url: an absolute http or https URL (RFC 3986, RFC 9110 section 4.2), strictly.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.h"

namespace weir::net {

struct Url {
  std::string scheme;          // "http" or "https"
  std::string host;            // lower case; an IPv6 literal without its brackets
  uint16_t port = 0;           // the scheme's own where the text names none
  std::string path_and_query;  // starts with "/"; as written, a fragment cut off

  // "host" or "host:port", with brackets where they belong: the Host header.
  std::string authority() const;
  // "scheme://authority/path?query".
  std::string text() const;
  bool operator==(const Url&) const = default;
};

// Refuses: other schemes, user info, an empty or malformed host, port 0 or above 65535, white space, control
// and non-ASCII characters, "%" without two hex digits. Does not resolve dot segments. Error: bad_input.
Result<Url> parse_url(std::string_view text);

}  // namespace weir::net
