// The link to a streamable HTTP server (link.h; MCP 2025-11-25 and 2026-07-28, Transports, "Streamable
// HTTP").
//
// Order: requests are POSTed beside each other. What follows `initialize` waits for its answer, and what
// follows a message without an id waits until the server has taken that, at most kMcpNotifyMs.
#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <map>
#include <utility>

#include "base/bytes.h"
#include "base/json.h"
#include "base/limits.h"
#include "gateway/mcp/http_reply.h"
#include "gateway/mcp/link.h"
#include "net/url.h"

namespace weir::gateway::mcp {
namespace {

enum class Role : uint8_t { request, initialize, initialized, other, listen };

// One message on its way and its answer, or the stream that listens.
struct Exchange {
  Role role = Role::other;
  std::string id = {};  // of a request
  std::string text = {};
  bool stateless = false;             // of that era: no session, no resuming
  wire::mcp::HeaderList fields = {};  // further ones
  size_t counted = 0;                 // in queued(), until the server answers
  bool answered = false;
  bool replied = false;  // to what was last sent, a head at least
  int failures = 0;      // in a row
  uint64_t events_before = 0;
  int64_t useful_ms = 0;  // when an event last came, or it began
  ReplyReader reader = {};
  net::Timer timer = {};
  std::unique_ptr<net::Fetch> fetch = {};  // last: it ends first
};

Error refusal_of(const Exchange& exchange, const net::Url& url) {
  const int status = exchange.reader.status();
  Error error{Code::unavailable,
              fmt::format("the server answered {} {}", status, net::reason_phrase(status)),
              url.text(),
              {}};
  if (const auto body = json::parse(exchange.reader.refusal())) {
    const auto message = (*body)["error"]["message"].string();
    if (message) error.message += ": " + shown(*message, 200);
  }
  if (status == 401 || status == 403) {
    error.code = Code::denied;
    error.hint = "does the server in weir.toml have the right headers?";
  } else if (status == 404 || status == 405) {
    error.code = Code::not_found;
    error.hint = "is this the address of a streamable HTTP server?";
  } else if (status >= 300 && status < 400) {
    error.hint = "weir does not follow redirects: give the address itself";
  }
  return error;
}

class Session : public std::enable_shared_from_this<Session> {
 public:
  Session(net::Loop& loop, net::Client& client, HttpOptions options, LinkHandler handler)
      : loop_(loop),
        client_(client),
        options_(std::move(options)),
        handler_(std::make_shared<const LinkHandler>(std::move(handler))) {}

  void start() {
    auto url = net::parse_url(options_.url);
    if (url) {
      url_ = std::move(*url);
      return;
    }
    loop_.post([weak = weak_from_this(), why = url.error()] {
      if (const auto self = weak.lock()) self->lost(why);
    });
  }

  void send(std::string text, std::string id) {
    if (!handler_ || url_.host.empty()) return;
    Exchange exchange;
    exchange.role = role_of(text, id);
    exchange.id = std::move(id);
    exchange.counted = text.size();
    exchange.text = std::move(text);
    queued_ += exchange.counted;
    queue_.push_back(std::move(exchange));
    pump();
  }

  void send_stateless(std::string text, std::string id, wire::mcp::HeaderList fields) {
    if (!handler_ || url_.host.empty()) return;
    Exchange exchange;
    exchange.role = id.empty() ? Role::other : Role::request;
    exchange.stateless = true;
    exchange.fields = std::move(fields);
    exchange.id = std::move(id);
    exchange.counted = text.size();
    exchange.text = std::move(text);
    queued_ += exchange.counted;
    queue_.push_back(std::move(exchange));
    pump();
  }

  bool abandon(const std::string& id) {
    const auto waiting = std::find_if(queue_.begin(), queue_.end(),
                                      [&](const Exchange& each) { return each.stateless && each.id == id; });
    if (waiting != queue_.end()) {
      queued_ -= waiting->counted;
      queue_.erase(waiting);
      return true;
    }
    const auto sent = std::find_if(exchanges_.begin(), exchanges_.end(), [&](const auto& each) {
      return each.second.stateless && each.second.id == id;
    });
    if (sent == exchanges_.end()) return false;
    drop(sent->first);
    return true;
  }

  size_t queued() const { return queued_; }

  void close() {
    if (handler_ && !session_id_.empty()) client_.send_off(request("DELETE"));
    end();
  }

  // No callback any more; what is under way is cancelled.
  void end() {
    handler_ = nullptr;
    queue_.clear();
    queued_ = 0;
    blocked_ = 0;
    unblock_.cancel();
    // Each may be the one whose callback this is.
    const auto exchanges = std::move(exchanges_);
    exchanges_.clear();
  }

