// The history that a replay grows, in the forms that its events write. For this folder.
#pragma once

#include <vector>

#include "base/json.h"
#include "exchange/exchange.h"
#include "session/conversation.h"

namespace weir::replay {

// A string, any JSON, or MCP content blocks.
void read_content(json::Value content, exchange::Result& result);
// What the planner is sent of message `index` instead of what the client wrote.
void replace_parts(const session::Conversation& conversation, size_t index, exchange::Message& message);
// Parts of one turn of the planner stand in one message, as on the wire.
void add_part(std::vector<exchange::Message>& messages, exchange::Role role, exchange::Part part);

}  // namespace weir::replay
