// One turn of the planner in Chat Completions: how it is read, and how it is written for the upstream again.
// For this folder.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "wire/dialect.h"
#include "wire/reply.h"

namespace weir::wire {

struct ChatCall {
  std::string id = {};
  std::string name = {};
  std::string arguments = {};
  std::vector<std::pair<std::string, std::string>> extra =
      {};                // a vendor's members, raw (thought signatures)
  bool custom = false;   // a custom tool's free text
  bool legacy = false;   // function_call: no id
  bool typed = false;    // whether it is custom has been said
  bool closed = false;   // its arguments came whole
  Verdict verdict = {};  // settled()

  // A legacy call is known by its name. Arguments that are not JSON stay a call with JSON arguments, because
  // guard refuses those; free text is for custom tools.
  exchange::Call call() const { return {legacy ? name : id, name, arguments, !custom}; }
  // As the client gets it.
  const std::string& client_arguments() const { return verdict.arguments ? *verdict.arguments : arguments; }
};

struct ChatTurn {
  std::string text = {};   // as the planner wrote it
  std::string shown = {};  // as the client gets it
  std::string reasoning = {};
  std::string reasoning_key = {};  // the member it came in
  bool audio = false;
  std::vector<ChatCall> calls = {};

  bool withheld_any() const;  // denied or answered: the client does not get it
  bool allowed_any() const;
  bool rewritten_any() const;  // the client gets other arguments
  // The client gets all as the planner wrote it.
  bool untouched() const { return !withheld_any() && !rewritten_any() && text == shown; }
};

// The texts of a message, or of the deltas of a choice, on their way to the client.
class ChatTexts {
 public:
  ChatTexts(const TextFilters& filters, bool streamed)
      : streamed_(streamed), content_(filters), refusal_(filters) {}

  // Text, reasoning and sound of choice[holder], added to the turn. What the client must get instead goes to
  // `changes`: texts, and what belongs to texts that are not the planner's any more. Error: content that weir
  // does not know.
  Status read(json::Value choice, std::string_view holder, bool unknown_pass, ChatTurn& turn,
              Replacements& changes);
  // Streamed: no more comes. What was kept back is in the rests until somebody takes it.
  void end();
  std::string content_rest = {};
  std::string refusal_rest = {};

 private:
  void pass(const std::vector<json::Value>& strings, FilteredText& filter, ChatTurn& turn,
            Replacements& changes) const;

  bool streamed_;
  FilteredText content_;
  FilteredText refusal_;
};

// Reads the calls of a message, or of the deltas of a choice, into a turn.
//
// A client must not be able to read another call out of the same bytes than weir did. So what could be read
// in two ways is an error, and where clients put fragments together differently exact() says that the call
// must be written anew.
class ChatCallReader {
 public:
  ChatCallReader(bool streamed, bool unknown_pass) : streamed_(streamed), unknown_pass_(unknown_pass) {}

  // `holder` has tool_calls or function_call, or neither. Errors: unavailable (malformed), unsupported
  // (unknown), too_large.
  Status read(json::Value holder, ChatTurn& turn);
  bool exact() const { return exact_; }

 private:
  Status read_call(json::Value wire, ChatTurn& turn);
  Status read_legacy(json::Value wire, ChatTurn& turn);
  Status read_type(json::Value wire, ChatCall& call) const;
  Status read_body(json::Value body, ChatCall& call);
  Result<ChatCall*> place(json::Value wire, ChatTurn& turn);
  Status grow(std::string& to, json::Value piece, std::string_view what);

  bool streamed_;
  bool unknown_pass_;
  bool exact_ = true;
  size_t bytes_ = 0;              // of ids, names and arguments
  std::map<int64_t, size_t> at_;  // the wire's index → place in the turn's calls; -1: legacy
};

// What stands beside the calls in a reply or chunk must be nothing that could be one. `holder` is "message"
// or "delta".
Status check_chat_reply(json::Value root, std::string_view holder);

// A call as an element of "tool_calls"; with `index` for a stream's delta.
std::string chat_call_json(const ChatCall& call, std::string_view arguments, int index = -1);
// The assistant message with all its calls as the planner wrote them, and the messages that tell of those
// that the client does not get (comma separated).
std::string chat_message_json(const ChatTurn& turn);
std::string chat_results_json(const ChatTurn& turn);

// `body` with raw messages appended to its list. The body is one that parse_request() took.
std::string append_messages(const std::string& body, std::string_view raw);

// What the client has after several rounds: texts joined, the last round's allowed calls.
exchange::Message chat_client_message(const std::vector<ChatTurn>& rounds);
// Nothing when the client has all as the planner wrote it.
std::optional<Shadow> chat_shadow(const std::vector<ChatTurn>& rounds, bool keep_own);
// What to say when nothing else reached the client; empty when something did.
std::string stopped_text(const std::vector<ChatTurn>& rounds);
std::string stopped_sentence(const std::vector<std::string_view>& names);

// Between the texts of two rounds.
inline constexpr std::string_view kRoundGap = "\n\n";

std::unique_ptr<Reply> make_chat_stream(std::string body, int choices, const Options& options);
std::unique_ptr<Reply> make_chat_whole(std::string body, int choices, const Options& options);

// Whether a value that weir does not know could hold a call.
bool may_carry_calls(json::Value value);
bool carries_calls(const json::Member& member);

}  // namespace weir::wire
