#include "wire/sse.h"

#include <fmt/format.h>

#include <charconv>

namespace weir::wire {
namespace {

Error odd(std::string_view what) {
  return unavailable(fmt::format("the upstream's stream has {}", what));
}

Status read_event(std::string_view raw, bool first, SseEvent& event) {
  event.raw = raw;
  size_t at = first && raw.starts_with("\xEF\xBB\xBF") ? 3 : 0;
  while (at < raw.size()) {
    const size_t end = std::min(raw.find('\n', at), raw.size());
    std::string_view line = raw.substr(at, end - at);
    at = end + 1;
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.find('\r') != std::string_view::npos) return odd("a line that ends in a lone carriage return");
    const size_t colon = std::min(line.find(':'), line.size());
    const std::string_view field = line.substr(0, colon);
    std::string_view value = colon < line.size() ? line.substr(colon + 1) : std::string_view();
    if (value.starts_with(' ')) value.remove_prefix(1);
    if (field == "event") {
      event.name = value;
    } else if (field == "data") {
      if (event.has_data) event.data += '\n';
      event.data += value;
      event.has_data = true;
    } else if (!line.empty() && !field.empty() && field != "id" && field != "retry") {
      return odd("a line that is no field of an event stream");
    }
  }
  return {};
}

}  // namespace

SseMarks marks_of(const SseEvent& event) {
  SseMarks marks;
  const std::string_view raw = event.raw;
  for (size_t at = raw.starts_with("\xEF\xBB\xBF") ? 3 : 0; at < raw.size();) {
    const size_t end = std::min(raw.find('\n', at), raw.size());
    std::string_view line = raw.substr(at, end - at);
    at = end + 1;
    if (line.ends_with('\r')) line.remove_suffix(1);
    const size_t colon = std::min(line.find(':'), line.size());
    const std::string_view field = line.substr(0, colon);
    std::string_view value = colon < line.size() ? line.substr(colon + 1) : std::string_view();
    if (value.starts_with(' ')) value.remove_prefix(1);
    if (field == "id" && value.find('\0') == std::string_view::npos) marks.id = value;
    if (field != "retry" || value.empty()) continue;
    int64_t number = 0;
    const auto read = std::from_chars(value.data(), value.data() + value.size(), number);
    if (value[0] != '-' && read.ec == std::errc() && read.ptr == value.data() + value.size())
      marks.retry_ms = number;
  }
  return marks;
}

Status SseParser::feed(std::string_view bytes, std::vector<SseEvent>& out) {
  pending_ += bytes;
  size_t begin = 0;
  size_t at = scanned_;
  for (size_t end = 0; (end = pending_.find('\n', at)) != std::string::npos;) {
    at = end + 1;
    // A line without anything in it: what is before its end is another line's end, or nothing.
    const size_t line = end > begin && pending_[end - 1] == '\r' ? end - 1 : end;
    if (line != begin && pending_[line - 1] != '\n') continue;
    WEIR_TRY(read_event(std::string_view(pending_).substr(begin, at - begin), first_, out.emplace_back()));
    if (out.back().raw.size() > event_bytes_max_) break;
    first_ = false;
    begin = at;
  }
  pending_.erase(0, begin);
  scanned_ = pending_.size();
  if (pending_.size() > event_bytes_max_) {
    return too_large(fmt::format("one event of the stream has more than {} bytes", event_bytes_max_));
  }
  return {};
}

}  // namespace weir::wire
