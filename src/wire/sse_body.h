// The body of an upstream's reply that comes as events. For the files of this folder.
#pragma once

#include <deque>
#include <string_view>

#include "base/error.h"
#include "wire/sse.h"

namespace weir::wire {

// Keeps the events that came until they are asked for: what holds a call must not look at what follows it.
class SseBody {
 public:
  // Errors: too_large, past kHttpResponseBytesMax; and SseParser's.
  Status feed(std::string_view bytes);
  // The body's end. Some servers leave out the last blank line.
  Status end();
  // Nothing is left and nothing more will come.
  bool ended() const { return ended_ && events_.empty(); }
  bool empty() const { return events_.empty(); }
  // Of a body that is not empty.
  SseEvent next();

 private:
  Status parse(std::string_view bytes);

  SseParser parser_;
  std::deque<SseEvent> events_;
  size_t bytes_ = 0;
  bool ended_ = false;
};

}  // namespace weir::wire
