#include "gateway/mcp/stateless_reply.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/limits.h"
#include "wire/splice.h"

namespace weir::gateway::mcp {
namespace {

namespace code = wire::mcp::code;

constexpr std::string_view kWeirInfo = R"({"name":"weir","version":"0.1.0"})";

bool takes(const net::Headers& headers, std::string_view type) {
  const auto accept = headers.find("accept");
  if (!accept) return true;
  return accept->find(type) != std::string_view::npos || accept->find("*/*") != std::string_view::npos;
}

// An error's code as this era has it.
int64_t code_here(int64_t error_code) {
  constexpr int64_t kUrlElicitation = -32042;  // 2025-11-25 only
  if (error_code == code::kResourceNotFound) return code::kInvalidParams;
  if (error_code == code::kServerGone || error_code == kUrlElicitation) return code::kInternal;
  return error_code;
}

}  // namespace

int http_status_of(int error_code, int otherwise) {
  switch (error_code) {
    case code::kMethodNotFound:
      return 404;
    case code::kHeaderMismatch:
    case code::kMissingCapability:
    case code::kUnsupportedRevision:
      return 400;
    default:
      return otherwise;
  }
}

StatelessReply::StatelessReply(net::Loop& loop, std::shared_ptr<net::ServerCall> call,
                               const wire::mcp::Message& request)
    : loop_(loop),
      call_(std::move(call)),
      id_(request.id),
      method_(request.method),
      json_(takes(call_->headers(), "application/json")),
      events_(takes(call_->headers(), "text/event-stream")) {
  keep_alive_ = loop_.after(limits::kMcpQuietMs, [this] { keep_alive(); });
}

void StatelessReply::on_gone(std::function<void()> function) {
  gone_ = std::move(function);
  if (call_ == nullptr) return;
  call_->on_closed([weak = weak_from_this()] {
    const auto self = weak.lock();
    if (!self) return;
    self->call_ = nullptr;
    self->keep_alive_.cancel();
    if (self->gone_) self->loop_.post(std::exchange(self->gone_, nullptr));
  });
}

void StatelessReply::tell(const wire::mcp::Message& notification) {
  if (method_ != "subscriptions/listen") return event(std::string(notification.text()));
  event(wire::mcp::with_subscription(notification.method, notification.params().raw(), id_));
}

void StatelessReply::answer(const wire::mcp::Message& answer) {
  if (call_ == nullptr || call_->closed()) return drop();
  int status = 200;
  wire::Splices splices;
  splices.replace(answer.document["id"], id_);
  std::string text;
  if (answer.kind == wire::mcp::Kind::error) {
    const int64_t error_code = code_here(answer.error()["code"].integer().value_or(code::kInternal));
    status = http_status_of(static_cast<int>(error_code), 200);
    splices.replace(answer.error()["code"], std::to_string(error_code));
    text = splices.apply(answer.text());
  } else {
    const wire::mcp::Freshness stale;
    const bool read = method_ == "resources/read" && !answer.result()["resultType"].exists();
    auto renamed = wire::mcp::parse(splices.apply(answer.text()), false);
    text = renamed ? wire::mcp::stateless_answer(renamed->front(), kWeirInfo, read ? &stale : nullptr)
                   : wire::mcp::error(id_, code::kInternal, "weir cannot read its own answer");
  }
  if (!call_->started() && json_) {
    gone_ = nullptr;
    call_->respond(status, {{"content-type", "application/json"}}, std::move(text));
    call_ = nullptr;
    keep_alive_.cancel();
    return;
  }
  event(std::move(text));
  finish();
}

void StatelessReply::drop() {
  gone_ = nullptr;
  keep_alive_.cancel();
  if (call_ == nullptr) return;
  if (call_->started()) {
    call_->finish();
  } else if (!call_->closed()) {
    call_->respond(202, {}, {});
  }
  call_ = nullptr;
}

bool StatelessReply::open_stream() {
  if (call_ == nullptr || call_->closed() || !events_) return false;
  if (!call_->started()) {
    call_->start(200, {{"content-type", "text/event-stream"},
                       {"cache-control", "no-cache, no-transform"},
                       {"x-accel-buffering", "no"}});
  }
  return true;
}

void StatelessReply::event(std::string text) {
  if (!open_stream()) return;
  // Line ends can only be white space between JSON's tokens here; in an event they would end the line.
  std::replace_if(text.begin(), text.end(), [](char c) { return c == '\n' || c == '\r'; }, ' ');
  if (call_->write(fmt::format("event: message\ndata: {}\n\n", text))) return;
  // A client that does not read loses its request.
  call_->abort();
  call_ = nullptr;
  keep_alive_.cancel();
  if (gone_) loop_.post(std::exchange(gone_, nullptr));
}

void StatelessReply::keep_alive() {
  if (open_stream()) call_->write(": weir\n\n");
  if (call_ != nullptr) keep_alive_ = loop_.after(limits::kMcpQuietMs, [this] { keep_alive(); });
}

void StatelessReply::finish() {
  gone_ = nullptr;
  keep_alive_.cancel();
  if (call_ != nullptr) call_->finish();
  call_ = nullptr;
}

}  // namespace weir::gateway::mcp
