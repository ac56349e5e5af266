// The body of an upstream's reply that is read in one piece. For the files of this folder.
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"
#include "base/json.h"

namespace weir::wire {

// Error: too_large, past kHttpResponseBytesMax.
Status check_reply_bytes(size_t bytes);

class WholeBody {
 public:
  // Error: too_large, past kHttpResponseBytesMax.
  Status feed(std::string_view bytes);
  // All that came, as JSON; what comes afterwards begins a new body. Error: unavailable, when it is none.
  Result<json::Document> parse();

 private:
  std::string bytes_;
};

}  // namespace weir::wire
