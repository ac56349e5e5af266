// An item of a Responses stream that is under way. For this folder.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "wire/response_event.h"
#include "wire/response_turn.h"

namespace weir::wire {

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
  OpenText& text_at(int64_t part, bool refusal, const TextFilters& filters);
  // An event of a message's content. False: it waits.
  Result<bool> text_event(json::Value root, const SseEvent& event, const TextFilters& filters,
                          EventWriter& writer, Replacements& changes, std::string& out);
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
