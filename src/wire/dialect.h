// The dialects: bytes of a model API ↔ the typed exchange (exchange/exchange.h).
//
// Chat Completions (`POST /v1/chat/completions`), Messages (`POST /v1/messages` and its count_tokens),
// Responses (`POST /v1/responses` and its input_tokens), Ollama (`POST /api/chat` and `/api/generate`) and
// Gemini (`POST /v1beta/models/MODEL:generateContent`, `:streamGenerateContent` and `:countTokens`). A
// request is parsed once and can be written again with edits spliced in, all else byte for byte. A reply is
// rewritten while it flows: what is no call passes at once, calls are held until each is decided.
//
// Guarantee: no byte of a call leaves feed(), decide() or end_of_body() before a verdict allows it, and none
// of a denied one ever; a shape, event or block that this file's tables do not know is refused; where a text
// filter is set, no byte of what the planner says reaches the client but through one. Not guaranteed: that
// text which an agent itself parses for calls holds none. Pure; one thread an object.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/json.h"
#include "exchange/exchange.h"

namespace weir::wire {

// Rewrites one text of the planner on its way to the client, piece by piece. What feed() and end() return,
// in order, is the text that the client gets. Pieces are UTF-8 in whole characters, and so must be what is
// returned.
class TextFilter {
 public:
  virtual ~TextFilter() = default;
  // May keep back what it cannot judge yet.
  virtual std::string feed(std::string_view piece) = 0;
  // No more comes: the rest.
  virtual std::string end() = 0;
};
// One for each text of a reply's round: a choice's content, its refusal, a text block. A text that goes on
// after the client had to get all of it, because a call behind it was given out, goes on with a new one.
using TextFilters = std::function<std::unique_ptr<TextFilter>()>;

struct Options {
  bool unknown_items_untrusted = false;  // unknown items pass as Media instead of being refused
  bool strip_hosted_tools = false;       // tools that the provider would run are cut out instead of refused
  TextFilters text_filters = {};         // of replies; empty: text passes as it is
  // The request's, below the API's root, with its query: "/chat/completions". Ollama and Gemini say there
  // what others say in the body: which of the API's methods is called, of which model, and whether the
  // reply is a stream.
  std::string path = {};
  // Reply::shadow() also when the client has all: it cannot send all of it back.
  bool keep_own = false;
};

// A change to a request's list of messages. `message` indexes exchange::Request::messages and must not name
// one that came from Messages' top-level `system`.
struct Edit {
  enum class Kind : uint8_t {
    replace,         // the wire message by `raw`
    insert_after,    // `raw` behind the wire message
    prepend_blocks,  // Messages, Gemini: `raw` is content blocks or parts, put before the wire message's own
                     // (a string content becomes a text block)
  };
  Kind kind = Kind::replace;
  size_t message = 0;
  std::string raw;  // one or more JSON values, separated by commas
};

// The content of one part becomes `text`: of a Text its text; of a Result all that it came back with (one
// text; images, other blocks and is_error are gone); of Media a text block; of a Call its arguments (JSON
// text, or a custom tool's free text; in Messages what is no JSON object becomes {}). Thinking stays as it
// is, but in Responses the item becomes a message of the planner's. All else of the message stays byte for
// byte: ids, a block's cache_control, the order.
struct PartEdit {
  size_t message = 0;  // of exchange::Request::messages; may name one that came from `system`
  size_t part = 0;     // of its parts
  std::string text;
};

// What write() changes. An index that is out of range changes nothing.
struct Changes {
  // Several may name one message; they apply in order. A `replace` wins over the message's part edits and
  // prepend_blocks.
  std::vector<Edit> edits = {};
  std::vector<PartEdit> parts = {};  // of several for one part the last holds
  // Offered beside the client's: written at the end of `tools`, which is made where there is none.
  std::vector<exchange::Tool> tools = {};
};

// Where a part stands in the request's bytes, for write().
struct PartPlace {
  enum class Kind : uint8_t {
    fixed,      // it is not edited
    string,     // `value` is the JSON string that holds it
    arguments,  // `value` is a call's arguments as JSON
    result,     // `value` is the object whose "content" it is
    block,      // `value` is a block of a list
    citations,  // `value` is the text block that it belongs to
    audio,      // `value` is the message whose "audio" it is
    // Responses
    input,           // `value` is a part of a message's content
    annotations,     // `value` is the text part that they belong to
    item,            // `value` is the planner's item that it is
    item_arguments,  // `value` is a call's item
    item_result,     // `value` is the item that holds what a call came back with
    // Ollama
    images,  // `value` is the message whose "images" it is
    // Gemini
    part,       // `value` is a part of a list
    args,       // `value` is the functionCall
    response,   // `value` is the functionResponse
    signature,  // `value` is the part that bears it
  };
  Kind kind = Kind::fixed;
  json::Value value = {};
};

// A request as it was sent. Movable; `request` owns its text, the document the bytes.
struct ParsedRequest {
  exchange::Request request;
  json::Document document;
  // Of each exchange message: its place in the wire's `messages`; in Responses, its first item's in `input`
  // (it goes up to the next message's), and likewise in Gemini's `contents`. npos: what stands beside the
  // list, such as `system`, `instructions`, `prompt`, or an `input` that is one string.
  std::vector<size_t> wire_index;
  std::vector<std::vector<PartPlace>> places;   // of each exchange message's parts
  std::vector<std::pair<size_t, size_t>> cuts;  // byte ranges that write() leaves out (stripped hosted tools)

