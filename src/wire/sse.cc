#include "wire/sse.h"

#include <fmt/format.h>

namespace weir::wire {
namespace {

// Length of the line end at `at` (CR LF, LF or CR), or 0. A CR as the last byte may be half of a CR LF.
size_t line_end(std::string_view text, size_t at) {
  if (text[at] == '\n') return 1;
  if (text[at] != '\r') return 0;
  return at + 1 < text.size() && text[at + 1] == '\n' ? 2 : 1;
}

SseEvent read_event(std::string_view raw) {
  SseEvent event;
  event.raw = raw;
  bool any_data = false;
  size_t at = raw.starts_with("\xEF\xBB\xBF") ? 3 : 0;
  while (at < raw.size()) {
    const size_t end = std::min(raw.find_first_of("\r\n", at), raw.size());
    const std::string_view line = raw.substr(at, end - at);
    at = end < raw.size() ? end + line_end(raw, end) : end;
    const size_t colon = std::min(line.find(':'), line.size());
    const std::string_view field = line.substr(0, colon);
    std::string_view value = colon < line.size() ? line.substr(colon + 1) : std::string_view();
    if (value.starts_with(' ')) value.remove_prefix(1);
    if (field == "event") event.name = value;
    if (field == "data") {
      if (any_data) event.data += '\n';
      event.data += value;
      any_data = true;
    }
  }
  return event;
}

}  // namespace

Status SseParser::feed(std::string_view bytes, std::vector<SseEvent>& out) {
  pending_ += bytes;
  size_t begin = 0;
  size_t at = scanned_;
  while (at < pending_.size()) {
    const size_t end = pending_.find_first_of("\r\n", at);
    if (end == std::string::npos) {
      at = pending_.size();
      break;
    }
    const size_t first = line_end(pending_, end);
    // A lone CR at the end of what came: its LF may follow.
    const bool unsure = pending_[end] == '\r' && end + 1 == pending_.size();
    if (unsure) {
      at = end;
      break;
    }
    const bool blank = end == begin || (end > 0 && (pending_[end - 1] == '\n' || pending_[end - 1] == '\r'));
    at = end + first;
    if (!blank) continue;
    out.push_back(read_event(std::string_view(pending_).substr(begin, at - begin)));
    begin = at;
  }
  pending_.erase(0, begin);
  scanned_ = at - begin;
  if (pending_.size() > limits::kSseEventBytesMax) {
    return too_large(
        fmt::format("one event of the stream has more than {} bytes", limits::kSseEventBytesMax));
  }
  return {};
}

}  // namespace weir::wire
