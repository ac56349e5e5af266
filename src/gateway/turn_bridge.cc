// Turn, where client and upstream speak different dialects.
#include "gateway/turn.h"

namespace weir::gateway {

// To the upstream's dialect, where that is another than the client's.
bool Turn::cross_over() {
  if (upstream_->dialect == dialect_) return true;
  const config::Config& config = *config_;
  auto bridge = Bridge::begin(*parsed_, *upstream_, path_, gateway_.random(), gateway_.now());
  if (!bridge) {
    refuse(bridge.error());
    return false;
  }
  auto parsed = wire::parse_request(upstream_->dialect, (*bridge)->take_body(),
                                    {.unknown_items_untrusted = config.unknown_items_untrusted,
                                     .strip_hosted_tools = config.strip_hosted_tools,
                                     .path = (*bridge)->path()});
  if (!parsed) {
    refuse(parsed.error());
    return false;
  }
  parsed_ = std::move(*parsed);
  path_ = (*bridge)->path();
  bridge_ = std::move(*bridge);
  return true;
}

// For a question of weir's own to the upstream.
net::Headers Turn::asking_headers() const {
  net::Headers headers = call_->headers();
  if (bridge_) bridge_->change_request(headers);
  return headers;
}

// What the client will send back, as it will come to the upstream.
std::vector<exchange::Message> Turn::messages_for_client() const {
  std::vector<exchange::Message> messages = reply_->client_messages();
  if (!bridge_ || messages.empty()) return messages;
  // What cannot be told is as if weir had not seen it: the worse label.
  if (auto back = bridge_->sent_back()) messages.front() = std::move(*back);
  return messages;
}

// Whether the upstream must see another message than what comes back: one of which the client did not get
// all, or which has thoughts or an order of parts that the client's API has no place for.
bool Turn::worth_keeping(const exchange::Message& sent_back) const {
  if (!bridge_ || sealing() || withheld_any_) return true;
  const exchange::Message& own = reply_->client_messages().front();
  const bool thought = std::any_of(own.parts.begin(), own.parts.end(), [](const exchange::Part& part) {
    return std::holds_alternative<exchange::Thinking>(part);
  });
  return thought || exchange::message_digest(own) != exchange::message_digest(sent_back);
}

}  // namespace weir::gateway
