// One turn of the planner in Chat Completions, and how it is written for the upstream again. For this folder.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "wire/dialect.h"

namespace weir::wire {

struct ChatCall {
  std::string id = {};
  std::string name = {};
  std::string arguments = {};
  bool custom = false;  // a custom tool's free text
  bool legacy = false;  // function_call: no id
  bool allowed = false;
  std::string why = {};  // for the planner, when it was denied

  // A legacy call is known by its name.
  exchange::Call typed() const { return {legacy ? name : id, name, arguments, !custom}; }
};

struct ChatTurn {
  std::string text = {};
  std::string reasoning = {};
  std::vector<ChatCall> calls = {};

  bool denied_any() const;
  bool allowed_any() const;
};

// A call as an element of "tool_calls"; with `index` for a stream's delta.
std::string chat_call_json(const ChatCall& call, int index = -1);
// The assistant message with all its calls, and the messages that tell of the denied ones (comma separated).
std::string chat_message_json(const ChatTurn& turn);
std::string chat_denials_json(const ChatTurn& turn);

// `body` with raw messages appended to its list. The body is one that parse_request() took.
std::string append_messages(const std::string& body, std::string_view raw);

// What the client has after several rounds: texts joined, the last round's allowed calls.
exchange::Message chat_client_message(const std::vector<ChatTurn>& rounds);
Shadow chat_shadow(const std::vector<ChatTurn>& rounds);
std::string stopped_text(const std::vector<ChatTurn>& rounds);

// Between the texts of two rounds.
inline constexpr std::string_view kRoundGap = "\n\n";

std::unique_ptr<Reply> make_chat_stream(std::string body, int choices, const Options& options);
std::unique_ptr<Reply> make_chat_whole(std::string body, int choices, const Options& options);

// Whether a value that weir does not know could hold a call.
bool may_carry_calls(json::Value value);

}  // namespace weir::wire
