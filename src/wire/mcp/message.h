// JSON-RPC 2.0 as MCP uses it, revisions 2024-11-05 to 2026-07-28.
//
// parse() refuses what implementations read in different ways: a member that has no place in its kind of
// message, an id that is neither a string nor a whole number, params that are no object, a request and an
// answer in one. What it accepts keeps its bytes: an answer can be passed on with nothing but its id changed.
// Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/json.h"

namespace weir::wire::mcp {

enum class Kind : uint8_t { request, notification, result, error };

// JSON-RPC and MCP error codes (JSON-RPC 2.0 section 5.1; MCP 2025-11-25).
namespace code {
inline constexpr int kParse = -32700;
inline constexpr int kInvalidRequest = -32600;
inline constexpr int kMethodNotFound = -32601;
inline constexpr int kInvalidParams = -32602;
inline constexpr int kInternal = -32603;
inline constexpr int kServerGone = -32000;        // weir's own: the server behind it did not answer
inline constexpr int kResourceNotFound = -32002;  // MCP, to 2025-11-25; kInvalidParams since
// MCP 2026-07-28, "Error Codes".
inline constexpr int kHeaderMismatch = -32020;
inline constexpr int kMissingCapability = -32021;
inline constexpr int kUnsupportedRevision = -32022;
}  // namespace code

// Movable; its Values live as long as it does.
struct Message {
  Kind kind = Kind::notification;
  std::string id = {};  // JSON text: "7" or "\"a\""; empty for a notification, "null" for an error to nothing
  std::string method = {};  // of requests and notifications
  json::Document document = {};

  json::Value params() const { return document["params"]; }  // may be missing
  json::Value result() const { return document["result"]; }
  json::Value error() const { return document["error"]; }
  std::string_view text() const { return document.text(); }
  // The progress token of a request, as JSON text; empty when there is none.
  std::string progress_token() const;
};

// One message, or the elements of a batch where `batches` (revision 2025-03-26 alone has them). Errors:
// bad_input, too_large. An empty batch is an error.
Result<std::vector<Message>> parse(std::string text, bool batches);

// Whether the text is JSON at all decides the code of the answer: kParse or kInvalidRequest.
int error_code(const Error& error);

// --- Writing. `id`, `params` and `result` are JSON texts; an empty `params` is left out.
std::string request(std::string_view id, std::string_view method, std::string_view params);
std::string notification(std::string_view method, std::string_view params);
std::string result(std::string_view id, std::string_view result_json);
// `data` is JSON text, left out when empty.
std::string error(std::string_view id, int code, std::string_view message, std::string_view data = {});
// The message with another id; all other bytes as they came.
std::string with_id(const Message& message, std::string_view id);

// A tools/call result that says that the call was not made: isError, one text block.
std::string tool_error_result(std::string_view text);

// --- Revisions that begin with `initialize`, oldest first: 2024-11-05, 2025-03-26, 2025-06-18, 2025-11-25.
// (The stateless era after them: request_meta.h.)
bool is_known_revision(std::string_view revision);
std::string_view newest_revision();
// What a server answers to a client that asks for `asked`: that one where it is known, else the newest.
std::string_view negotiate(std::string_view asked);
bool has_batches(std::string_view revision);

}  // namespace weir::wire::mcp
