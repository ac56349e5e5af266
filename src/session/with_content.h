// Content in place of references in a call that was decided (seal mode), on its way to whoever runs it.
#pragma once

#include <string_view>

#include "base/error.h"
#include "exchange/exchange.h"
#include "session/conversation.h"

namespace weir::session {

// The call with the content that its references stand for in `conversation`; references that were never given
// out stay as they are. `schema` is the tool's input schema, JSON, or empty: see seal::substitute. Error:
// too_large.
Result<exchange::Call> with_content(const Conversation& conversation, const exchange::Call& call,
                                    std::string_view schema);

}  // namespace weir::session
