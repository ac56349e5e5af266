// weir_ask: the one tool that weir offers the planner in seal mode. weir answers it itself: a quarantined
// reader (a model call without tools) sees the question and the sealed content, and must answer in the type.
//
// The reader's answer is content like any other: what is not revealed through a type becomes a sealed value.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "exchange/exchange.h"
#include "seal/answer_type.h"
#include "seal/reference.h"
#include "seal/vault.h"

namespace weir::seal {

inline constexpr std::string_view kAskTool = "weir_ask";
// As agents' profiles name the tool of an MCP server that is weir.
inline constexpr std::string_view kAskToolOfServer = "weir/weir_ask";

// What references are, for the planner. Always the same bytes.
std::string_view references_in_words();
// What the planner is told of it, which is also where it learns what references are. Always the same bytes.
exchange::Tool ask_tool();

struct Ask {
  std::vector<Reference> references;
  std::string question;
  AnswerType type;
};

// Error: bad_input, with a JSON pointer into the arguments. Depends on the planner's words alone.
Result<Ask> parse_ask(std::string_view arguments);

// One model call: what the operator's text says, and the user's.
struct Prompt {
  std::string system;
  std::string user;
};

// What the reader is sent. `contents` are those of the references, in their order; `nonce` (fresh, secret)
// marks where they begin and end, so that no content can end itself.
Prompt reader_prompt(const Ask& ask, const std::vector<std::string>& contents, std::string_view nonce);

// Sealed::source of an answer that becomes a sealed value; `values` are those of the references, in their
// order.
std::string answer_source(const Ask& ask, const std::vector<SealedPtr>& values);

// What the planner is told.
std::string revealed_text(std::string_view answer_json);  // {"answer":true}
std::string sealed_text(const Reference& value);          // {"answer":"{{weir:v9}}"}
std::string unanswered_text();                            // the reader did not answer in the type
std::string over_budget_text(const Reference& value);     // sealed instead, because no bits are left
std::string refused_ask_text(const Error& error);

}  // namespace weir::seal
