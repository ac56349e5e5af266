// Chunks of a Chat Completions stream: what they hold, and writing them. For this folder.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "wire/reply.h"

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
  bool cut_calls = false;                 // no tool_calls, no function_call in any delta
  bool cut_role = false;                  // no role
  bool cut_usage = false;                 // no usage
  bool unfinish = false;                  // finish_reason: null
  bool cut_logprobs = false;              // logprobs: null (they may spell a call)
  bool empty_delta = false;               // delta: {}
  int64_t only = -1;                      // of the choices only the one at this place
  std::string_view reason = {};           // finish_reason, unquoted
  std::string_view id = {};               // raw
  const Replacements* replace = nullptr;  // these values besides
};
// The event's data, edited, as an event again.
std::string edited_chunk(json::Value root, const ChunkEdit& edit);

// What a reply's rounds used, in one account. Servers send usage once, or with every chunk: the last is the
// round's.
class ChatUsage {
 public:
  // The usage that a chunk carries.
  void of_round(json::Value usage);
  // An event that carries nothing else: it waits for the end.
  void hold(std::string raw) { events_.push_back(std::move(raw)); }
  void end_round();
  // What was held, with the sums of all rounds when there was more than one.
  std::string events(bool several_rounds, const ChatHead& head) const;
  // Another round begins.
  void drop() { events_.clear(); }

 private:
  std::map<std::string, int64_t> round_;
  std::map<std::string, int64_t> all_;
  std::vector<std::string> events_;
};

// What a chunk holds of one choice.
struct ChatContent {
  bool calls = false;
  bool other = false;
  bool finished = false;
};

ChatContent content_of(json::Value choice);
// A chunk's choices must be ones that all clients would read alike.
Status check_chunk_choices(json::Value choices);
Error odd_chunk(std::string_view what);

// The data of one raw event.
std::string event_data(std::string_view raw);

}  // namespace weir::wire