 private:
  Role role_of(const std::string& text, const std::string& id) {
    if (!id.empty() && initializing_) return Role::request;
    if (id.empty() && initialized_) return Role::other;
    const auto document = json::parse(text);
    const std::string_view method = document ? (*document)["method"].string_or("") : "";
    if (!id.empty() && method == "initialize") {
      initializing_ = true;
      return Role::initialize;
    }
    if (id.empty() && method == "notifications/initialized") {
      initialized_ = true;
      return Role::initialized;
    }
    return id.empty() ? Role::other : Role::request;
  }

  net::ClientRequest request(const char* method, bool stateless = false) const {
    net::ClientRequest request;
    request.method = method;
    request.url = url_;
    for (const auto& [name, value] : options_.headers) request.headers.add(name, value);
    if (stateless) return request;
    if (!session_id_.empty()) request.headers.set("Mcp-Session-Id", session_id_);
    if (!revision_.empty()) request.headers.set("MCP-Protocol-Version", revision_);
    return request;
  }

  void pump() {
    while (!queue_.empty() && blocked_ == 0) {
      const uint64_t key = ++last_key_;
      Exchange& exchange = exchanges_[key];
      exchange = std::move(queue_.front());
      queue_.pop_front();
      if (exchanges_.size() > limits::kMcpInFlightMax) {
        exchange.timer = loop_.after(0, [this, key] {
          fail(key, unavailable("too many requests to the server wait for their answers", url_.text()));
        });
        continue;
      }
      if (exchange.role != Role::request) block(key, exchange.role);
      post(key, exchange);
    }
  }

  void block(uint64_t key, Role role) {
    blocked_ = key;
    if (role == Role::initialize) return;  // all depends on its answer
    unblock_ = loop_.after(limits::kMcpNotifyMs, [this, key] { unblock(key); });
  }

  void unblock(uint64_t key) {
    if (blocked_ != key) return;
    blocked_ = 0;
    unblock_.cancel();
    pump();
  }

  void post(uint64_t key, Exchange& exchange) {
    net::ClientRequest post = request("POST", exchange.stateless);
    for (const auto& [name, value] : exchange.fields) post.headers.set(name, value);
    post.headers.set("Content-Type", "application/json");
    post.headers.set("Accept", "application/json, text/event-stream");
    post.body = std::move(exchange.text);
    // A call must not be made twice: only what is no request may be sent again on a connection that was lost.
    post.replayable = exchange.id.empty();
    exchange.useful_ms = loop_.mono_ms();
    fetch(key, exchange, std::move(post));
  }

  void get(uint64_t key, Exchange& exchange) {
    net::ClientRequest get = request("GET");
    get.headers.set("Accept", "text/event-stream");
    if (!exchange.reader.event_id().empty()) get.headers.set("Last-Event-ID", exchange.reader.event_id());
    fetch(key, exchange, std::move(get));
  }

  void fetch(uint64_t key, Exchange& exchange, net::ClientRequest request) {
    // Exchanges, and so all fetches, end before the session does.
    net::FetchHandler handler;
    handler.on_head = [this, key](int status, const net::Headers& headers) { on_head(key, status, headers); };
    handler.on_data = [this, key](std::string_view bytes) { on_data(key, bytes); };
    handler.on_end = [this, key] { on_end(key, {}); };
    handler.on_error = [this, key](Error why) { on_end(key, std::move(why)); };
    exchange.events_before = exchange.reader.events();
    exchange.replied = false;
    exchange.fetch = client_.fetch(std::move(request), std::move(handler));
  }

  void on_head(uint64_t key, int status, const net::Headers& headers) {
    const auto self = shared_from_this();
    Exchange& exchange = exchanges_.at(key);
    queued_ -= std::exchange(exchange.counted, 0);
    exchange.replied = true;
    exchange.reader.on_head(status, headers);
    if (!exchange.reader.succeeded()) return;  // the body says more
    if (exchange.role == Role::initialize) {
      session_id_ = headers.find("mcp-session-id").value_or("");
      const bool usable =
          session_id_.size() <= limits::kMcpSessionIdBytesMax &&
          std::all_of(session_id_.begin(), session_id_.end(), [](uint8_t c) { return c > 0x20 && c < 0x7f; });
      if (!usable) {
        session_id_.clear();
        return fail(key, bad_input("the server gave a session id that cannot be sent back", url_.text()));
      }
    }
    if (exchange.role == Role::initialized && options_.listen) listen();
    if (exchange.role == Role::initialized || exchange.role == Role::other) unblock(key);
  }

