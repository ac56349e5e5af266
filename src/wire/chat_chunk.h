// Writing chunks of a Chat Completions stream. For this folder.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/json.h"

namespace weir::wire {

// The members that every chunk of a stream repeats, and how later rounds go on under them.
class ChatHead {
 public:
  // From the first chunk that has choices.
  void remember(json::Value root);
  // The raw id of the first round; empty when it had none.
  const std::string& id() const { return id_; }
  // One chunk with one choice. `delta` and `finish_reason` are raw JSON.
  std::string chunk(int64_t index, std::string_view delta, std::string_view finish_reason) const;

 private:
  std::string open_ = "{";  // "{…," ready for "choices"
  std::string id_;
};

// How to change an event's data. Everything not named stays byte for byte.
struct ChunkEdit {
  bool cut_calls = false;        // no tool_calls, no function_call in any delta
  bool cut_role = false;         // no role
  bool cut_usage = false;        // no usage
  bool unfinish = false;         // finish_reason: null
  bool cut_logprobs = false;     // logprobs: null (they may spell a call)
  bool empty_delta = false;      // delta: {}
  int64_t only = -1;             // of the choices only the one at this place
  std::string_view reason = {};  // finish_reason, unquoted
  std::string_view id = {};      // raw
};
// The event's data, edited, as an event again.
std::string edited_chunk(json::Value root, const ChunkEdit& edit);

// The data of one raw event.
std::string event_data(std::string_view raw);

}  // namespace weir::wire
