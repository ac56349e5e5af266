#include "net/head.h"

#include <algorithm>
#include <cstring>

#include "base/limits.h"
#include "net/url.h"

namespace weir::net {
namespace {

using MaybeRefusal = std::optional<Refusal>;

MaybeRefusal refuse(int status, std::string_view message) {
  return Refusal{status, message};
}

// The next line without its CRLF; HeadScanner made sure that there is one.
std::string_view next_line(std::string_view& head) {
  const size_t end = head.find("\r\n");
  const std::string_view line = head.substr(0, end);
  head.remove_prefix(std::min(end == head.npos ? head.size() : end + 2, head.size()));
  return line;
}

// The version of "HTTP/1.x", or why not.
MaybeRefusal read_version(std::string_view text, int& minor) {
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  if (text.size() != 8 || !text.starts_with("HTTP/") || !digit(text[5]) || text[6] != '.' ||
      !digit(text[7])) {
    return refuse(400, "the HTTP version is malformed");
  }
  if (text[5] != '1') return refuse(505, "only HTTP/1.0 and HTTP/1.1 are spoken here");
  minor = std::min(text[7] - '0', 1);
  return {};
}

MaybeRefusal read_field(std::string_view line, Headers& headers) {
  if (line.front() == ' ' || line.front() == '\t') return refuse(400, "a header field is folded over lines");
  const size_t colon = line.find(':');
  if (colon == line.npos) return refuse(400, "a header field has no colon");
  const std::string_view name = line.substr(0, colon);
  if (!is_token(name)) return refuse(400, "a header name holds a character that it must not");
  std::string_view value = line.substr(colon + 1);
  while (!value.empty() && (value.front() == ' ' || value.front() == '\t')) value.remove_prefix(1);
  while (!value.empty() && (value.back() == ' ' || value.back() == '\t')) value.remove_suffix(1);
  if (!is_field_value(value)) return refuse(400, "a header value holds a control character");
  headers.add(name, std::string(value));
  return {};
}

MaybeRefusal read_fields(std::string_view head, Headers& headers) {
  headers.reserve(16);
  while (true) {
    const std::string_view line = next_line(head);
    if (line.empty()) return {};
    if (headers.size() == limits::kHttpHeadersMax)
      return refuse(431, "the request has too many header fields");
    if (auto refusal = read_field(line, headers)) return refusal;
  }
}

// What the fields say of the body. Anything that two readers could understand in two ways is refused.
struct BodyFields {
  std::optional<uint64_t> length;
  bool chunked = false;
  bool other_coding = false;
};

MaybeRefusal read_length(std::string_view value, uint64_t& length) {
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  if (value.empty() || !std::all_of(value.begin(), value.end(), digit)) {
    return refuse(400, "Content-Length is not a number");
  }
  if (value.size() > 18) return refuse(413, "the body is too large");
  length = 0;
  for (const char c : value) length = length * 10 + static_cast<uint64_t>(c - '0');
  return {};
}

MaybeRefusal read_body_fields(const Headers& headers, int minor_version, BodyFields& out) {
  for (const Header& field : headers) {
    if (equal_ignore_case(field.name, "content-length")) {
      if (out.length) return refuse(400, "Content-Length is given twice");
      if (auto refusal = read_length(field.value, out.length.emplace())) return refusal;
    } else if (equal_ignore_case(field.name, "transfer-encoding")) {
      if (out.chunked || out.other_coding) return refuse(400, "Transfer-Encoding is given twice");
      out.chunked = equal_ignore_case(field.value, "chunked");
      out.other_coding = !out.chunked;
    }
  }
  const bool coded = out.chunked || out.other_coding;
  if (coded && out.length) return refuse(400, "Transfer-Encoding stands beside Content-Length");
  if (coded && minor_version == 0) return refuse(400, "HTTP/1.0 has no Transfer-Encoding");
  if (out.other_coding) return refuse(501, "the only transfer coding understood is chunked");
  return {};
}

bool wants_keep_alive(const Headers& headers, int minor_version) {
  bool close = false, keep = false;
  for (const Header& field : headers) {
    if (!equal_ignore_case(field.name, "connection")) continue;
    close = close || list_has(field.value, "close");
    keep = keep || list_has(field.value, "keep-alive");
  }
  return !close && (minor_version >= 1 || keep);
}

bool is_host_field(std::string_view host) {
  const auto fine = [](uint8_t c) {
    return c > 0x20 && c < 0x7f &&
           std::string_view("/\\?#@,\"<>^`{|}").find(static_cast<char>(c)) == std::string_view::npos;
  };
  return std::all_of(host.begin(), host.end(), fine);
}

// Origin-form stays as it is; absolute-form becomes it, its authority the Host (RFC 9112 section 3.2.2).
MaybeRefusal read_target(std::string_view target, RequestHead& out) {
  const auto visible = [](uint8_t c) { return c > 0x20 && c < 0x7f && c != '#'; };
  if (target.empty() || !std::all_of(target.begin(), target.end(), visible)) {
    return refuse(400, "the request target holds a character that must be percent-encoded");
  }
  if (target.front() == '/' || (target == "*" && out.method == "OPTIONS")) {
    out.target = target;
    return {};
  }
  if (out.method == "CONNECT") return refuse(501, "this is no proxy: CONNECT is not done");
  auto url = parse_url(target);
  if (!url) return refuse(400, "the request target is neither a path nor an http URL");
  out.target = std::move(url->path_and_query);
  out.headers.set("Host", url->authority());
  return {};
}

MaybeRefusal read_request_line(std::string_view line, RequestHead& out, std::string_view& target) {
  const size_t first = line.find(' ');
  const size_t last = line.rfind(' ');
  if (first == line.npos || first == last) return refuse(400, "the request line is malformed");
  const std::string_view method = line.substr(0, first);
  target = line.substr(first + 1, last - first - 1);
  if (!is_token(method)) return refuse(400, "the method is malformed");
  out.method = method;
  return read_version(line.substr(last + 1), out.minor_version);
}

}  // namespace

size_t HeadScanner::scan(std::string_view buffer, std::optional<Refusal>& refusal) {
  const std::string_view seen = buffer.substr(0, std::min(buffer.size(), limits::kHttpHeaderBytesMax));
  while (at_ < seen.size()) {
    const void* found = std::memchr(seen.data() + at_, '\n', seen.size() - at_);
    if (found == nullptr) {
      at_ = seen.size();
      break;
    }
    const auto newline = static_cast<size_t>(static_cast<const char*>(found) - seen.data());
    if (newline == line_start_ || seen[newline - 1] != '\r') {
      refusal = Refusal{400, "a line of the head does not end in CRLF"};
      return 0;
    }
    const bool empty = newline == line_start_ + 1;
    at_ = line_start_ = newline + 1;
    if (empty) return at_;
    if (++lines_ > limits::kHttpHeadersMax + 1) {
      refusal = Refusal{431, "the head has too many header fields"};
      return 0;
    }
  }
  if (buffer.size() >= limits::kHttpHeaderBytesMax) refusal = Refusal{431, "the head is too large"};
  return 0;
}

std::optional<Refusal> parse_request_head(std::string_view head, RequestHead& out) {
  std::string_view target;
  if (auto refusal = read_request_line(next_line(head), out, target)) return refusal;
  if (auto refusal = read_fields(head, out.headers)) return refusal;
  const size_t hosts = out.headers.count("host");
  if (hosts > 1) return refuse(400, "Host is given twice");
  if (hosts == 0 && out.minor_version >= 1) return refuse(400, "Host is missing");
  if (hosts == 1 && !is_host_field(*out.headers.find("host"))) return refuse(400, "Host is malformed");
  if (auto refusal = read_target(target, out)) return refusal;
  BodyFields body;
  if (auto refusal = read_body_fields(out.headers, out.minor_version, body)) return refusal;
  out.framing = {};
  if (body.chunked) {
    out.framing.kind = Framing::Kind::chunked;
  } else if (body.length.value_or(0) > 0) {
    out.framing = {Framing::Kind::length, *body.length};
  }
  out.keep_alive = wants_keep_alive(out.headers, out.minor_version);
  out.expects_continue = false;
  if (const auto expect = out.headers.find("expect"); expect && out.minor_version >= 1) {
    if (!equal_ignore_case(*expect, "100-continue"))
      return refuse(417, "the only expectation met is 100-continue");
    out.expects_continue = true;
  }
  return {};
}

std::optional<Refusal> parse_response_head(std::string_view head, ResponseHead& out) {
  const std::string_view line = next_line(head);
  if (auto refusal = read_version(line.substr(0, std::min<size_t>(line.size(), 8)), out.minor_version))
    return refusal;
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  if (line.size() < 12 || line[8] != ' ' || !digit(line[9]) || !digit(line[10]) || !digit(line[11]) ||
      (line.size() > 12 && line[12] != ' ') || !is_field_value(line)) {
    return refuse(400, "the status line is malformed");
  }
  out.status = (line[9] - '0') * 100 + (line[10] - '0') * 10 + (line[11] - '0');
  if (out.status < 100 || out.status > 599) return refuse(400, "the status is out of range");
  if (auto refusal = read_fields(head, out.headers)) return refusal;
  out.keep_alive = wants_keep_alive(out.headers, out.minor_version);
  out.framing = {};
  if (out.status < 200 || out.status == 204 || out.status == 304) return {};
  BodyFields body;
  if (auto refusal = read_body_fields(out.headers, out.minor_version, body)) return refusal;
  if (body.chunked) {
    out.framing.kind = Framing::Kind::chunked;
  } else if (!body.length) {
    out.framing.kind = Framing::Kind::until_close;
  } else if (*body.length > 0) {
    out.framing = {Framing::Kind::length, *body.length};
  }
  return {};
}

}  // namespace weir::net
