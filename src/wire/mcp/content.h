// What MCP results say to a model, as the typed exchange: every text in it, wherever the protocol lets a
// server put one (text blocks, embedded and linked resources with their names and descriptions,
// structuredContent, prompt messages, sampling messages, error texts). Nothing that a model may get to see is
// left out; blobs and media count as media. Pure.
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"
#include "base/json.h"
#include "exchange/exchange.h"

namespace weir::wire::mcp {

// `result` of tools/call. structuredContent is a text of its own (its JSON), first, when it is there, so that
// manifests' pointers apply to it; but a single text block that is the same JSON stands for both, so that the
// result is one text. Text blocks follow in order. A block of unknown type: its whole JSON is a text. What
// the protocol has no place for (`_meta`, members that are not known) is one text together, last; media that
// is no base64 is text too. bad_input when the shape is not the protocol's (content no array, isError no
// boolean, …): a text that is no string would be seen by some clients and not by weir.
Result<exchange::Result> tool_result(std::string call_id, json::Value result);
// `result` of resources/read: each text content is a text, with its URI as another.
Result<exchange::Result> resource_result(std::string call_id, json::Value result);
// `result` of prompts/get: description and every message's content.
Result<exchange::Result> prompt_result(std::string call_id, json::Value result);
// Any other object that a server sends and a model or person may read (a log message's data, completion
// values, sampling and elicitation params, an error): all strings and numbers in it, keys too, joined by line
// feeds.
std::string all_text(json::Value value);

}  // namespace weir::wire::mcp
