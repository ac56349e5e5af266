// Principals in one form (normalised_principal), and URLs taken apart for that.
#include <algorithm>

#include "base/limits.h"
#include "manifest/trust.h"
#include "manifest/url.h"

namespace weir::manifest {
namespace {

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

std::string lower_case(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), lower);
  return out;
}

bool is_control(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
}

bool has_any(std::string_view text, std::string_view bytes) {
  return text.find_first_of(bytes) != std::string_view::npos;
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// Letters, digits, "-" and "."; no empty label, no dot at an end.
bool is_host_name(std::string_view host) {
  if (host.empty() || host.front() == '.' || host.back() == '.') return false;
  if (host.find("..") != std::string_view::npos) return false;
  return std::all_of(host.begin(), host.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
  });
}

// Words, or one quoted string; never with what another reader could take for an address.
bool is_display_name(std::string_view name) {
  const bool quoted = name.size() >= 2 && name.front() == '"' && name.back() == '"';
  if (quoted) return !has_any(name.substr(1, name.size() - 2), "@<>\\\"");
  return !has_any(name, "@,;:>()\\\"");
}

// One address: "a@b" or "Name <a@b>". No comments, quoted local parts, groups or lists (RFC 5322 has them
// all, and readers of it disagree).
std::optional<std::string> normalised_address(std::string_view text) {
  text = trim(text);
  if (!text.empty() && text.back() == '>') {
    const size_t open = text.find('<');
    if (open == std::string_view::npos) return std::nullopt;
    if (!is_display_name(trim(text.substr(0, open)))) return std::nullopt;
    text = text.substr(open + 1, text.size() - open - 2);
  }
  const size_t at = text.find('@');
  if (at == std::string_view::npos || at == 0) return std::nullopt;
  const std::string_view local = text.substr(0, at);
  const std::string_view domain = text.substr(at + 1);
  if (has_any(local, " \t\"(),:;<>@[\\]?") || !is_host_name(domain)) return std::nullopt;
  return "mailto:" + std::string(local) + "@" + lower_case(domain);
}

// Resolves ".", ".." and empty segments of a path. ".." above the root stays there; at the start of a
// relative path it is kept.
std::string resolve_dots(std::string_view path) {
  const bool absolute = path.starts_with('/');
  std::vector<std::string_view> kept;
  while (!path.empty()) {
    const size_t slash = path.find('/');
    const std::string_view segment = path.substr(0, slash);
    path.remove_prefix(slash == std::string_view::npos ? path.size() : slash + 1);
    if (segment.empty() || segment == ".") continue;
    if (segment != "..") {
      kept.push_back(segment);
    } else if (!kept.empty() && kept.back() != "..") {
      kept.pop_back();
    } else if (!absolute) {
      kept.push_back(segment);
    }
  }
  std::string out = absolute ? "/" : "";
  for (size_t i = 0; i < kept.size(); ++i) {
    if (i > 0) out += '/';
    out += kept[i];
  }
  return out;
}

// Whether some server might read an escape or a backslash in it as a separator or a dot.
bool has_hidden_separator(std::string_view path) {
  const std::string low = lower_case(path);
  for (const std::string_view bad : {"\\", "%2e", "%2f", "%5c", "%25", "%00"}) {
    if (low.find(bad) != std::string::npos) return true;
  }
  return false;
}

