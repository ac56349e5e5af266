// A stream of the Gemini API as a client gets it that did not ask for events: one JSON list, an element each.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "wire/sse.h"

namespace weir::wire {

class GeminiArray {
 public:
  // Bytes of an event stream of weir's own making. What is no event becomes white space.
  std::string feed(std::string_view events);
  std::string end();

 private:
  SseParser parser_;
  bool open_ = false;
};

}  // namespace weir::wire
