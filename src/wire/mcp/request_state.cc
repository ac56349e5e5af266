#include "wire/mcp/request_state.h"

#include <fmt/format.h>

#include <charconv>

namespace weir::wire::mcp {
namespace {

constexpr size_t kBlockBytes = 64;  // of SHA-256
constexpr size_t kTextBytesMax = 512;

template <class Number>
bool read(std::string_view text, Number& number) {
  const auto [at, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && at == text.data() + text.size();
}

}  // namespace

// HMAC (RFC 2104). The session's length comes first, so that no two pairs are one message.
Digest RequestStates::mac(std::string_view session, std::string_view payload) const {
  std::string inner(kBlockBytes, '\x36'), outer(kBlockBytes, '\x5c');
  for (size_t i = 0; i < key_.size(); ++i) {
    inner[i] = static_cast<char>(inner[i] ^ key_[i]);
    outer[i] = static_cast<char>(outer[i] ^ key_[i]);
  }
  const std::string length = fmt::format("{}.", session.size());
  return sha256({outer, as_bytes(sha256({inner, length, session, payload}))});
}

std::string RequestStates::seal(std::string_view session, std::string_view request, uint64_t round,
                                int64_t expires_ms) const {
  const std::string payload = fmt::format("{}.{}.{}", request, round, expires_ms);
  return to_base64(std::string(as_bytes(mac(session, payload))) + payload);
}

Result<RequestStates::Opened> RequestStates::open(std::string_view text, std::string_view session,
                                                  int64_t now_ms) const {
  const Error refused{Code::denied, "the requestState is not one that weir gave for this request", {}, {}};
  if (text.size() > kTextBytesMax) return refused;
  const auto bytes = from_base64(text);
  if (!bytes || bytes->size() <= sizeof(Digest)) return refused;
  const std::string_view payload = std::string_view(*bytes).substr(sizeof(Digest));
  if (!equal_constant_time(as_bytes(mac(session, payload)), bytes->substr(0, sizeof(Digest)))) return refused;
  const size_t first = payload.find('.');
  const size_t second = payload.find('.', first + 1);
  Opened opened;
  int64_t expires_ms = 0;
  if (first == std::string_view::npos || second == std::string_view::npos ||
      !read(payload.substr(first + 1, second - first - 1), opened.round) ||
      !read(payload.substr(second + 1), expires_ms))
    return refused;
  if (now_ms >= expires_ms)
    return Error{Code::denied, "the requestState has expired: make the request anew", {}, {}};
  opened.request = payload.substr(0, first);
  return opened;
}

}  // namespace weir::wire::mcp
