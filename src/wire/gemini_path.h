// Paths of the Gemini API: which method is called, of which model, and in which form a stream comes.
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"

namespace weir::wire {

inline constexpr std::string_view kGenerate = "generateContent";
inline constexpr std::string_view kGenerateStream = "streamGenerateContent";
inline constexpr std::string_view kCount = "countTokens";

struct GeminiPath {
  std::string model;    // without "models/"
  std::string method;   // as written, "generateContent"
  bool events = false;  // "alt=sse" is asked for
};

// Of "/models/MODEL:METHOD?query", below the API's root. Error: not_found, for anything else; an escaped
// character is none that a model's name has.
Result<GeminiPath> parse_gemini_path(std::string_view path);

// "/models/MODEL:METHOD"; a model that names its collection ("tunedModels/x") stays in it.
std::string gemini_path(std::string_view model, std::string_view method);

// The query without its `key`, which is a credential, "?" included; nothing where nothing is left. `key`
// gets the value.
std::string without_key(std::string_view query, std::string& key);

}  // namespace weir::wire
