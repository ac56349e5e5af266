#include "net/url.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>

#include "net/http.h"

namespace weir::net {
namespace {

constexpr size_t kHostBytesMax = 255;  // RFC 1035 section 2.3.4

bool is_hex(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}
bool is_alnum(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

// Names and IPv4 addresses: what a resolver takes, nothing percent-encoded.
bool is_host_name(std::string_view host) {
  if (host.empty() || host.size() > kHostBytesMax || host.front() == '.' || host.front() == '-') return false;
  if (host.find("..") != host.npos) return false;
  return std::all_of(host.begin(), host.end(),
                     [](char c) { return is_alnum(c) || c == '-' || c == '.' || c == '_'; });
}

bool is_ipv6(const std::string& host) {
  in6_addr address;
  return inet_pton(AF_INET6, host.c_str(), &address) == 1;
}

uint16_t default_port(std::string_view scheme) {
  return scheme == "https" ? 443 : 80;
}

Status read_port(std::string_view text, uint16_t& port) {
  if (text.empty()) return {};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc() || end != text.data() + text.size() || port == 0 || text.size() > 5) {
    return bad_input("the URL's port is not a number from 1 to 65535");
  }
  return {};
}

Status read_authority(std::string_view authority, Url& url) {
  if (authority.find('@') != authority.npos)
    return bad_input("the URL must not hold a user name or password");
  std::string_view port;
  if (!authority.empty() && authority.front() == '[') {
    const size_t close = authority.find(']');
    if (close == authority.npos) return bad_input("the URL's IPv6 address has no closing bracket");
    url.host = authority.substr(1, close - 1);
    port = authority.substr(close + 1);
    if (!port.empty() && port.front() != ':') return bad_input("the URL's host is malformed");
    if (!is_ipv6(url.host)) return bad_input("the URL's IPv6 address is malformed");
  } else {
    const size_t colon = std::min(authority.find(':'), authority.size());
    url.host = authority.substr(0, colon);
    port = authority.substr(colon);
    if (!is_host_name(url.host)) return bad_input("the URL's host is malformed");
  }
  for (char& c : url.host) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  if (!port.empty()) port.remove_prefix(1);
  return read_port(port, url.port);
}

}  // namespace

std::string Url::authority() const {
  std::string out = host.find(':') != host.npos ? "[" + host + "]" : host;
  if (port != default_port(scheme)) out += ":" + std::to_string(port);
  return out;
}

std::string Url::text() const {
  return scheme + "://" + authority() + path_and_query;
}

Result<Url> parse_url(std::string_view text) {
  for (size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<uint8_t>(text[i]);
    if (c <= 0x20 || c >= 0x7f || c == '\\' || c == '"' || c == '<' || c == '>' || c == '^' || c == '`') {
      return bad_input("the URL holds a character that must be percent-encoded", std::to_string(i));
    }
    if (c == '%' && (i + 2 >= text.size() || !is_hex(text[i + 1]) || !is_hex(text[i + 2]))) {
      return bad_input("the URL holds a % without two hex digits", std::to_string(i));
    }
  }
  Url url;
  const size_t colon = text.find("://");
  if (colon == text.npos) return bad_input("the URL does not start with http:// or https://");
  const std::string_view scheme = text.substr(0, colon);
  if (equal_ignore_case(scheme, "http")) {
    url.scheme = "http";
  } else if (equal_ignore_case(scheme, "https")) {
    url.scheme = "https";
  } else {
    return bad_input("the URL's scheme is neither http nor https");
  }
  url.port = default_port(url.scheme);
  text.remove_prefix(colon + 3);
  text = text.substr(0, text.find('#'));
  const size_t path = std::min(text.find_first_of("/?"), text.size());
  WEIR_TRY(read_authority(text.substr(0, path), url));
  url.path_and_query = text.substr(path);
  if (url.path_and_query.empty() || url.path_and_query.front() == '?') url.path_and_query.insert(0, "/");
  return url;
}

}  // namespace weir::net
