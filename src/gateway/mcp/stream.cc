#include "gateway/mcp/stream.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/limits.h"

namespace weir::gateway::mcp {

bool Stream::parse_event_id(std::string_view text, std::string& stream, uint64_t& number) {
  const size_t dash = text.rfind('-');
  if (dash == std::string_view::npos) return false;
  const std::string_view digits = text.substr(dash + 1);
  const auto [at, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (error != std::errc() || at != digits.data() + digits.size() || digits.empty()) return false;
  stream = text.substr(0, dash);
  return true;
}

void Stream::attach(std::shared_ptr<net::ServerCall> call, bool json, bool events) {
  call_ = std::move(call);
  json_ = json;
  events_ = events;
  call_->on_closed([weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->call_ = nullptr;
  });
  keep_alive_ = loop_.after(limits::kMcpQuietMs, [this] { keep_alive(); });
}

void Stream::attach_listener(std::shared_ptr<net::ServerCall> call, uint64_t last) {
  if (connected()) call_->abort();
  started_ = false;
  listener_ = owed_.empty() && !complete_;
  attach(std::move(call), false, true);
  start_events();
  for (const Event& event : kept_) {
    if (event.number > last) write_event(event.number, event.text);
  }
  if (complete_) finish();
}

void Stream::send(std::string text, const std::string& about, bool answer) {
  if (answer) owed_.erase(about);
  complete_ = answer && owed_.empty() && !listener_;
  if (text.empty()) {
    if (!complete_) return;
    if (!started_ && connected()) call_->respond(202, {}, {});
    return finish();
  }
  if (complete_ && !started_ && json_ && kept_.empty()) {
    if (connected())
      call_->respond(200, {{"content-type", "application/json"}, {"mcp-session-id", session_id_}},
                     std::move(text));
    call_ = nullptr;
    return;
  }
  // Line ends can only be white space between JSON's tokens here; in an event they would end the line.
  std::replace_if(text.begin(), text.end(), [](char c) { return c == '\n' || c == '\r'; }, ' ');
  if (!started_) start_events();
  write_event(next_, text);
  kept_bytes_ += text.size();
  kept_.push_back({next_++, std::move(text)});
  while (kept_bytes_ > limits::kMcpKeptBytesMax || kept_.size() > limits::kMcpKeptEventsMax) {
    kept_bytes_ -= kept_.front().text.size();
    kept_.pop_front();
  }
  if (complete_) finish();
}

void Stream::start_events() {
  if (!connected() || !events_) return;
  started_ = true;
  call_->start(200, {{"content-type", "text/event-stream"},
                     {"cache-control", "no-cache, no-transform"},
                     {"mcp-session-id", session_id_}});
  if (prime_) call_->write(fmt::format("id: {}-{}\ndata:\n\n", id_, next_ - 1));
}

void Stream::write_event(uint64_t number, std::string_view text) {
  if (!connected() || !started_) return;
  // A client that does not read loses the connection, and may come back for what is kept.
  if (!call_->write(fmt::format("id: {}-{}\nevent: message\ndata: {}\n\n", id_, number, text))) {
    call_->abort();
    call_ = nullptr;
  }
}

void Stream::keep_alive() {
  if (!connected() || complete_) return;
  if (!started_) start_events();
  if (started_) call_->write(": weir\n\n");
  keep_alive_ = loop_.after(limits::kMcpQuietMs, [this] { keep_alive(); });
}

void Stream::finish() {
  keep_alive_.cancel();
  if (connected()) call_->finish();
  call_ = nullptr;
}

}  // namespace weir::gateway::mcp
