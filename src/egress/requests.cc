#include "egress/requests.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/bytes.h"
#include "sandbox/host.h"

namespace weir::egress {
namespace {

Error denied(std::string message) {
  return {Code::denied, std::move(message), {}, {}};
}

bool replace_all(std::string& text, std::string_view from, std::string_view to) {
  bool found = false;
  for (size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
    found = true;
  }
  return found;
}

// What is behind "Basic ", decoded; nothing for another scheme.
std::optional<std::string> basic_credentials(std::string_view value) {
  if (value.size() < 6 || !net::equal_ignore_case(value.substr(0, 6), "basic ")) return {};
  value.remove_prefix(6);
  while (value.starts_with(' ')) value.remove_prefix(1);
  return from_base64(value);
}

}  // namespace

Status Requests::feed(std::string_view in, std::string& out) {
  while (!in.empty()) {
    switch (state_) {
      case State::head: {
        head_ += in;
        const size_t before = head_.size() - in.size();
        std::optional<net::Refusal> refusal;
        const size_t size = scanner_.scan(head_, refusal);
        if (refusal) return denied(std::string(refusal->message));
        if (size == 0) return {};
        in.remove_prefix(size - before);
        head_.resize(size);
        WEIR_TRY(take_head(out));
        head_.clear();
        scanner_.reset();
        break;
      }
      case State::length: {
        const std::string_view piece = in.substr(0, left_);
        out += piece;
        in.remove_prefix(piece.size());
        left_ -= piece.size();
        if (left_ == 0) state_ = State::head;
        break;
      }
      case State::chunked: {
        const std::string_view before = in;
        std::string_view piece;
        const auto step = chunked_.next(in, piece);
        if (step == net::ChunkedDecoder::Step::malformed) return denied("a chunked body is malformed");
        out += before.substr(0, before.size() - in.size());
        if (step == net::ChunkedDecoder::Step::done) state_ = State::head;
        break;
      }
      case State::asked:
        return denied("bytes were sent before WebSocket was agreed on");
      case State::other:
        out += in;
        return {};
    }
  }
  return {};
}

Status Requests::take_head(std::string& out) {
  net::RequestHead head;
  if (const auto refusal = net::parse_request_head(head_, head)) return denied(std::string(refusal->message));
  WEIR_TRY(check_target(head));
  WEIR_TRY(check_foreign(head_));
  const auto upgrade = head.headers.find("Upgrade");
  const bool web_socket = upgrade && net::equal_ignore_case(*upgrade, "websocket") && count_ == 0 &&
                          head.framing.kind == net::Framing::Kind::none;
  const size_t target = head_.find(' ') + 1;
  const bool absolute = head_[target] != '/' && head_[target] != '*';
  const bool must_change = !rules_.swaps.empty() || absolute || (upgrade && !web_socket);
  ++count_;
  if (must_change) {
    if (!web_socket) {
      // Another protocol (h2c) would be one that is not looked into.
      head.headers.remove("Upgrade");
      head.headers.remove("HTTP2-Settings");
      if (upgrade) head.headers.set("Connection", head.keep_alive ? "keep-alive" : "close");
    }
    rewrite(head, out);
  } else {
    out += head_;
  }
  switch (head.framing.kind) {
    case net::Framing::Kind::length:
      left_ = head.framing.length;
      state_ = left_ > 0 ? State::length : State::head;
      break;
    case net::Framing::Kind::chunked:
      chunked_.reset();
      state_ = State::chunked;
      break;
    default:
      state_ = web_socket ? State::asked : State::head;
  }
  return {};
}

// An absolute target was made a path and the Host by the parser, whatever Host stood beside it.
Status Requests::check_target(const net::RequestHead& head) const {
  const auto host = head.headers.find("Host");
  if (!host) return denied("the request names no host");
  return check_authority(*host);
}

Status Requests::check_authority(std::string_view authority) const {
  const auto wrong = [&] {
    return denied(
        fmt::format("the request is for {}, and the connection for {}", shown(authority, 100), rules_.host));
  };
  std::string_view name = authority;
  const size_t colon = name.rfind(':');
  const size_t bracket = name.rfind(']');
  if (colon != name.npos && (bracket == name.npos || colon > bracket)) {
    uint16_t port = 0;
    const std::string_view digits = name.substr(colon + 1);
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
    if (error != std::errc() || end != digits.data() + digits.size() || port != rules_.port) return wrong();
    name = name.substr(0, colon);
  }
  if (name.size() > 2 && name.front() == '[' && name.back() == ']') name = name.substr(1, name.size() - 2);
  if (const auto address = sandbox::parse_address(name)) {
    if (address->text() != rules_.host) return wrong();
    return {};
  }
  if (sandbox::canonical_name(name) != rules_.host) return wrong();
  return {};
}

Status Requests::check_foreign(std::string_view head) const {
  const auto refuse = [&](const Swap& swap) {
    return denied(fmt::format("the secret {} belongs to another host than {}", swap.name, rules_.host));
  };
  for (const Swap& swap : rules_.foreign) {
    if (head.find(swap.stand_in) != head.npos) return refuse(swap);
  }
  return {};
}

void Requests::rewrite(net::RequestHead& head, std::string& out) {
  swapped_ = swap_in(head.target) || swapped_;
  out += fmt::format("{} {} HTTP/1.{}\r\n", head.method, head.target, head.minor_version);
  for (const net::Header& field : head.headers) {
    // An answer that is packed could hand a secret back unseen.
    if (!rules_.swaps.empty() && net::equal_ignore_case(field.name, "Accept-Encoding")) continue;
    std::string value = field.value;
    swapped_ = swap_in(value) || swapped_;
    swapped_ = swap_basic(value) || swapped_;
    out += field.name + ": " + value + "\r\n";
  }
  if (!rules_.swaps.empty()) out += "Accept-Encoding: identity\r\n";
  out += "\r\n";
}

bool Requests::swap_in(std::string& text) const {
  bool found = false;
  for (const Swap& swap : rules_.swaps) found = replace_all(text, swap.stand_in, swap.secret) || found;
  return found;
}

bool Requests::swap_basic(std::string& value) {
  constexpr size_t kEncodedMax = 16;  // of one connection
  auto credentials = basic_credentials(value);
  if (!credentials) return false;
  const std::string before = to_base64(*credentials);
  if (!swap_in(*credentials)) return false;
  const std::string after = to_base64(*credentials);
  const auto known =
      std::find_if(encoded_.begin(), encoded_.end(), [&](const Swap& swap) { return swap.secret == after; });
  if (known == encoded_.end() && encoded_.size() < kEncodedMax) encoded_.push_back({"", before, after});
  value = "Basic " + after;
  return true;
}

void Replies::feed(std::string_view in, std::string& out) {
  if (!upgraded_) {
    constexpr std::string_view kSwitching = "HTTP/1.1 101";
    begin_ += in.substr(0, kSwitching.size() - begin_.size());
    if (begin_.size() == kSwitching.size()) upgraded_ = begin_ == kSwitching;
  }
  if (swaps_.empty()) {
    out += in;
    return;
  }
  held_ += in;
  for (const Swap& swap : swaps_) replace_all(held_, swap.secret, swap.stand_in);
  // The longest end that may go on as a secret stays.
  size_t keep = 0;
  for (const Swap& swap : swaps_) {
    for (size_t size = std::min(swap.secret.size() - 1, held_.size()); size > keep; --size) {
      if (std::string_view(held_).substr(held_.size() - size) ==
          std::string_view(swap.secret).substr(0, size))
        keep = size;
    }
  }
  out.append(held_, 0, held_.size() - keep);
  held_.erase(0, held_.size() - keep);
}

void Replies::end(std::string& out) {
  out += held_;
  held_.clear();
}

}  // namespace weir::egress