  void on_data(uint64_t key, std::string_view bytes) {
    const auto self = shared_from_this();
    Exchange& exchange = exchanges_.at(key);
    std::vector<std::string> messages;
    const Status read = exchange.reader.on_data(bytes, messages);
    if (exchange.reader.events() != exchange.events_before) {
      exchange.useful_ms = loop_.mono_ms();
      exchange.failures = 0;
    }
    if (!deliver(key, std::move(messages)) || read.has_value()) return;
    if (exchange.role == Role::listen) return listen_again(key, exchange);
    fail(key, read.error());
  }

  // False when the exchange is over.
  bool deliver(uint64_t key, std::vector<std::string> messages) {
    for (std::string& text : messages) {
      const auto at = exchanges_.find(key);
      if (at == exchanges_.end()) return false;
      Exchange& exchange = at->second;
      const bool answer = !exchange.id.empty() && !exchange.answered && answers(text, exchange.id);
      if (answer) take_answer(key, exchange, text);
      const auto handler = handler_;
      if (handler && handler->on_message) handler->on_message(std::move(text));
      // What waited for the answer goes after the callback has seen it.
      if (answer && handler_) unblock(key);
    }
    return exchanges_.contains(key);
  }

  void take_answer(uint64_t key, Exchange& exchange, const std::string& text) {
    exchange.answered = true;
    // The server ends the stream now; if not, weir does.
    exchange.timer = loop_.after(limits::kMcpNotifyMs, [this, key] { drop(key); });
    if (exchange.role != Role::initialize) return;
    const auto document = json::parse(text);
    const std::string_view revision =
        document ? (*document)["result"]["protocolVersion"].string_or("") : std::string_view();
    if (revision.size() <= 64 && net::is_field_value(revision)) revision_ = revision;
  }

  // The reply is whole, or `why` it is not.
  void on_end(uint64_t key, Error why) {
    const auto self = shared_from_this();
    Exchange& exchange = exchanges_.at(key);
    queued_ -= std::exchange(exchange.counted, 0);
    ReplyReader& reader = exchange.reader;
    const bool broken = !why.message.empty();
    if (!broken) {
      std::vector<std::string> messages;
      reader.on_end(messages);
      if (!deliver(key, std::move(messages))) return;
    }
    if (!broken && !exchange.stateless && !reader.succeeded() && says_no_session(reader))
      return lost({Code::not_found, "the server does not know the session any more", url_.text(), {}});
    if (exchange.role == Role::listen) {
      if (broken && !exchange.replied && options_.vital) return lost(why);
      return listen_again(key, exchange);
    }
    if (exchange.answered) return drop(key);
    if (exchange.id.empty()) return taken(key, exchange, broken ? &why : nullptr);
    // Broken before the reply began (status 0), or a resumed stream that could not be had just now.
    const bool resumed = !exchange.stateless && !reader.event_id().empty();
    const bool for_now = broken || reader.status() >= 500 || reader.form() == ReplyReader::Form::events;
    if (resumed && for_now) return resume(key, exchange, std::move(why));
    if (broken) return fail(key, std::move(why));
    if (!reader.succeeded()) return refused(key, exchange);
    fail(key, unavailable("the server's reply ended without an answer", url_.text()));
  }

  // 404 is what the protocol says. Servers made after the SDK's examples say 400, in words.
  bool says_no_session(const ReplyReader& reader) const {
    if (session_id_.empty()) return false;
    if (reader.status() == 404) return true;
    const auto is_session = [](char a, char b) { return (a | 0x20) == b; };
    constexpr std::string_view kWord = "session";
    const std::string& body = reader.refusal();
    return reader.status() == 400 &&
           std::search(body.begin(), body.end(), kWord.begin(), kWord.end(), is_session) != body.end();
  }

  // A message without an id is through, for better or worse.
  void taken(uint64_t key, Exchange& exchange, const Error* why) {
    if (why != nullptr || !exchange.reader.succeeded())
      log("a message was not taken: " + (why != nullptr ? *why : refusal_of(exchange, url_)).text());
    if (!handler_) return;
    drop(key);
    unblock(key);
  }

  // Some servers put the JSON-RPC error into an answer that is an error of HTTP too.
  void refused(uint64_t key, Exchange& exchange) {
    std::string body = exchange.reader.refusal();
    if (exchange.reader.form() != ReplyReader::Form::json || !answers(body, exchange.id))
      return fail(key, refusal_of(exchange, url_));
    if (deliver(key, {std::move(body)})) drop(key);
  }

