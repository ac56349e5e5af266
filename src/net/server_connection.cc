#include "net/server_connection.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <cassert>
#include <iterator>
#include <utility>

namespace weir::net {
namespace {

constexpr int64_t kLingerMs = 3'000;
constexpr size_t kBodyReserveBytesMax = size_t{256} << 10;  // before any of it came: a length may lie
constexpr size_t kReadAheadBytesMax = limits::kHttpHeaderBytesMax;

// The fields that the server writes itself.
bool is_framing(std::string_view name) {
  switch (name.size()) {
    case 7:
      return equal_ignore_case(name, "upgrade");
    case 10:
      return equal_ignore_case(name, "connection") || equal_ignore_case(name, "keep-alive");
    case 14:
      return equal_ignore_case(name, "content-length");
    case 17:
      return equal_ignore_case(name, "transfer-encoding");
    default:
      return false;
  }
}

}  // namespace

ServerConnection::ServerConnection(std::shared_ptr<ServerState> state, Tcp::socket socket)
    : Channel(state->loop.impl(), std::move(socket)), state_(std::move(state)), active_ms_(mono_ms()) {
  index_ = state_->connections.size();
  state_->connections.push_back(this);
}

ServerConnection::~ServerConnection() {
  drop();
}

void ServerConnection::begin() {
  Ec gone;
  const auto endpoint = socket().remote_endpoint(gone);
  if (!gone) peer_ = endpoint.address().to_string();
  prepare();
  read();
}

// Out of the server's list, and the socket closed.
void ServerConnection::leave() {
  if (is_closed()) return;
  Channel::close();
  auto& all = state_->connections;
  all[index_] = all.back();
  all[index_]->index_ = index_;
  all.pop_back();
}

void ServerConnection::drop() {
  leave();
  const auto call = std::exchange(call_, nullptr);
  if (!call) return;
  call->connection_ = nullptr;
  // What the callbacks hold may be what is running, or the call itself: they go later.
  asio::post(loop().io, [call, drain = std::exchange(call->on_drain_, nullptr),
                         closed = std::exchange(call->on_closed_, nullptr)] {});
}

void ServerConnection::read_more() {
  const bool waits = at_ == State::handling || at_ == State::flushing;
  if (!waits || in_.size() < kReadAheadBytesMax) read();
}

void ServerConnection::on_bytes(std::string_view bytes) {
  if (at_ != State::lingering) {
    active_ms_ = mono_ms();
    if (at_ == State::body && in_.empty()) consume_body(bytes);
    in_.append(bytes);
    process();
  }
  if (!is_closed()) read_more();
}

void ServerConnection::on_read_end(bool clean) {
  if (at_ == State::flushing && clean) {
    keep_alive_ = false;  // the answer is whole: let it out
    return;
  }
  client_gone();
}

void ServerConnection::on_write_failed() {
  client_gone();
}

void ServerConnection::client_gone() {
  const auto call = call_;
  std::function<void()> closed;
  if (call && call->connection_ != nullptr) closed = std::exchange(call->on_closed_, nullptr);
  drop();
  if (closed) closed();
}

// Goes on with what is in in_, until more is needed or a request is being handled.
void ServerConnection::process() {
  while (!is_closed()) {
    if (at_ == State::head) {
      if (!process_head()) return;
      continue;
    }
    if (at_ != State::body) return;
    if (head_.framing.kind == Framing::Kind::none) {
      dispatch();
      continue;
    }
    if (in_.empty()) return;
    std::string_view rest = in_;
    consume_body(rest);
    if (at_ != State::body) return;  // refused
    in_.erase(0, in_.size() - rest.size());
  }
}

// True when a head was taken from in_ and its body is next.
bool ServerConnection::process_head() {
  if (in_.empty()) return false;
  if (head_start_ms_ == 0) head_start_ms_ = active_ms_;
  if (!blank_skipped_ && in_.starts_with("\r\n")) {  // RFC 9112 section 2.2
    blank_skipped_ = true;
    in_.erase(0, 2);
    return true;
  }
  std::optional<Refusal> refusal;
  const size_t size = scanner_.scan(in_, refusal);
  if (!refusal && size == 0) return false;
  head_ = {};
  if (!refusal) refusal = parse_request_head(std::string_view(in_).substr(0, size), head_);
  const Framing& framing = head_.framing;
  if (!refusal && framing.kind == Framing::Kind::length && framing.length > state_->options.body_bytes_max) {
    refusal = Refusal{413, "the body is too large"};
  }
  is_head_request_ = head_.method == "HEAD";
  if (refusal) {
    refuse(refusal->status, refusal->message);
    return false;
  }
  in_.erase(0, size);
  scanner_.reset();
  head_start_ms_ = 0;
  chunks_.reset();
  body_.clear();
  at_ = State::body;
  if (framing.kind == Framing::Kind::length) {
    body_.reserve(static_cast<size_t>(std::min<uint64_t>(framing.length, kBodyReserveBytesMax)));
  }
  if (head_.expects_continue && framing.kind != Framing::Kind::none && in_.empty()) {
    outgoing() += "HTTP/1.1 100 Continue\r\n\r\n";
    flush_soon();
  }
  return true;
}

// Takes body bytes from the front; dispatches when they are all there.
void ServerConnection::consume_body(std::string_view& bytes) {
  const size_t max = state_->options.body_bytes_max;
  if (head_.framing.kind == Framing::Kind::length) {
    const size_t left = static_cast<size_t>(head_.framing.length) - body_.size();
    const std::string_view piece = bytes.substr(0, std::min(left, bytes.size()));
    body_ += piece;
    bytes.remove_prefix(piece.size());
    if (body_.size() == head_.framing.length) head_.framing.kind = Framing::Kind::none;
  }
  while (head_.framing.kind == Framing::Kind::chunked) {
    std::string_view piece;
    switch (chunks_.next(bytes, piece)) {
      case ChunkedDecoder::Step::data:
        if (piece.size() > max - body_.size()) return refuse(413, "the body is too large");
        body_ += piece;
        break;
      case ChunkedDecoder::Step::more:
        return;
      case ChunkedDecoder::Step::done:
        head_.framing.kind = Framing::Kind::none;
        break;
      case ChunkedDecoder::Step::malformed:
        return refuse(400, "the chunked body is malformed");
    }
  }
}

void ServerConnection::dispatch() {
  at_ = State::handling;
  keep_alive_ = head_.keep_alive;
  chunked_ = no_body_ = over_limit_ = blank_skipped_ = false;
  struct Made : ServerCall {};
  call_ = std::make_shared<Made>();
  call_->connection_ = this;
  call_->method_ = std::move(head_.method);
  call_->target_ = std::move(head_.target);
  call_->headers_ = std::move(head_.headers);
  call_->body_ = std::exchange(body_, {});
  call_->peer_ = peer_;
  state_->handler(call_);
}

void ServerConnection::append_head(int status, const Headers& headers, bool streamed, size_t body_bytes) {
  assert(status >= 200 && status <= 599);
  no_body_ = is_head_request_ || status == 204 || status == 304;
  const bool old = head_.minor_version == 0;
  if (state_->closing || (streamed && old)) keep_alive_ = false;
  std::string& out = outgoing();
  fmt::format_to(std::back_inserter(out), "HTTP/1.1 {} {}\r\n", status, reason_phrase(status));
  bool dated = false;
  for (const Header& field : headers) {
    if (is_framing(field.name) || !is_valid(field)) continue;
    dated = dated || equal_ignore_case(field.name, "date");
    out.append(field.name).append(": ").append(field.value).append("\r\n");
  }
  if (!dated) out.append("Date: ").append(state_->current_date(active_ms_)).append("\r\n");
  if (!streamed && status != 204 && status != 304) {
    fmt::format_to(std::back_inserter(out), "Content-Length: {}\r\n", body_bytes);
  }
  chunked_ = streamed && !old && !no_body_;
  if (chunked_) out += "Transfer-Encoding: chunked\r\n";
  if (!keep_alive_) {
    out += "Connection: close\r\n";
  } else if (old) {
    out += "Connection: keep-alive\r\n";
  }
  out += "\r\n";
}

void ServerConnection::respond(int status, const Headers& headers, std::string body) {
  append_head(status, headers, false, body.size());
  if (!no_body_) outgoing_body(std::move(body));
  end_call();
}

void ServerConnection::start(int status, const Headers& headers) {
  append_head(status, headers, true, 0);
  flush_soon();
}

bool ServerConnection::write(std::string_view bytes) {
  if (!no_body_ && !bytes.empty()) {
    std::string& out = outgoing();
    if (chunked_) fmt::format_to(std::back_inserter(out), "{:x}\r\n", bytes.size());
    out += bytes;
    if (chunked_) out += "\r\n";
    flush_soon();
  }
  over_limit_ = over_limit_ || unsent() > state_->options.write_buffer_bytes_max;
  return !over_limit_;
}

void ServerConnection::finish() {
  if (chunked_) outgoing() += "0\r\n\r\n";
  end_call();
}

void ServerConnection::abort() {
  drop();
}

// The answer is whole, though not sent.
void ServerConnection::end_call() {
  call_->connection_ = nullptr;
  at_ = State::flushing;
  if (unsent() > 0) return flush_soon();
  asio::post(loop().io, [self = shared_from_this(), this] {
    if (!is_closed() && at_ == State::flushing && unsent() == 0) next_request();
  });
}

void ServerConnection::on_sent() {
  if (at_ == State::flushing && unsent() == 0) return next_request();
  if (at_ != State::handling || !over_limit_ || unsent() >= (state_->options.write_buffer_bytes_max + 1) / 2)
    return;
  over_limit_ = false;
  const auto call = call_;
  auto drain = std::exchange(call->on_drain_, nullptr);
  if (!drain) return;
  drain();
  if (!call->closed() && !call->on_drain_) call->on_drain_ = std::move(drain);
}

void ServerConnection::next_request() {
  if (call_) {
    const auto call = std::exchange(call_, nullptr);
    // The callbacks may hold the call itself.
    const auto drain = std::exchange(call->on_drain_, nullptr);
    const auto closed = std::exchange(call->on_closed_, nullptr);
  }
  if (is_closed()) return;
  if (!keep_alive_ || state_->closing) return linger();
  at_ = State::head;
  active_ms_ = mono_ms();
  if (in_.empty() && in_.capacity() > kReadAheadBytesMax) in_ = std::string();
  process();
  if (!is_closed()) read_more();
}

void ServerConnection::linger() {
  at_ = State::lingering;
  in_ = std::string();
  active_ms_ = mono_ms();
  shutdown_send();
  read();
}

// Answers what the handler does not get to see, and ends the connection.
void ServerConnection::refuse(int status, std::string_view message) {
  at_ = State::handling;
  send_error(status, message);
}

void ServerConnection::send_error(int status, std::string_view message) {
  const auto& make = state_->options.error_body;
  std::string body = make ? make(status, message) : fmt::format("{{\"error\":\"{}\"}}\n", message);
  keep_alive_ = false;
  append_head(status, {{"Content-Type", "application/json"}}, false, body.size());
  if (!no_body_) outgoing_body(std::move(body));
  in_ = std::string();
  if (call_) call_->connection_ = nullptr;
  at_ = State::flushing;
  flush_soon();
}

void ServerConnection::close_when_idle() {
  if (at_ == State::head && in_.empty()) drop();
}

void ServerConnection::sweep(int64_t now_ms) {
  const ServerOptions& options = state_->options;
  const int64_t quiet_ms = now_ms - active_ms_;
  const bool stalled = unsent() > 0 && now_ms - sent_ms() > options.idle_timeout_ms;
  if (stalled) return client_gone();
  switch (at_) {
    case State::head:
      if (head_start_ms_ != 0 && now_ms - head_start_ms_ > options.header_timeout_ms) {
        is_head_request_ = false;
        refuse(408, "the head did not arrive in time");
      } else if (head_start_ms_ == 0 && quiet_ms > options.idle_timeout_ms) {
        drop();
      }
      break;
    case State::body:
      if (quiet_ms > options.idle_timeout_ms) refuse(408, "the body did not arrive in time");
      break;
    case State::handling:
      if (call_.use_count() != 1) break;
      if (call_->started_) return drop();
      send_error(500, "the request was not answered");
      break;
    case State::lingering:
      if (quiet_ms > kLingerMs) drop();
      break;
    case State::flushing:
      break;
  }
}

}  // namespace weir::net
