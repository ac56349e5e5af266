// The typed exchange: what a model API request or reply says, whatever its dialect.
//
// Filled by `wire` (or by `weir replay`), read by `session` and `guard`. Owns its text; plain values. What a
// dialect needs to write its bytes again (spans, extra fields) is not here but in `wire`.
#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/bytes.h"

namespace weir::exchange {

enum class Dialect : uint8_t { chat_completions, messages, responses, ollama, gemini };

// As the enumerator is called.
std::string_view dialect_name(Dialect dialect);

enum class Role : uint8_t {
  operator_text,  // system, developer
  user,
  planner,  // assistant
  tool,     // a message that holds only results
};

// Text of a message, as the API carries it.
struct Text {
  std::string text;
};

// What the planner said to itself. Kept apart because a client may drop or must not change it.
struct Thinking {
  std::string text;
  // What the client holds but cannot read (Responses' encrypted_content): it may come from any conversation.
  std::string sealed = {};
};

// A tool call that the planner made.
struct Call {
  std::string id;         // as on the wire; may be empty (legacy function_call)
  std::string name;       // the tool's name as on the wire, before a client profile maps it to server/tool
  std::string arguments;  // JSON text; or free text when is_json is false (custom tools)
  bool is_json = true;
};

// What a tool call came back with.
struct Result {
  std::string call_id;             // which call; empty for legacy function messages
  std::string name = {};           // only where the wire names the tool instead of a call
  std::vector<std::string> texts;  // every text that the model gets to see, in order; JSON stays JSON text
  size_t media = 0;                // images and other blocks that are not text
  bool is_error = false;
  // Further calls whose result it may be, where the wire names only the tool and one turn called it more than
  // once: what is true of any of them may be true of it.
  std::vector<std::string> other_calls = {};
};

// An image, sound, file or document: bytes that weir does not look into. `text` is what in it is text (a
// document's title and plain text body, a URL), so that it can be labelled and traced.
struct Media {
  std::string text;
};

using Part = std::variant<Text, Thinking, Call, Result, Media>;

struct Message {
  Role role = Role::user;
  std::string name = {};  // of the sender, where the wire has one; untrusted
  std::vector<Part> parts = {};
};

enum class ToolKind : uint8_t {
  function,  // the client runs it; arguments are JSON
  custom,    // the client runs it; arguments are free text
};

// A tool that the client offers the planner. Everything in it is text by whoever wrote the tool.
struct Tool {
  ToolKind kind = ToolKind::function;
  std::string name;
  std::string description = {};
  std::string schema = {};  // JSON text of the input schema; may be empty
};

// One request for a planner's turn.
struct Request {
  Dialect dialect = Dialect::chat_completions;
  std::string model;
  bool stream = false;
  int choices = 1;
  std::vector<Tool> tools = {};
  std::vector<Message> messages = {};  // system text first, then in order
};

// SHA-256 over a canonical form of the part's typed content: equal for two wire forms that say the same (a
// string or a list with one text block; arguments with other white space). Text is taken without white
// space at its ends, because clients trim it. Thinking counts as nothing, unless it is sealed: then by that.
Digest part_digest(const Part& part);

// Over role and parts but thinking; adjacent texts count as one. Sender names do not count.
Digest message_digest(const Message& message);

// H(0) of the empty conversation.
Digest conversation_start();
// H(i) = SHA-256(H(i-1) || message_digest(i)): names a conversation up to and including message i.
Digest extend(const Digest& prefix, const Message& message);

// A part's place among those that are no thinking, and back (npos if there is no such part): a client may
// drop thinking, and the rest of the message is the same still.
size_t spoken_index(const Message& message, size_t part);
size_t part_at(const Message& message, size_t spoken);

// All text of the message's Text parts, joined by "\n".
std::string text_of(const Message& message);

}  // namespace weir::exchange
