// Shapes of Ollama's API that requests and replies share. For the files of this folder.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "wire/dialect.h"

namespace weir::wire {

inline constexpr std::string_view kOllamaGenerate = "/generate";

// Ollama's server and its Go client read members without regard to case: one that is spelt like a known one
// but for that would be another member to weir than to them. Error: unsupported.
Status check_case(json::Value object, std::span<const std::string_view> known, const std::string& where);

// A call, of an element of "tool_calls"; its id may be missing. Error: bad_input.
Result<exchange::Call> read_ollama_call(json::Value wire, const std::string& where);

}  // namespace weir::wire
