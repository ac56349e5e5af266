// Events of a Responses stream: what they are about, and writing them for the client. For this folder.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "wire/reply.h"
#include "wire/sse.h"

namespace weir::wire {

// What an event is about, by its type.
enum class About : uint8_t { response, item, text, call, end, error, hosted, aside, unknown };
About event_about(std::string_view type);

// What an event of a text holds: parts that weir knows, and nothing that could be a call.
Status check_text_event(json::Value root, std::string_view type);

// Writes events for the client: each gets the next number in order, and its item's index there. An event that
// says all that already keeps its bytes.
class EventWriter {
 public:
  // An event of the upstream's; `index` of its item, where it has one. `changes` are of `root`.
  std::string pass(const SseEvent& event, json::Value root, std::optional<int64_t> index = {},
                   const Replacements& changes = {});
  // One of weir's own. `rest`: its members but type, index and number, raw.
  std::string make(std::string_view type, std::optional<int64_t> index, std::string_view rest);

 private:
  void number(json::Value root);

  bool numbered_ = false;  // the upstream numbers its events
  int64_t next_ = 0;
};

}  // namespace weir::wire
