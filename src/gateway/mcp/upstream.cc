#include "gateway/mcp/upstream.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/bytes.h"
#include "base/limits.h"

namespace weir::gateway::mcp {
namespace {

constexpr size_t kReachedMax = 256;    // hosts that are remembered
constexpr int64_t kStableMs = 30'000;  // of a link that lived so long, the next loss is the first again

// Our ids are plain numbers; nothing else is an answer to us.
uint64_t parse_id(std::string_view id) {
  uint64_t number = 0;
  const auto [at, error] = std::from_chars(id.data(), id.data() + id.size(), number);
  return error == std::errc() && at == id.data() + id.size() ? number : 0;
}

Error gone(std::string_view server, std::string_view why) {
  return unavailable(fmt::format("the MCP server \"{}\" is not there: {}", server, why), {},
                     "the call may be made again; `weir status` shows the servers");
}

}  // namespace

Upstream::Upstream(net::Loop& loop, const config::Server& server, Dial dial, Greeting greeting, Eras& eras,
                   UpstreamHandler handler)
    : loop_(loop),
      server_(server),
      dial_(std::move(dial)),
      greeting_(std::move(greeting)),
      eras_(eras),
      handler_(std::move(handler)) {}

Upstream::~Upstream() {
  close();
}

void Upstream::start() {
  if (!link_ && !retry_.waiting()) open();
}

void Upstream::open() {
  state_ = State::starting;
  const auto on = [this, alive = std::weak_ptr<bool>(alive_)](auto&& act) {
    if (!alive.expired()) act(*this);
  };
  LinkHandler handler;
  handler.on_message = [on](std::string text) {
    on([&](Upstream& self) { self.on_message(std::move(text)); });
  };
  handler.on_failed = [on](const std::string& id, Error error) {
    on([&](Upstream& self) { self.on_failed(parse_id(id), std::move(error)); });
  };
  handler.on_closed = [on](const Error& why) { on([&](Upstream& self) { self.lost(why); }); };
  handler.on_log = [on](std::string_view line) {
    on([&](Upstream& self) {
      if (self.handler_.on_log) self.handler_.on_log(line);
    });
  };
  handler.on_reached = [on](const std::string& principal) {
    on([&](Upstream& self) {
      if (self.reached_.size() < kReachedMax) self.reached_.insert(principal);
    });
  };
  auto link = dial_(server_, std::move(handler));
  if (!link) {
    // Not from within: who asked expects its answer later.
    handshake_ = loop_.after(0, [this, error = link.error()] { lost(error); });
    return;
  }
  link_ = std::move(*link);
  odd_ = 0;
  greet();
}

void Upstream::on_failed(uint64_t id, Error error) {
  if (id != 0 && id == hello_id_) return shaken_hands(std::move(error));
  if (id != 0 && id == discover_id_) return discovered(std::move(error));
  const auto at = pending_.find(id);
  if (at == pending_.end()) return;
  const Done done = std::move(at->second.done);
  pending_.erase(at);
  done(std::move(error));
}

void Upstream::on_message(std::string text) {
  const size_t first = text.find_first_not_of(" \t\r\n");
  const bool meant_as_message = first != std::string::npos && (text[first] == '{' || text[first] == '[');
  auto messages = wire::mcp::parse(std::move(text), true);
  const std::weak_ptr<bool> alive = alive_;
  if (!messages) {
    // It may have been any of the answers that are waited for; what a program prints by the way is none.
    if (meant_as_message && state_ == State::ready)
      fail_all(bad_input(fmt::format("the MCP server \"{}\" sent what is no message: {}", server_.name,
                                     messages.error().text())));
    if (!alive.expired()) odd(messages.error().text());
    return;
  }
  for (Message& message : *messages) {
    switch (message.kind) {
      case wire::mcp::Kind::request:
        if (state_ == State::ready && stateless()) {
          odd("a request, which its revision of MCP has not");
        } else if (message.method == "ping") {
          link_->send(wire::mcp::result(message.id, "{}"), {});
        } else if (handler_.on_request) {
          handler_.on_request(std::move(message));
        }
        break;
      case wire::mcp::Kind::notification:
        if (handler_.on_notification) handler_.on_notification(std::move(message));
        break;
      case wire::mcp::Kind::result:
      case wire::mcp::Kind::error:
        on_answer(std::move(message));
        break;
    }
    if (alive.expired() || !link_) return;
  }
}

void Upstream::on_answer(Message message) {
  const uint64_t id = parse_id(message.id);
  if (id != 0 && id == hello_id_) return shaken_hands(std::move(message));
  if (id != 0 && id == discover_id_) return discovered(std::move(message));
  const auto at = pending_.find(id);
  if (at == pending_.end() || !at->second.sent) {
    // A late answer to what was cancelled is in order; so is one error that answers nothing.
    if (id == 0 || id >= next_id_) odd("an answer to nothing");
    return;
  }
  const Pending pending = std::move(at->second);
  pending_.erase(at);
  pending.done(stateless() ? normal(pending, std::move(message)) : std::move(message));
}

void Upstream::odd(std::string_view what) {
  if (handler_.on_log) handler_.on_log(fmt::format("sent what is no message: {}", shown(what, 200)));
  if (++odd_ > limits::kMcpOddMessagesMax) lost(bad_input("it sends what are no messages"));
}

uint64_t Upstream::request(std::string_view method, std::string_view params, int64_t timeout_ms, Done done,
                           RequestExtras extras) {
  const uint64_t id = next_id_++;
  Pending& pending = pending_[id];
  pending.method = method;
  pending.params = params;
  pending.done = std::move(done);
  pending.extras = std::move(extras);
  pending.timeout = loop_.after(timeout_ms, [this, id] {
    const auto at = pending_.find(id);
    if (at == pending_.end()) return;
    const Done late = std::move(at->second.done);
    cancel(id, "timed out");
    late(Error{
        Code::timed_out, fmt::format("the MCP server \"{}\" did not answer in time", server_.name), {}, {}});
  });
  start();
  if (state_ == State::ready) send_pending();
  return id;
}

void Upstream::send_pending() {
  for (auto& [id, pending] : pending_) {
    if (pending.sent) continue;
    pending.sent = true;
    if (link_->queued() > limits::kMcpQueueBytesMax) {
      pending.timeout = loop_.after(0, [this, id = id] {
        const auto at = pending_.find(id);
        if (at == pending_.end()) return;
        const Done done = std::move(at->second.done);
        pending_.erase(at);
        done(unavailable(fmt::format("the MCP server \"{}\" reads too slowly", server_.name)));
      });
      continue;
    }
    send(id, pending);
  }
}

void Upstream::send(uint64_t id, Pending& pending) {
  const std::string text = std::to_string(id);
  const std::string params = std::exchange(pending.params, {});
  if (!stateless())
    return link_->send(wire::mcp::request(text, pending.method, wire::mcp::without_sender(params)), text);
  wire::mcp::Sender sender = greeting_.sender;
  sender.log_level = pending.extras.log_level;
  const std::string full = wire::mcp::with_sender(params, sender);
  wire::mcp::HeaderList headers;
  if (!server_.url.empty()) {
    const auto document = json::parse(full);
    headers = wire::mcp::standard_headers(wire::mcp::kStatelessRevision, pending.method,
                                          document ? document->root() : json::Value());
    headers.insert(headers.end(), pending.extras.headers.begin(), pending.extras.headers.end());
  }
  link_->send_stateless(wire::mcp::request(text, pending.method, full), text, headers);
}

void Upstream::cancel(uint64_t id, std::string_view reason) {
  const auto at = pending_.find(id);
  if (at == pending_.end()) return;
  const bool sent = at->second.sent;
  pending_.erase(at);
  if (!sent || state_ != State::ready || (stateless() && link_->abandon(std::to_string(id)))) return;
  json::Writer writer;
  writer.begin_object().key("requestId").raw(std::to_string(id)).field("reason", reason).end_object();
  if (link_->queued() <= limits::kMcpQueueBytesMax)
    link_->send(wire::mcp::notification("notifications/cancelled", writer.take()), {});
}

void Upstream::notify(std::string_view method, std::string_view params) {
  if (state_ == State::ready && !stateless() && link_->queued() <= limits::kMcpQueueBytesMax)
    link_->send(wire::mcp::notification(method, params), {});
}

void Upstream::answer(std::string text) {
  if (state_ == State::ready && !stateless()) link_->send(std::move(text), {});
}

// The link is over, or never was one.
void Upstream::lost(const Error& why) {
  handshake_.cancel();
  probe_.cancel();
  listen_again_.cancel();
  // Some end at a question that they do not know, and are greeted the old way the next time.
  if (hello_id_ != 0) eras_.erase(server_.name);
  if (discover_id_ != 0 && hello_id_ == 0) eras_[server_.name] = Era::handshake;
  hello_id_ = discover_id_ = listen_id_ = 0;
  if (link_) {
    link_->close();
    // Not destroyed here: this may be one of its own callbacks.
    loop_.post([link = std::shared_ptr<Link>(std::move(link_))] {});
  }
  const bool was_ready = state_ == State::ready;
  const bool stable = was_ready && loop_.mono_ms() - ready_since_ms_ >= kStableMs;
  failures_ = stable ? 1 : failures_ + 1;
  trouble_ = why.text();
  state_ = State::waiting;
  // A session that the server forgot, or the first loss: at once. Then 1 s, 2 s, … a minute.
  const bool at_once = was_ready && (failures_ == 1 || why.code == Code::not_found);
  const int64_t wait = at_once ? 0 : int64_t{500} << std::min(failures_, 7);
  retry_ = loop_.after(std::min<int64_t>(wait, 60'000), [this] { open(); });
  fail_all(gone(server_.name, trouble_));
}

void Upstream::fail_all(const Error& why) {
  std::vector<Done> dones;
  for (auto& [id, pending] : pending_) dones.push_back(std::move(pending.done));
  pending_.clear();
  const std::weak_ptr<bool> alive = alive_;
  for (const Done& done : dones) {
    if (alive.expired()) return;
    done(why);
  }
}

void Upstream::close() {
  alive_.reset();
  pending_.clear();
  retry_.cancel();
  handshake_.cancel();
  probe_.cancel();
  listen_again_.cancel();
  if (!link_) return;
  link_->close();
  loop_.post([link = std::shared_ptr<Link>(std::move(link_))] {});
}

}  // namespace weir::gateway::mcp
