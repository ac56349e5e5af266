#include "wire/gemini_array.h"

#include <cassert>

namespace weir::wire {

std::string GeminiArray::feed(std::string_view bytes) {
  std::vector<SseEvent> events;
  const Status fed = parser_.feed(bytes, events);
  assert(fed.has_value());
  std::string out;
  for (const SseEvent& event : events) {
    if (!event.has_data || event.data.empty()) {
      out += ' ';
      continue;
    }
    out += open_ ? ",\r\n" : "[";
    open_ = true;
    out += event.data;
  }
  return out;
}

std::string GeminiArray::end() {
  return open_ ? "]" : "[]";
}

}  // namespace weir::wire
