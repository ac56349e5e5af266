#include "sandbox/host.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstring>

#include "base/bytes.h"

namespace weir::sandbox {
namespace {

constexpr std::string_view kTcp = "tcp://";
constexpr size_t kNameMax = 253, kLabelMax = 63;
constexpr char kForms[] =
    "\"example.org:443\", \"*.example.org\", \"example.org=10.0.0.7:443\" for an address that is not public, "
    "\"tcp://example.org:22\" for what is neither TLS nor HTTP";

bool is_number(std::string_view label) {
  const auto digits = [](std::string_view text, bool hex) {
    return std::all_of(text.begin(), text.end(),
                       [&](char c) { return (c >= '0' && c <= '9') || (hex && c >= 'a' && c <= 'f'); });
  };
  return digits(label, false) || (label.starts_with("0x") && digits(label.substr(2), true));
}

std::optional<uint16_t> parse_port(std::string_view text) {
  uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc() || end != text.data() + text.size() || port == 0 || text.front() == '0') return {};
  return port;
}

}  // namespace

bool Address::is_v4() const {
  static constexpr uint8_t kMapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  return std::memcmp(bytes.data(), kMapped, sizeof(kMapped)) == 0;
}

std::string Address::text() const {
  char out[INET6_ADDRSTRLEN] = {};
  if (is_v4())
    inet_ntop(AF_INET, bytes.data() + 12, out, sizeof(out));
  else
    inet_ntop(AF_INET6, bytes.data(), out, sizeof(out));
  return out;
}

Address v4_address(uint32_t host_order) {
  Address out;
  out.bytes[10] = out.bytes[11] = 0xff;
  for (int i = 0; i < 4; ++i) out.bytes[12 + i] = static_cast<uint8_t>(host_order >> (24 - 8 * i));
  return out;
}

std::optional<Address> parse_address(std::string_view text) {
  const std::string whole(text);
  if (text.empty() || text.size() >= INET6_ADDRSTRLEN || text.find('\0') != std::string_view::npos) return {};
  in_addr v4{};
  if (inet_pton(AF_INET, whole.c_str(), &v4) == 1) return v4_address(ntohl(v4.s_addr));
  Address out;
  if (inet_pton(AF_INET6, whole.c_str(), out.bytes.data()) == 1) return out;
  return {};
}

bool Host::matches(std::string_view other) const {
  if (name == "*") return !parse_address(other);
  if (!is_wildcard()) return name == other;
  const std::string_view end = std::string_view(name).substr(1);  // with its dot
  return other.size() > end.size() && other.ends_with(end);
}

std::string Host::text() const {
  const bool bracketed = name.find(':') != std::string::npos;
  return fmt::format("{}{}{}{}{}{}:{}", raw ? kTcp : "", bracketed ? "[" : "", name, bracketed ? "]" : "",
                     address.empty() || address == name ? "" : "=",
                     address == name                          ? std::string()
                     : address.find(':') == std::string::npos ? address
                                                              : "[" + address + "]",
                     port);
}

Result<Host> parse_host(std::string_view text) {
  const auto wrong = [&](std::string_view why) {
    return bad_input(fmt::format("\"{}\" is no host that can be granted: {}", shown(text, 100), why), {},
                     kForms);
  };
  Host host;
  std::string_view rest = text;
  if (rest.starts_with(kTcp)) {
    host.raw = true;
    rest.remove_prefix(kTcp.size());
  }
  // The port, behind the last colon that is in no brackets.
  const size_t colon = rest.rfind(':');
  const size_t bracket = rest.rfind(']');
  if (colon != std::string_view::npos && (bracket == std::string_view::npos || colon > bracket)) {
    const auto port = parse_port(rest.substr(colon + 1));
    if (!port) return wrong("a port is a number from 1 to 65535");
    host.port = *port;
    rest = rest.substr(0, colon);
  } else if (host.raw) {
    return wrong("tcp:// needs a port");
  }
  const auto bare = [](std::string_view part) {
    return part.size() > 2 && part.front() == '[' && part.back() == ']' ? part.substr(1, part.size() - 2)
                                                                        : part;
  };
  if (const size_t equals = rest.find('='); equals != std::string_view::npos) {
    const auto address = parse_address(bare(rest.substr(equals + 1)));
    if (!address) return wrong("behind \"=\" stands an IP address");
    host.address = address->text();
    rest = rest.substr(0, equals);
  }
  if (const auto address = parse_address(bare(rest))) {
    if (!host.address.empty()) return wrong("an address is where it is");
    host.name = host.address = address->text();
    return host;
  }
  if (rest == "*" && !host.raw && host.address.empty()) {
    host.name = "*";
    return host;
  }
  const bool wildcard = rest.starts_with("*.");
  const auto name = canonical_name(wildcard ? rest.substr(2) : rest);
  if (!name) return wrong("not a host name (IDNA names are written as xn--…)");
  // All names below a whole top-level domain are everybody's.
  if (wildcard && name->find('.') == std::string::npos) return wrong("too wide");
  if (wildcard) host.name = "*.";
  host.name += *name;
  return host;
}

std::optional<std::string> canonical_name(std::string_view text) {
  if (text.ends_with('.')) text.remove_suffix(1);
  if (text.empty() || text.size() > kNameMax) return {};
  std::string name(text);
  for (char& c : name) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    const bool fine = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
    if (!fine) return {};
  }
  std::string_view rest = name;
  std::string_view label;
  while (true) {
    const size_t dot = rest.find('.');
    label = rest.substr(0, dot);
    if (label.empty() || label.size() > kLabelMax || label.front() == '-' || label.back() == '-') return {};
    if (dot == std::string_view::npos) break;
    rest.remove_prefix(dot + 1);
  }
  if (is_number(label)) return {};
  return name;
}

}  // namespace weir::sandbox
