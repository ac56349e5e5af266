// What a client is sent at /mcp in seal mode in place of what a server said: the same kinds of message, with
// nothing of the server's in them. Pure.
#pragma once

#include <string>
#include <string_view>

#include "base/json.h"

namespace weir::wire::mcp {

// Results with one text: of tools/call, resources/read, prompts/get. Never an error.
std::string tool_text_result(std::string_view text);
std::string resource_text_result(std::string_view uri, std::string_view text);
std::string prompt_text_result(std::string_view text);
// Of completion/complete: there are none.
std::string no_completions();

// A progress notification's params; `token` is JSON text.
std::string progress_params(std::string_view token, double progress, std::string_view message = {});

// A tool of tools/list without `outputSchema`: clients that know it refuse a result without
// structuredContent. `entry` is an object's JSON text.
std::string without_output_schema(std::string_view entry);
// An exchange::Tool's entry of tools/list.
std::string tool_entry(std::string_view name, std::string_view description, std::string_view schema);

}  // namespace weir::wire::mcp