  // The request's bytes with the changes applied; without changes and cuts exactly the input. Equal input and
  // changes give equal bytes.
  std::string write(const Changes& changes) const;
};

// Errors: bad_input (malformed; where = JSON pointer), unsupported (known and refused, or unknown),
// too_large.
Result<ParsedRequest> parse_request(exchange::Dialect dialect, std::string body, const Options& options);

// A whole call that waits for its verdict.
struct HeldCall {
  exchange::Call call;
  int choice = 0;
};

struct Verdict {
  bool allow = false;
  std::string why = {};  // for the planner: why it was denied, or the result of a call that weir answered
  // Allowed: the client gets the call with these arguments instead of the planner's. JSON text of an object
  // (else decide() fails), or the free text of a custom tool.
  std::optional<std::string> arguments = {};
  // Not allowed, and no denial either: weir answered the call itself. Its result is no error, and nobody is
  // told that a call was stopped.
  bool answered = false;
};

struct Step {
  std::string out = {};              // bytes for the client, in order, after all earlier ones
  std::vector<HeldCall> calls = {};  // not empty: call decide() before anything else
  bool complete = false;             // this round's reply has ended: call next_round_body() or finish()
};

// What the upstream must see when the client sends this turn back, because it differs from what the client
// has: the planner's own text, arguments and calls, and what it was told of those that the client did not
// get. Raw JSON in the dialect, separated by commas; equal turns give equal bytes.
struct Shadow {
  std::string replacement = {};  // wire messages for the planner's message; empty: the client's own is right
  // Messages, Gemini: blocks or parts to put first into the user message that follows.
  std::string prepend_blocks = {};
  std::string insert_after = {};  // Chat Completions, Ollama: messages to put right behind the planner's
};

// The reply to one client request, which may take several upstream rounds.
class Reply {
 public:
  virtual ~Reply() = default;

  // Upstream body bytes, in any pieces. Error: the reply cannot go on; end the client's stream with
  // error_event() (or answer with error_body() if nothing was sent).
  virtual Result<Step> feed(std::string_view bytes) = 0;
  // The upstream's body has ended as its framing says.
  virtual Result<Step> end_of_body() = 0;
  // One verdict for each of the calls of the last Step, in order.
  virtual Result<Step> decide(const std::vector<Verdict>& verdicts) = 0;

  // After `complete`: there were calls, one choice was asked for, and no call of this round was allowed: each
  // was denied or answered.
  virtual bool all_denied() const = 0;
  // The request for the next round: the last one, the planner's turn in its own words, and why each call was
  // denied or what was answered. The next feed() is the reply to it, and goes on in the client's same
  // message. Only when all_denied().
  virtual std::string next_round_body() = 0;
  // No further round: the closing bytes.
  virtual Result<Step> finish() = 0;

  // After finish(): for each choice, the planner's message as the client now has it.
  virtual const std::vector<exchange::Message>& client_messages() const = 0;
  // After finish(): what the upstream must see instead; nothing when the client has all calls, arguments and
  // text as the planner wrote them (but see Options::keep_own). Choice 0 only.
  virtual std::optional<Shadow> shadow() const = 0;
};

// `upstream_body` is what was sent upstream (with shadow edits): next_round_body() builds on it.
std::unique_ptr<Reply> make_reply(const ParsedRequest& request, std::string upstream_body,
                                  const Options& options);

// The API's own error shape, and its status.
std::string error_body(exchange::Dialect dialect, const Error& error);
int http_status(const Error& error);
// One streamed event that ends a stream with an error.
std::string error_event(exchange::Dialect dialect, const Error& error);
// What keeps a stream alive without meaning anything.
std::string_view keep_alive(exchange::Dialect dialect);

}  // namespace weir::wire
