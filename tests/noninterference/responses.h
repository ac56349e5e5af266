// A session in the Responses dialect: what its upstream says, and what its agent makes of a reply.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "demo/speak.h"
#include "demo/stream.h"

namespace weir::noninterference {

// The upstream's reply. `sealed`: a thought that only the provider could read; empty: none.
std::string responses_reply(const demo::Turn& turn, std::string_view sealed, bool stream,
                            size_t fragment_bytes);

// What the client has of one turn, and its items as they came, raw.
struct ResponsesReply {
  demo::StreamedReply reply = {};
  std::vector<std::string> items = {};
};
ResponsesReply read_responses(const std::string& body, bool stream);

// Items of the agent's.
std::string responses_message(std::string_view role, std::string_view text);
std::string responses_result(std::string_view call_id, const std::vector<std::string>& texts);

}  // namespace weir::noninterference
