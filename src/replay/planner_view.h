// A conversation as Chat Completions messages: what `--planner-view` prints.
#pragma once

#include <string>
#include <vector>

#include "exchange/exchange.h"

namespace weir::replay {

// A JSON array; equal conversations give equal bytes.
std::string chat_messages(const std::vector<exchange::Message>& messages);

}  // namespace weir::replay
