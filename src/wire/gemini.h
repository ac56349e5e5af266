// Parts of the Gemini API's contents, as requests and replies share them. For the files of this folder.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "wire/dialect.h"

namespace weir::wire {

// What the API takes where a signature is missing (its page on thought signatures). Clients write it as well,
// so it is no thought of anyone's.
inline constexpr std::string_view kNoSignature = "skip_thought_signature_validator";

enum class GeminiKind : uint8_t {
  text,
  thought,
  call,     // functionCall
  result,   // functionResponse
  media,    // inlineData, fileData
  hosted,   // what the provider ran: executableCode, codeExecutionResult, toolCall, toolResponse
  nothing,  // no data: it may bear a signature
  unknown,
};

struct GeminiPart {
  GeminiKind kind = GeminiKind::nothing;
  json::Value data = {};       // of the member that says what it is
  json::Value signature = {};  // thoughtSignature
};

// What a part is. The API takes requests in two spellings, "functionCall" and "function_call"; its replies
// have the first, and another there is unknown. Errors: bad_input, for a part that is two things at once;
// unsupported, for a member that weir does not know.
Result<GeminiPart> read_gemini_part(json::Value part, const std::string& where, bool reply,
                                    const Options& options);

// The member of that name in either spelling.
json::Value gemini_member(json::Value object, std::string_view name);
// The name in the first spelling.
std::string gemini_spelling(std::string_view name);
// Error: bad_input, where a member stands in both.
Status check_gemini_spelling(json::Value object, const std::string& where);

// The call of a functionCall; its id may be missing. Error: bad_input, unsupported.
Result<exchange::Call> read_gemini_call(json::Value data, const std::string& where);

// The result of a functionResponse; its id may be missing. Error: bad_input, unsupported.
Result<exchange::Result> read_gemini_result(json::Value data, const std::string& where,
                                            const Options& options);

// The parts of a content. What the planner has not said itself, in a content of another role, is refused.
// `places`, where given, gets one place for each.
Status read_gemini_parts(json::Value parts, bool planner, const std::string& where, const Options& options,
                         std::vector<exchange::Part>& out, std::vector<PartPlace>* places = nullptr);

}  // namespace weir::wire
