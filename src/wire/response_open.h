// An item of a Responses stream that is under way, and the events that speak of it. For this folder.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "wire/response_turn.h"
#include "wire/sse.h"

namespace weir::wire {

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

struct OpenText {
  explicit OpenText(const TextFilters& filters) : filter(filters) {}
  ItemText text = {};
  FilteredText filter;
  std::vector<SseEvent> citations = {};  // held until it is known whether the text is the planner's own
  bool refusal = false;
  bool ended = false;
};

struct OpenItem {
  std::optional<int64_t> upstream_index = {};
  std::string id = {};  // of the item; may be empty
  ResponseItem item = {};
  int64_t index = 0;            // in the client's output
  json::Document started = {};  // its output_item.added
  json::Document ended = {};    // its output_item.done
  // A call: its events until it is decided, and its arguments as they came in pieces.
  std::vector<SseEvent> held = {};
  std::string pieces = {};
  std::optional<std::string> whole = {};  // as the event says that ends the pieces
  std::map<int64_t, OpenText> texts = {};

  std::string_view call_id() const { return started["item"]["call_id"].string_or(""); }
  // A call that is whole: whether its events say what its last one says. Error: they say two things.
  Result<bool> exact() const;
  // The events of a call that was allowed.
  std::string release(bool exact, EventWriter& writer) const;

  // A text's next piece; `value` is its JSON string.
  void feed(OpenText& text, json::Value value, Replacements& changes) const;
  // The text is whole: `value` is all of it. What was kept back is an event of its own, in front. Error: it
  // is not what came in pieces, where that matters because a filter is set.
  Status end(OpenText& text, int64_t part, json::Value value, bool filtered, EventWriter& writer,
             std::string& out) const;
  // What a text's filter kept back.
  void flush(OpenText& text, int64_t part, EventWriter& writer, std::string& out) const;
  // The item as far as it came.
  std::string raw_so_far() const;
};

// The texts of a message item's content. `text_at` is called with each part's place, key and text.
template <class Visit>
Status each_text(json::Value item, Visit&& visit) {
  int64_t index = 0;
  for (const json::Value part : item["content"].elements()) {
    const bool refusal = part["type"].string_or("") == "refusal";
    WEIR_TRY(visit(index++, refusal, part[refusal ? "refusal" : "text"]));
  }
  return {};
}

}  // namespace weir::wire
