#include "wire/whole_body.h"

#include <fmt/format.h>

#include <utility>

#include "base/limits.h"

namespace weir::wire {

Status check_reply_bytes(size_t bytes) {
  if (bytes > limits::kHttpResponseBytesMax)
    return too_large(
        fmt::format("the upstream's reply has more than {} bytes", limits::kHttpResponseBytesMax));
  return {};
}

Status WholeBody::feed(std::string_view bytes) {
  bytes_ += bytes;
  return check_reply_bytes(bytes_.size());
}

Result<json::Document> WholeBody::parse() {
  auto document = json::parse(std::exchange(bytes_, {}));
  if (!document) return unavailable("the upstream's reply is not JSON: " + document.error().text());
  return document;
}

}  // namespace weir::wire
