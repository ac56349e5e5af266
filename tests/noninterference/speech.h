// Speech: how each model API is spoken, by a client and by an upstream. Written by hand, apart from `wire`,
// so that the proof does not see through weir's eyes.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "demo/mind.h"
#include "exchange/exchange.h"
#include "world.h"

namespace weir::noninterference {

// What an upstream says.
struct Said {
  std::string thought = {};  // empty: none. Responses seals it, Messages and Gemini sign what has one
  demo::Turn turn = {};
  bool ids = true;  // its calls have ids, where the API leaves that open
};

struct ReadCall {
  std::string id, tool, arguments;
};

// What a client has of one turn.
struct Reply {
  std::string text = {};
  std::vector<ReadCall> calls = {};
  std::vector<std::string> thoughts = {};  // blocks, parts or text, as the API has them
  std::vector<std::string> raw = {};       // items or parts as they came, where a client keeps those
};

// One API. Pure; a history is a list of raw JSON values.
class Speech {
 public:
  virtual ~Speech() = default;

  // The client's side.
  virtual std::string path(std::string_view model, bool stream) const = 0;
  virtual std::string request(std::string_view model, bool stream,
                              const std::vector<std::string>& history) const = 0;
  virtual std::string user(std::string_view text) const;
  virtual Reply read(const std::string& body, bool stream) const = 0;
  // The turn in the history: with its thoughts or without, and `more` behind its text.
  virtual std::vector<std::string> keep(const Reply& reply, bool thoughts, std::string_view more) const = 0;
  // One content for each call.
  virtual std::vector<std::string> results(const std::vector<ReadCall>& calls,
                                           const std::vector<Content>& contents) const = 0;

  // The upstream's side.
  virtual std::string history_of(json::Value body) const { return std::string(body["messages"].raw()); }
  virtual bool streams(std::string_view path, json::Value body) const;
  virtual std::string_view stream_type() const { return "text/event-stream"; }
  virtual std::string say(const Said& said, bool stream, size_t fragment_bytes) const = 0;
};

std::unique_ptr<Speech> speak_chat_completions();
std::unique_ptr<Speech> speak_messages();
std::unique_ptr<Speech> speak_responses();
std::unique_ptr<Speech> speak_ollama();
std::unique_ptr<Speech> speak_gemini();
const Speech& speech_of(exchange::Dialect dialect);

// The API that a weir asks at this path.
exchange::Dialect dialect_at(std::string_view path);

// Calls `take` with each event's data, of server-sent events or lines of JSON.
void each_event(std::string_view body, const std::function<void(json::Value)>& take);
// Calls `piece` with pieces of an ASCII text.
void in_pieces(std::string_view text, size_t bytes, const std::function<void(std::string_view)>& piece);

}  // namespace weir::noninterference