std::optional<std::string> normalised_path(std::string_view path) {
  if (path.empty() || has_hidden_separator(path)) return std::nullopt;
  const std::string resolved = resolve_dots(path);
  return "file:" + (resolved.empty() ? "." : resolved);
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  c = lower(c);
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

// Decodes escapes of unreserved characters, the ones whose meaning every reader shares (RFC 3986 section
// 6.2.2.2).
std::string decode_unreserved(std::string_view path) {
  std::string out;
  for (size_t i = 0; i < path.size(); ++i) {
    const int high = path[i] == '%' && i + 2 < path.size() ? hex_digit(path[i + 1]) : -1;
    const int low = high >= 0 ? hex_digit(path[i + 2]) : -1;
    const int byte = low >= 0 ? high * 16 + low : 0;
    const char c = static_cast<char>(byte);
    const bool alphanumeric = (c >= '0' && c <= '9') || (lower(c) >= 'a' && lower(c) <= 'z');
    if (byte > 0 && byte < 0x80 && (alphanumeric || c == '-' || c == '.' || c == '_' || c == '~')) {
      out += c;
      i += 2;
    } else {
      out += path[i];
    }
  }
  return out;
}

std::optional<std::string> normalised_url_path(std::string_view raw) {
  const std::string path = decode_unreserved(raw);
  for (const std::string_view odd : {"/..;", "/.;", "//"}) {
    if (path.find(odd) != std::string::npos) return std::nullopt;
  }
  if (has_hidden_separator(path)) return std::nullopt;
  const std::string below = path + "/";
  if (below.find("/../") == std::string::npos && below.find("/./") == std::string::npos) return path;
  std::string resolved = resolve_dots(path);
  const bool folder = path.back() == '/' || path.ends_with("/.") || path.ends_with("/..");
  if (folder && resolved.back() != '/') resolved += '/';
  return resolved;
}

}  // namespace

std::optional<Url> parse_url(std::string_view text) {
  const size_t colon = text.find("://");
  if (colon == std::string_view::npos || text.size() > limits::kPrincipalBytesMax) return std::nullopt;
  Url url;
  url.scheme = lower_case(text.substr(0, colon));
  if (url.scheme != "http" && url.scheme != "https") return std::nullopt;
  for (const char c : text) {
    if (is_control(c) || c == ' ' || c == '\\') return std::nullopt;
  }
  std::string_view rest = text.substr(colon + 3);
  const std::string_view authority = rest.substr(0, rest.find_first_of("/?#"));
  rest.remove_prefix(authority.size());
  rest = rest.substr(0, rest.find('#'));
  const size_t port_colon = authority.find(':');
  url.host = lower_case(authority.substr(0, port_colon));
  if (!is_host_name(url.host)) return std::nullopt;
  if (port_colon != std::string_view::npos) {
    const std::string_view port = authority.substr(port_colon + 1);
    const bool digits = std::all_of(port.begin(), port.end(), [](char c) { return c >= '0' && c <= '9'; });
    if (port.empty() || port.size() > 5 || port.front() == '0' || !digits) return std::nullopt;
    if (port != (url.scheme == "https" ? "443" : "80")) url.port = port;
  }
  const size_t question = rest.find('?');
  const auto path = normalised_url_path(rest.substr(0, question));
  url.path_is_clear = path.has_value();
  url.path = path.value_or(std::string(rest.substr(0, question)));
  if (question != std::string_view::npos) url.query = rest.substr(question);
  return url;
}

std::string Url::site() const {
  return scheme + "://" + host + (port.empty() ? "" : ":" + port);
}
std::string Url::text() const {
  return site() + path + query;
}

std::optional<std::string> normalised_principal(std::string_view principal) {
  if (principal.size() > limits::kPrincipalBytesMax) return std::nullopt;
  const size_t colon = principal.find(':');
  if (colon == 0 || colon == std::string_view::npos) return std::nullopt;
  if (std::any_of(principal.begin(), principal.end(), is_control)) return std::nullopt;
  const std::string scheme = lower_case(principal.substr(0, colon));
  const std::string_view rest = principal.substr(colon + 1);
  if (scheme == "mailto") return normalised_address(rest);
  if (scheme == "file") return normalised_path(rest);
  if (scheme == "http" || scheme == "https") {
    const auto url = parse_url(principal);
    if (!url || !url->path_is_clear) return std::nullopt;
    return url->text();
  }
  if (rest.empty()) return std::nullopt;
  return scheme + ":" + std::string(rest);
}

}  // namespace weir::manifest
