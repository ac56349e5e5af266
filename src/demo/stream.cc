#include "demo/stream.h"

#include "base/json.h"
#include "base/limits.h"

namespace weir::demo {
namespace {

Status take_chunk(json::Value chunk, StreamedReply& reply) {
  if (chunk["error"].exists()) {
    return unavailable("the model's server reports: " +
                       std::string(chunk["error"]["message"].string_or("an error")));
  }
  for (const json::Value choice : chunk["choices"].elements()) {
    const json::Value delta = choice["delta"];
    reply.text += delta["content"].string_or("");
    if (const auto reason = choice["finish_reason"].string()) reply.finish_reason = *reason;
    for (const json::Value piece : delta["tool_calls"].elements()) {
      const int64_t index = piece["index"].integer().value_or(-1);
      if (index < 0 || index >= static_cast<int64_t>(limits::kCallsPerTurnMax)) {
        return bad_input("a call has no valid index");
      }
      const auto at = static_cast<size_t>(index);
      if (at >= reply.calls.size()) reply.calls.resize(at + 1);
      StreamedCall& call = reply.calls[at];
      if (const auto id = piece["id"].string()) call.id = *id;
      call.tool += piece["function"]["name"].string_or("");
      call.arguments += piece["function"]["arguments"].string_or("");
    }
  }
  return {};
}

}  // namespace

Result<StreamedReply> read_stream(std::string_view body) {
  StreamedReply reply;
  while (!body.empty()) {
    const size_t end = body.find('\n');
    std::string_view line = body.substr(0, end);
    body.remove_prefix(end == std::string_view::npos ? body.size() : end + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (!line.starts_with("data:")) continue;  // comments, blank lines and event names
    line.remove_prefix(line.starts_with("data: ") ? 6 : 5);
    if (line == "[DONE]") return reply;
    const auto chunk = json::parse(std::string(line));
    if (!chunk) return bad_input("an event of the stream is not JSON: " + chunk.error().message);
    WEIR_TRY(take_chunk(chunk->root(), reply));
  }
  return bad_input("the stream ended early");
}

}  // namespace weir::demo
