// Prompt: what a request for a planner's turn says, whatever its dialect: the middle between two dialects.
//
// exchange::Request holds what labels and decisions need; this holds also what the other API must be told:
// pictures and files, settings, the choice of tools. One reader and one writer a dialect fill and print it.
// Owns its text. What no other API can be told is not in it: signatures and what is sealed in thoughts. For
// this folder.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "exchange/exchange.h"
#include "wire/dialect.h"

namespace weir::wire::translate {

// One of `data` (base64, with `media_type`) and `url`.
struct Picture {
  std::string media_type = {};
  std::string data = {};
  std::string url = {};
  std::string detail = {};  // "low", "high", "auto"; may be empty
};

// As Picture; or plain `text`.
struct File {
  std::string name = {};
  std::string media_type = {};
  std::string data = {};
  std::string url = {};
  std::string text = {};
};

using Content = std::variant<exchange::Text, Picture, File>;

// What a call came back with.
struct Returned {
  std::string call_id;
  std::string name = {};  // of the tool, where the request says it
  std::vector<Content> content = {};
  bool is_error = false;
};

using Part = std::variant<exchange::Text, exchange::Thinking, exchange::Call, Picture, File, Returned>;

// Of role tool: holds nothing but Returned. Of any other: no Returned.
struct Message {
  exchange::Role role = exchange::Role::user;
  std::vector<Part> parts = {};
};

// A tool of the client's.
struct Tool {
  exchange::ToolKind kind = exchange::ToolKind::function;
  std::string name;             // as in the exchange: with its namespace; names.h makes it the upstream's
  std::string name_space = {};  // Responses
  std::string own_name = {};    // and its name there
  std::string description = {};
  std::string schema = {};  // JSON text: of a function its parameters, of a custom tool its format; or empty
  std::optional<bool> strict;  // the arguments must follow the schema
};

enum class Choice : uint8_t { unset, automatic, none, required, named };
enum class Format : uint8_t { unset, text, json_object, json_schema };

// Numbers are as they were written; empty: not given.
struct Settings {
  std::optional<int64_t> tokens_max = {};
  std::string temperature = {};
  std::string top_p = {};
  std::string top_k = {};
  std::string seed = {};
  std::string frequency_penalty = {};
  std::string presence_penalty = {};
  std::vector<std::string> stop = {};
  Choice choice = Choice::unset;
  std::string choice_name = {};
  std::optional<bool> parallel = {};  // several calls in one turn
  Format format = Format::unset;      // of the answer
  std::string format_name = {};
  std::string format_schema = {};  // JSON text
  std::optional<bool> format_strict = {};
  std::string effort = {};     // of thinking: "none", "minimal", "low", "medium", "high", "xhigh", "max"
  std::string verbosity = {};  // "low", "medium", "high"
  std::string user = {};       // an opaque name of who asks
  std::string cache_key = {};
  bool usage = false;  // a streamed reply ends with the count of tokens (where a client must ask for it)
};

struct Prompt {
  std::string model;
  bool stream = false;
  bool counts = false;  // only its tokens are counted: nothing is said of the answer
  std::vector<Tool> tools = {};
  std::vector<Message> messages = {};
  Settings settings = {};
  // What the client said that only tunes and is not told to the upstream: names of the client's API, each
  // once, in order.
  std::vector<std::string> dropped = {};

  void drop(std::string_view name);
};

// What a dialect's reader reads of a part that the exchange only counts. Errors: unsupported, for what no
// other API can be told.
struct PartReader {
  // Of a person's message: a block, or what holds several pictures.
  Status (*media)(json::Value block, const std::string& where, Prompt& prompt, std::vector<Content>& out);
  // The content of a result; `value` is the object that holds it.
  Status (*result)(json::Value value, const std::string& where, Prompt& prompt, Returned& result);
};

// The messages of a request that parse_request() read, in their order; what a person and results share is
// taken apart.
Status read_messages(const ParsedRequest& request, const PartReader& reader, Prompt& prompt);

Result<Prompt> read_chat(const ParsedRequest& request);
Result<Prompt> read_messages_api(const ParsedRequest& request);
Result<Prompt> read_responses(const ParsedRequest& request);
Result<Prompt> read_ollama(const ParsedRequest& request);
Result<Prompt> read_gemini(const ParsedRequest& request);

// Errors: unsupported, where the API has no place for something that may carry calls or content. What only
// tunes is dropped by name.
Result<std::string> write_chat(Prompt& prompt);
Result<std::string> write_messages_api(Prompt& prompt);
Result<std::string> write_responses(Prompt& prompt);
Result<std::string> write_ollama(Prompt& prompt);
Result<std::string> write_gemini(Prompt& prompt);

// For readers and writers.

// What is refused by name: `what` has no place in another API than the client's.
Error not_carried(std::string_view what, std::string where = {});
// The raw number of a member that is one, or "".
std::string number_of(json::Value root, std::string_view key);
// "data:image/png;base64,AAAA" into media type and data; any other text is a URL.
void read_url(std::string_view url, std::string& media_type, std::string& data, std::string& plain);
std::string data_url(std::string_view media_type, std::string_view data);
// A file with its bytes in the URL, its plain text too.
std::string file_url(const File& file);
// A tool's "strict", where it says so: not to be is what a tool is without a word.
std::optional<bool> strict_of(json::Value tool);
// Drops what of the request stands in no list of what the reader has read.
void drop_unread(json::Value root, std::initializer_list<std::string_view> read, Prompt& prompt);
// The one argument of a custom tool, where the API knows functions only: what names.h turns back.
inline constexpr std::string_view kCustomSchema =
    R"({"type":"object","properties":{"input":{"type":"string"}},"required":["input"],"additionalProperties":false})";
// A tool's description for an API that knows functions only.
std::string function_description(const Tool& tool);
// A call's arguments as a function's: JSON text of an object.
std::string function_arguments(const exchange::Call& call);

}  // namespace weir::wire::translate
