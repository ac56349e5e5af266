#include "wire/sse_body.h"

#include "wire/whole_body.h"

namespace weir::wire {

Status SseBody::feed(std::string_view bytes) {
  bytes_ += bytes.size();
  WEIR_TRY(check_reply_bytes(bytes_));
  return parse(bytes);
}

Status SseBody::end() {
  ended_ = true;
  const bool rest = parser_.rest().find_first_not_of(" \r\n") != std::string_view::npos;
  return parse(rest ? "\n\n" : "");
}

SseEvent SseBody::next() {
  SseEvent event = std::move(events_.front());
  events_.pop_front();
  return event;
}

Status SseBody::parse(std::string_view bytes) {
  std::vector<SseEvent> events;
  WEIR_TRY(parser_.feed(bytes, events));
  for (SseEvent& event : events) events_.push_back(std::move(event));
  return {};
}

}  // namespace weir::wire
