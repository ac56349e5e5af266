// A content block of a Messages stream that is under way. For this folder.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "wire/message_turn.h"
#include "wire/sse.h"

namespace weir::wire {

// Whether a citation reaches the client turns on the whole text that it is of.
struct Later {
  std::string bytes;
  bool citation = false;
};

// A block that is under way.
struct OpenBlock {
  explicit OpenBlock(const TextFilters& filters) : filter(filters) {}

  MessageBlock block;
  FilteredText filter;
  json::Document start;  // its content_block_start
  std::string input;     // a call's arguments, piece by piece
  std::string thinking;
  std::string signature;
  std::string citations;       // raw, comma separated
  std::vector<SseEvent> held;  // a call's events, until it is decided
  std::vector<Later> later;    // a text's events from its first citation on, until it has ended
  int64_t index = 0;           // in the client's message
};

// The block as a request may carry it.
std::string raw_block(const OpenBlock& open);
// The event with its block's index in the client's message; the same bytes where that is the upstream's and
// nothing changes. `changes` are of the same data, parsed before.
std::string with_index(const SseEvent& event, int64_t index, const Replacements& changes = {});
// A further delta of a block.
std::string delta_event(int64_t index, std::string_view type, std::string_view key, std::string_view text);

}  // namespace weir::wire
