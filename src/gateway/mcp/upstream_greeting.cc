// How a server is greeted, and by that which era it is of (MCP 2026-07-28, Versioning, "Backward
// Compatibility" of each transport).
#include <fmt/format.h>

#include <algorithm>

#include "base/bytes.h"
#include "base/limits.h"
#include "gateway/mcp/upstream.h"

namespace weir::gateway::mcp {
namespace {

namespace code = wire::mcp::code;

// A server that does not know the question may say nothing. One that only starts slowly answers later, and is
// believed then too.
constexpr int64_t kDiscoverMs = 4'000;
constexpr int kDiscoversMax = 2;
constexpr int64_t kListenAgainMs = 1'000;

bool lists(json::Value versions, std::string_view revision) {
  for (const json::Value each : versions.elements()) {
    if (each.string_or("") == revision) return true;
  }
  return false;
}

}  // namespace

Greeting greeting_for(std::string_view capabilities) {
  const std::string info = R"({"name":"weir","version":"0.1.0"})";
  json::Writer writer;
  writer.begin_object().field("protocolVersion", wire::mcp::newest_revision());
  writer.key("capabilities").raw(capabilities).key("clientInfo").raw(info);
  return {writer.end_object().take(), {info, std::string(capabilities), {}}};
}

void Upstream::greet() {
  handshake_ = loop_.after(limits::kMcpHandshakeMs, [this] {
    shaken_hands(Error{Code::timed_out, "it did not answer `initialize` in time", {}, {}});
  });
  discovers_ = 0;
  discovered_.reset();
  const auto known = eras_.find(server_.name);
  if (known != eras_.end() && known->second == Era::handshake) return initialize();
  discover();
}

void Upstream::discover() {
  ++discovers_;
  discover_id_ = next_id_++;
  const std::string id = std::to_string(discover_id_);
  const std::string params = wire::mcp::with_sender({}, greeting_.sender);
  link_->send_stateless(wire::mcp::request(id, "server/discover", params), id,
                        wire::mcp::standard_headers(wire::mcp::kStatelessRevision, "server/discover", {}));
  probe_ = loop_.after(kDiscoverMs, [this] {
    if (hello_id_ == 0) initialize();
  });
}

void Upstream::initialize() {
  probe_.cancel();
  hello_id_ = next_id_++;
  const std::string id = std::to_string(hello_id_);
  link_->send(wire::mcp::request(id, "initialize", greeting_.initialize), id);
}

// Whatever is no answer of this era says that the server is of an earlier one.
void Upstream::discovered(Result<Message> answer) {
  discover_id_ = 0;
  if (answer && answer->kind == wire::mcp::Kind::error &&
      answer->error()["code"].integer() == code::kUnsupportedRevision) {
    const json::Value supported = answer->error()["data"]["supported"];
    if (lists(supported, wire::mcp::kStatelessRevision) && discovers_ < kDiscoversMax) return discover();
    bool known = false;
    for (const json::Value each : supported.elements())
      known = known || wire::mcp::is_known_revision(each.string_or(""));
    if (!known) return lost(Error{Code::unsupported, "it speaks no revision of MCP that weir does", {}, {}});
  }
  const bool stateless = answer && answer->kind == wire::mcp::Kind::result &&
                         lists(answer->result()["supportedVersions"], wire::mcp::kStatelessRevision);
  if (stateless && hello_id_ == 0) return ready(Era::stateless, std::move(*answer));
  // `initialize` is under way: a server of both eras may have taken it already.
  if (stateless) discovered_ = std::make_unique<Message>(std::move(*answer));
  if (hello_id_ == 0) initialize();
}

void Upstream::shaken_hands(Result<Message> answer) {
  hello_id_ = 0;
  const bool welcome = answer && answer->kind == wire::mcp::Kind::result;
  if (!welcome && discovered_) return ready(Era::stateless, std::move(*std::exchange(discovered_, nullptr)));
  eras_.erase(server_.name);  // whatever it was, it is no more
  if (!answer) return lost(answer.error());
  if (!welcome)
    return lost(unavailable("it refused: " + shown(answer->error()["message"].string_or(""), 200)));
  const std::string_view revision = answer->result()["protocolVersion"].string_or("");
  if (!wire::mcp::is_known_revision(revision)) {
    return lost(Error{Code::unsupported,
                      fmt::format("it speaks revision \"{}\", which weir does not", shown(revision)),
                      {},
                      {}});
  }
  ready(Era::handshake, std::move(*answer));
}

void Upstream::ready(Era era, Message hello) {
  handshake_.cancel();
  probe_.cancel();
  discovered_.reset();
  discover_id_ = 0;
  eras_[server_.name] = era_ = era;
  hello_ = std::move(hello);
  state_ = State::ready;
  trouble_.clear();
  ready_since_ms_ = loop_.mono_ms();
  if (era == Era::handshake) link_->send(wire::mcp::notification("notifications/initialized", {}), {});
  const std::weak_ptr<bool> alive = alive_;
  if (handler_.on_ready) handler_.on_ready();
  if (alive.expired() || state_ != State::ready) return;
  send_pending();
  if (!alive.expired() && state_ == State::ready && listen_id_ == 0) listen_now();
}

void Upstream::listen(std::string notifications) {
  if (listen_ == notifications) return;
  listen_ = std::move(notifications);
  if (state_ == State::ready) listen_now();
}

// The new subscription begins before the old one ends, so that nothing falls between them.
void Upstream::listen_now() {
  if (!stateless()) return;
  listen_again_.cancel();
  const uint64_t old = std::exchange(listen_id_, 0);
  if (!listen_.empty()) {
    listen_id_ = request("subscriptions/listen", "{\"notifications\":" + listen_ + "}", limits::kMcpCallMs,
                         [this](const Result<Message>&) {
                           listen_id_ = 0;
                           listen_again_ = loop_.after(kListenAgainMs, [this] {
                             if (state_ == State::ready && listen_id_ == 0) listen_now();
                           });
                         });
  }
  if (old != 0) cancel(old, "another subscription takes its place");
}

// The answer as the earlier eras would have it; one that is not complete stays as it is, for those who know.
Result<Message> Upstream::normal(const Pending& pending, Message answer) const {
  if (answer.kind != wire::mcp::Kind::result) return answer;
  const std::string_view type = answer.result()["resultType"].string_or("");
  const bool may_ask =
      pending.method == "tools/call" || pending.method == "prompts/get" || pending.method == "resources/read";
  if (type == "input_required" && may_ask) return answer;
  if (type == "task" && pending.method == "tools/call") return answer;
  // A list's hints are for the catalogue; a task has members of these names.
  const bool drop_hints = !pending.method.ends_with("/list") && !pending.method.starts_with("tasks/");
  const auto odd = [&](const Error& error) {
    return Error{
        Code::internal,
        fmt::format("the MCP server \"{}\" answered with what is no result: {}", server_.name, error.text()),
        {},
        {}};
  };
  auto text = wire::mcp::plain_result(answer, drop_hints);
  if (!text) return odd(text.error());
  if (*text == answer.text()) return answer;
  auto messages = wire::mcp::parse(std::move(*text), false);
  if (!messages) return odd(messages.error());
  return std::move(messages->front());
}

}  // namespace weir::gateway::mcp
