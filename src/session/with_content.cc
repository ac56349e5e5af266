#include "session/with_content.h"

#include <string>

#include "seal/substitute.h"

namespace weir::session {

Result<exchange::Call> with_content(const Conversation& conversation, const exchange::Call& call,
                                    std::string_view schema) {
  const seal::Resolve resolve = conversation.resolver();
  exchange::Call filled = call;
  const auto arguments =
      call.is_json ? json::parse(call.arguments) : Result<json::Document>(json::Document());
  if (!call.is_json || !arguments) {
    filled.arguments = seal::substitute_text(call.arguments, resolve);
    return filled;
  }
  const auto facts = json::parse(std::string(schema));
  WEIR_TRY_ASSIGN(text, seal::substitute(arguments->root(), facts ? facts->root() : json::Value(), resolve));
  filled.arguments = std::move(text);
  return filled;
}

}  // namespace weir::session
