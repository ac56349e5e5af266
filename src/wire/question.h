// A question of weir's own to a model: one request without tools, and its whole answer.
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"
#include "exchange/exchange.h"

namespace weir::wire {

// The body of a request that is not streamed.
std::string question_body(exchange::Dialect dialect, std::string_view model, std::string_view system,
                          std::string_view user);
// Below the API's root: "/chat/completions".
std::string question_path(exchange::Dialect dialect, std::string_view model);
// The text of the answer. Error: unavailable, when it is not an answer of that API or has no text.
Result<std::string> question_answer(exchange::Dialect dialect, std::string body);

}  // namespace weir::wire