  void resume(uint64_t key, Exchange& exchange, Error why) {
    exchange.fetch.reset();
    // A server may end its stream at will and be asked again: that is no failure, but must not go on forever.
    if (!why.message.empty() || !exchange.reader.succeeded()) ++exchange.failures;
    const bool idle = loop_.mono_ms() - exchange.useful_ms > limits::kUpstreamIdleTimeoutMs;
    if (exchange.failures > limits::kMcpResumesMax || idle) {
      if (why.message.empty())
        why = unavailable("the server's stream ended without an answer, again and again", url_.text());
      return fail(key, std::move(why));
    }
    exchange.timer = loop_.after(pause_ms(exchange, 1), [this, key] {
      const auto at = exchanges_.find(key);
      if (at != exchanges_.end()) get(key, at->second);
    });
  }

  int64_t pause_ms(const Exchange& exchange, int64_t factor) const {
    const int64_t asked = exchange.reader.retry_ms();
    const int64_t own = options_.vital && exchange.role == Role::listen && exchange.failures <= 1
                            ? limits::kMcpRetryMsMin
                            : limits::kMcpRetryMs;
    return std::clamp(asked >= 0 ? asked : own * factor, limits::kMcpRetryMsMin, limits::kMcpRetryMsMax);
  }

  void listen() {
    const uint64_t key = ++last_key_;
    Exchange& exchange = exchanges_[key];
    exchange.role = Role::listen;
    get(key, exchange);
  }

  void listen_again(uint64_t key, Exchange& exchange) {
    const ReplyReader& reader = exchange.reader;
    const bool never = (reader.status() >= 300 && reader.status() < 500) ||
                       (reader.succeeded() && reader.form() != ReplyReader::Form::events);
    if (never) {
      // 405 is how a server says that it has no such stream.
      if (reader.status() != 405) log("no stream to listen to: " + refusal_of(exchange, url_).text());
      return drop(key);
    }
    exchange.fetch.reset();
    exchange.failures = std::min(exchange.failures + 1, 6);
    exchange.timer = loop_.after(pause_ms(exchange, int64_t{1} << (exchange.failures - 1)), [this, key] {
      const auto at = exchanges_.find(key);
      if (at != exchanges_.end()) get(key, at->second);
    });
  }

  void log(const std::string& line) {
    const auto handler = handler_;
    if (handler && handler->on_log) handler->on_log(line.substr(0, limits::kMcpStderrLineBytesMax));
  }

  void drop(uint64_t key) {
    const auto at = exchanges_.find(key);
    if (at == exchanges_.end()) return;
    queued_ -= at->second.counted;
    const auto gone = exchanges_.extract(at);
  }

  void fail(uint64_t key, Error why) {
    const auto self = shared_from_this();
    const auto at = exchanges_.find(key);
    if (at == exchanges_.end()) return;
    const std::string id = at->second.answered ? std::string() : std::move(at->second.id);
    drop(key);
    const auto handler = handler_;
    if (!id.empty() && handler && handler->on_failed) handler->on_failed(id, std::move(why));
    unblock(key);
  }

  void lost(const Error& why) {
    const auto handler = handler_;
    end();
    if (handler && handler->on_closed) handler->on_closed(why);
  }

  net::Loop& loop_;
  net::Client& client_;
  const HttpOptions options_;
  std::shared_ptr<const LinkHandler> handler_;  // shared with a call under way; absent once it is over
  net::Url url_;                                // no host: not valid
  std::string session_id_, revision_;
  bool initializing_ = false, initialized_ = false;  // such a message was sent
  std::deque<Exchange> queue_;
  size_t queued_ = 0;
  uint64_t blocked_ = 0;  // the exchange that the queue waits for
  net::Timer unblock_;
  uint64_t last_key_ = 0;
  std::map<uint64_t, Exchange> exchanges_;
};

class HttpLink final : public Link {
 public:
  explicit HttpLink(std::shared_ptr<Session> session) : session_(std::move(session)) { session_->start(); }
  ~HttpLink() override { session_->end(); }
  void send(std::string text, std::string id) override { session_->send(std::move(text), std::move(id)); }
  void send_stateless(std::string text, std::string id, const wire::mcp::HeaderList& headers) override {
    session_->send_stateless(std::move(text), std::move(id), headers);
  }
  bool abandon(const std::string& id) override { return session_->abandon(id); }
  size_t queued() const override { return session_->queued(); }
  void close() override { session_->close(); }

 private:
  std::shared_ptr<Session> session_;  // shared with its calls under way
};

}  // namespace

std::unique_ptr<Link> open_http(net::Loop& loop, net::Client& client, HttpOptions options,
                                LinkHandler handler) {
  return std::make_unique<HttpLink>(
      std::make_shared<Session>(loop, client, std::move(options), std::move(handler)));
}

}  // namespace weir::gateway::mcp
