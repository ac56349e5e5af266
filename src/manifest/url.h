// http and https URLs, read only where they can be read in one way. Private to this folder.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace weir::manifest {

struct Url {
  std::string scheme;         // "http" or "https"
  std::string host;           // lower case; a name or an IPv4 address
  std::string port;           // empty for the scheme's own
  std::string path;           // without dot segments where it is clear; may be empty
  bool path_is_clear = true;  // readers agree on it: no encoded or empty segments, no backslash
  std::string query;          // with its "?"; may be empty

  std::string site() const;  // "https://host" or "https://host:8443"
  std::string text() const;
};

// Nothing for anything that two readers could take for different hosts: user information, an odd host or
// port, control characters, spaces, backslashes. The fragment is dropped.
std::optional<Url> parse_url(std::string_view text);

}  // namespace weir::manifest
