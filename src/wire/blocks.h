// Content blocks of the Messages dialect, as requests and replies share them. For the files of this folder.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "wire/dialect.h"

namespace weir::wire {

enum class BlockKind : uint8_t {
  text,
  thinking,  // thinking, redacted_thinking
  call,      // tool_use
  result,    // tool_result
  media,     // image, document, search_result, container_upload, compaction, fallback
  hosted,    // what the provider ran: server_tool_use, mcp_tool_use, web_search_tool_result, …
  unknown,
};
BlockKind block_kind(std::string_view type);

// A string or a list of blocks. `places`, where given, gets one place for each part.
Status read_content(json::Value content, const std::string& where, const Options& options,
                    std::vector<exchange::Part>& parts, std::vector<PartPlace>* places = nullptr);

}  // namespace weir::wire
