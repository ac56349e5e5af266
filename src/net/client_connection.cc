#include "net/client_connection.h"

#include <fmt/format.h>
#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/connect.hpp>
#include <boost/asio/post.hpp>
#include <cerrno>
#include <utility>

namespace weir::net {
namespace {

// Of a kept connection that what must not be sent twice may go out on. An upstream that closes behind each
// reply without saying so has done it by the first; the shortest time that servers keep idle ones is beyond
// the second.
constexpr int64_t kKeepsAfterMs = 20, kSurelyKeptMs = 2'000;

constexpr std::string_view kCannotConnect = "cannot connect: ";

bool is_written_by_client(std::string_view name) {
  for (const std::string_view own : {"content-length", "connection", "transfer-encoding", "keep-alive",
                                     "upgrade", "te", "proxy-connection", "expect"}) {
    if (equal_ignore_case(name, own)) return true;
  }
  return false;
}

void append_request_head(std::string& out, const ClientRequest& request) {
  out.append(request.method).append(" ").append(request.url.path_and_query).append(" HTTP/1.1\r\n");
  if (!request.headers.has("host")) out.append("Host: ").append(request.url.authority()).append("\r\n");
  for (const Header& field : request.headers) {
    if (is_written_by_client(field.name) || !is_valid(field)) continue;
    out.append(field.name).append(": ").append(field.value).append("\r\n");
  }
  const bool says_length = request.method == "POST" || request.method == "PUT" || request.method == "PATCH";
  if (!request.body.empty() || says_length) {
    fmt::format_to(std::back_inserter(out), "Content-Length: {}\r\n", request.body.size());
  }
  out += "\r\n";
}

// Nothing of the request may end its line early.
bool is_sendable(const ClientRequest& request) {
  const auto visible = [](uint8_t c) { return c > 0x20 && c < 0x7f; };
  const std::string& target = request.url.path_and_query;
  const std::string& host = request.url.host;
  return is_token(request.method) && target.starts_with('/') &&
         std::all_of(target.begin(), target.end(), visible) && !host.empty() &&
         std::all_of(host.begin(), host.end(), visible) && request.headers.count("host") <= 1;
}

}  // namespace

bool was_never_sent(const Error& error) {
  return error.code == Code::unavailable && error.message.starts_with(kCannotConnect);
}

ClientConnection::ClientConnection(std::shared_ptr<ClientState> client, std::string key)
    : Channel(client->loop.impl(), Tcp::socket(client->loop.impl().io)),
      client_(std::move(client)),
      key_(std::move(key)),
      index_(client_->connections.size()),
      resolver_(loop().io),
      active_ms_(mono_ms()) {
  client_->connections.push_back(this);
}

ClientConnection::~ClientConnection() {
  leave();
}

void ClientConnection::leave() {
  if (is_closed()) return;
  const auto self = weak_from_this().lock();  // the pool's may be the last
  Channel::close();
  resolver_.cancel();
  auto& all = client_->connections;
  all[index_] = all.back();
  all[index_]->index_ = index_;
  all.pop_back();
  if (at_ != State::kept) return;
  const auto pool = client_->kept.find(key_);
  if (pool == client_->kept.end()) return;
  std::erase(pool->second, self);
  if (pool->second.empty()) client_->kept.erase(pool);
}

void ClientConnection::cancel() {
  const auto fetch = std::exchange(fetch_, nullptr);
  if (fetch) fetch->connection = nullptr;
  leave();
}

void ClientConnection::fail(Error error) {
  const auto fetch = std::exchange(fetch_, nullptr);
  leave();
  if (!fetch) return;
  fetch->connection = nullptr;
  const FetchHandler handler = std::move(fetch->handler);  // lets go of what it holds when it has run
  if (handler.on_error) handler.on_error(std::move(error));
}

void ClientConnection::connect(std::shared_ptr<FetchState> fetch) {
  fetch_ = std::move(fetch);
  const auto self = shared_from_this();
  if (!is_sendable(fetch_->request)) {
    asio::post(loop().io, [self, this] { fail(bad_input("the request cannot be sent as HTTP")); });
    return;
  }
  const Url& url = fetch_->request.url;
  Ec not_literal;
  const auto literal = asio::ip::make_address(url.host, not_literal);
  if (!not_literal) {
    return resolved(Tcp::resolver::results_type::create(Tcp::endpoint(literal, url.port), url.host, ""));
  }
  resolver_.async_resolve(
      url.host, std::to_string(url.port), [self, this](Ec error, const Tcp::resolver::results_type& results) {
        if (is_closed()) return;
        if (!error) return resolved(results);
        fail(unavailable("the host's name cannot be resolved: " + error.message(), where()));
      });
}

void ClientConnection::resolved(const Tcp::resolver::results_type& results) {
  asio::async_connect(socket(), results, [self = shared_from_this(), this](Ec error, const Tcp::endpoint&) {
    if (is_closed()) return;
    if (error)
      return fail(unavailable(std::string(kCannotConnect) + error.message(), where(), "is it running?"));
    prepare();
    if (fetch_->request.url.scheme == "https") return handshake();
    connected();
  });
}

void ClientConnection::handshake() {
  if (!client_->tls) client_->tls.emplace(make_tls_context(client_->options.ca_file));
  if (!client_->tls->has_value()) return fail(client_->tls->error());
  start_tls(**client_->tls, fetch_->request.url.host, [this](std::string why) {
    if (why.empty()) return connected();
    fail(unavailable("TLS failed: " + why, where(), "a private CA is named by its certificate file"));
  });
}

void ClientConnection::connected() {
  at_ = State::working;
  send_request(false);
}

void ClientConnection::reuse(std::shared_ptr<FetchState> fetch) {
  fetch_ = std::move(fetch);
  at_ = State::working;
  reused_ = true;
  head_done_ = got_bytes_ = false;
  interim_ = 0;
  body_bytes_ = 0;
  chunks_.reset();
  send_request(fetch_->request.replayable);
}

bool ClientConnection::surely_open(int64_t now_ms) {
  const int64_t idle_ms = now_ms - active_ms_;
  if (idle_ms > kSurelyKeptMs || (!reused_ && idle_ms < kKeepsAfterMs)) return false;
  // Its end, an error or bytes that nobody asked for may be there before the loop has heard of it.
  char byte = 0;
  const auto seen = ::recv(socket().native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return seen < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
}

void ClientConnection::send_request(bool keep_body) {
  active_ms_ = mono_ms();
  ClientRequest& request = fetch_->request;
  append_request_head(outgoing(), request);
  outgoing_body(keep_body ? request.body : std::move(request.body));
  flush_soon();
  read();
}

void ClientConnection::on_write_failed() {
  write_failed_ = true;  // the reply may have come all the same: reading will tell
  if (fetch_ && !fetch_->paused) read();
}

void ClientConnection::on_bytes(std::string_view bytes) {
  if (!fetch_) return leave();  // nobody asked
  active_ms_ = mono_ms();
  got_bytes_ = true;
  if (held_.empty()) {
    consume(bytes);
    if (!is_closed()) held_.assign(bytes);
  } else {
    held_.append(bytes);
    resumed();
    return;
  }
  go_on();
}

// Goes on with what is in held_.
void ClientConnection::resumed() {
  if (is_closed() || !fetch_ || fetch_->paused) return;
  active_ms_ = mono_ms();
  std::string buffer = std::move(held_);
  held_.clear();
  std::string_view in = buffer;
  consume(in);  // also with nothing held: the end may be what waits
  if (is_closed()) return;
  if (in.size() == buffer.size()) {
    held_ = std::move(buffer);
  } else {
    held_.assign(in);
  }
  go_on();
}

void ClientConnection::go_on() {
  if (is_closed()) return;
  if (fetch_ && fetch_->paused) return;
  if (fetch_ && ended_ != Ended::no) return ended();
  read();
}

// Takes what can be used from the front of `in`.
void ClientConnection::consume(std::string_view& in) {
  while (fetch_ && !fetch_->paused) {
    const bool more = head_done_ ? take_body(in) : take_head(in);
    if (!more) return;
  }
}

bool ClientConnection::take_head(std::string_view& in) {
  if (in.empty()) return false;
  std::optional<Refusal> refusal;
  const size_t size = scanner_.scan(in, refusal);
  if (size == 0 && !refusal) return false;
  head_ = {};
  if (!refusal) refusal = parse_response_head(in.substr(0, size), head_);
  if (refusal) {
    fail(bad_input(fmt::format("the upstream's reply is not valid HTTP: {}", refusal->message), where()));
    return false;
  }
  in.remove_prefix(size);
  scanner_.reset();
  if (head_.status < 200) {
    if (head_.status != 101 && ++interim_ <= limits::kInterimResponsesMax) return true;
    fail(bad_input("the upstream's interim replies do not end", where()));
    return false;
  }
  if (fetch_->request.method == "HEAD") head_.framing = {};
  if (head_.framing.kind == Framing::Kind::length &&
      head_.framing.length > client_->options.response_bytes_max) {
    fail(too_large("the upstream's reply is too large", where()));
    return false;
  }
  head_done_ = true;
  const auto fetch = fetch_;
  if (fetch->handler.on_head) fetch->handler.on_head(head_.status, std::move(head_.headers));
  return fetch_ != nullptr;
}

// True when there may be more to do.
bool ClientConnection::take_body(std::string_view& in) {
  Framing& framing = head_.framing;
  if (framing.kind == Framing::Kind::none) {
    complete(head_.keep_alive && in.empty());
    return false;
  }
  if (in.empty()) return false;
  std::string_view piece;
  if (framing.kind == Framing::Kind::chunked) {
    switch (chunks_.next(in, piece)) {
      case ChunkedDecoder::Step::data:
        break;
      case ChunkedDecoder::Step::more:
        return false;
      case ChunkedDecoder::Step::done:
        framing.kind = Framing::Kind::none;
        return true;
      case ChunkedDecoder::Step::malformed:
        fail(bad_input("the upstream's chunked reply is malformed", where()));
        return false;
    }
  } else {
    const bool counted = framing.kind == Framing::Kind::length;
    piece = in.substr(
        0, counted ? static_cast<size_t>(std::min<uint64_t>(framing.length, in.size())) : in.size());
    in.remove_prefix(piece.size());
    if (counted && (framing.length -= piece.size()) == 0) framing.kind = Framing::Kind::none;
  }
  return deliver(piece);
}

bool ClientConnection::deliver(std::string_view piece) {
  body_bytes_ += piece.size();
  if (body_bytes_ > client_->options.response_bytes_max) {
    fail(too_large("the upstream's reply is too large", where()));
    return false;
  }
  const auto fetch = fetch_;
  if (fetch->handler.on_data) fetch->handler.on_data(piece);
  return fetch_ != nullptr;
}

void ClientConnection::complete(bool reusable) {
  const auto fetch = std::exchange(fetch_, nullptr);
  fetch->connection = nullptr;
  if (!reusable || unsent() > 0 || write_failed_ || ended_ != Ended::no || !keep()) leave();
  const FetchHandler handler = std::move(fetch->handler);
  if (handler.on_end) handler.on_end();
}

bool ClientConnection::keep() {
  auto& pool = client_->kept[key_];
  if (pool.size() >= client_->options.kept_connections_max) return false;
  at_ = State::kept;
  active_ms_ = mono_ms();
  pool.push_back(std::static_pointer_cast<ClientConnection>(shared_from_this()));
  return true;
}

void ClientConnection::on_read_end(bool clean) {
  if (!fetch_) return leave();
  ended_ = clean ? Ended::clean : Ended::broken;
  if (!fetch_->paused) ended();
}

void ClientConnection::ended() {
  if (!got_bytes_ && reused_ && fetch_->request.replayable && !fetch_->retried) {
    const auto fetch = std::exchange(fetch_, nullptr);
    fetch->connection = nullptr;
    fetch->retried = true;
    leave();
    return start_fetch(fetch, true);
  }
  if (head_done_ && head_.framing.kind == Framing::Kind::until_close && ended_ == Ended::clean)
    return complete(false);
  fail(unavailable(
      got_bytes_ ? "the upstream closed in the middle of its reply" : "the upstream closed without a reply",
      where()));
}

void ClientConnection::sweep(int64_t now_ms) {
  const ClientOptions& options = client_->options;
  const int64_t quiet_ms = now_ms - active_ms_;
  const auto late = [&](std::string message) { fail({Code::timed_out, std::move(message), where()}); };
  switch (at_) {
    case State::connecting:
      if (quiet_ms > options.connect_timeout_ms) late("connecting took too long");
      break;
    case State::working:
      if (fetch_->paused || std::min(quiet_ms, now_ms - sent_ms()) <= options.idle_timeout_ms) break;
      late(fmt::format("the upstream did nothing for {} s", (options.idle_timeout_ms + 999) / 1000));
      break;
    case State::kept:
      if (quiet_ms > options.keep_alive_ms) leave();
      break;
  }
}

}  // namespace weir::net
