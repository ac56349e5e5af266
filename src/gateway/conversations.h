// Conversations of the Responses API, kept by weir as it keeps responses, for `responses_kept` since they
// were last used. One event loop.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "gateway/gateway.h"
#include "wire/conversation.h"

namespace weir::gateway {

// Where the store keeps one: among responses, whose own ids never hold a "/".
std::string conversation_key(std::string_view id);

// Nothing where it is not kept, or no longer. On the store's thread.
Result<std::optional<wire::Conversation>> kept_conversation(Store& store, const std::string& owner,
                                                            const std::string& id, int64_t oldest_wall_ms);

// /v1/conversations and what is below it; everything else there is refused.
void handle_conversations(Gateway& gateway, const std::shared_ptr<net::ServerCall>& call,
                          const std::string& target);

}  // namespace weir::gateway
