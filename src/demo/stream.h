// What an agent reads out of a streamed Chat Completions reply.
//
// A reader of its own, apart from `wire`, so that the demo's agent does not see through weir's eyes. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace weir::demo {

struct StreamedCall {
  std::string id, tool, arguments;
};

struct StreamedReply {
  std::string text;
  std::vector<StreamedCall> calls;
  std::string finish_reason;
};

// `body`: the whole body of one reply. Errors: bad_input, for a body that is no such stream or ends before
// "[DONE]"; unavailable, for an error that the stream reports.
Result<StreamedReply> read_stream(std::string_view body);

}  // namespace weir::demo
