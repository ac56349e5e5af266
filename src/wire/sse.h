// Server-sent events (WHATWG HTML, section 9.2 "Server-sent events"), as they arrive.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/limits.h"

namespace weir::wire {

struct SseEvent {
  std::string name;  // of the "event" field; empty when there is none
  std::string data;  // "data" lines joined by line feeds
  std::string raw;   // the event's bytes as they came, its closing blank line included
  bool has_data = false;
};

// What an event says besides its data (same section, "event stream interpretation").
struct SseMarks {
  std::optional<std::string> id;    // of the last "id" field without a NUL; empty takes an earlier one back
  std::optional<int64_t> retry_ms;  // of the last "retry" field of digits only that fits
};
SseMarks marks_of(const SseEvent& event);

// Cuts a stream into events, whatever pieces it comes in. Comments, `id` and `retry` stay in `raw`. A block
// of comments only is an event without data.
//
// Stricter than the standard where clients disagree, because what one of them takes for an event must not be
// a comment to weir: a line that ends in a lone CR, a line that is neither a comment nor one of the four
// fields, and a byte order mark other than at the start are refused.
class SseParser {
 public:
  explicit SseParser(size_t event_bytes_max = limits::kSseEventBytesMax)
      : event_bytes_max_(event_bytes_max) {}

  // Appends to `out`. Errors: too_large, when one event has more than event_bytes_max bytes; unavailable,
  // for what is refused.
  Status feed(std::string_view bytes, std::vector<SseEvent>& out);
  // What came of an event whose end never came.
  std::string_view rest() const { return pending_; }

 private:
  size_t event_bytes_max_;
  std::string pending_;
  size_t scanned_ = 0;  // of pending_: no event ends before here
  bool first_ = true;   // no event yet
};

}  // namespace weir::wire
