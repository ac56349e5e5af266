// HTTP heads, chunked bodies and URLs: what is accepted is unambiguous, and arrives the same however it is
// cut.
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>

#include "base/limits.h"
#include "net/chunked.h"
#include "net/head.h"
#include "net/http.h"
#include "net/url.h"

namespace {

using namespace weir::net;

void must(bool holds) {
  if (!holds) std::abort();
}

void check_fields(const Headers& headers, const Framing& framing) {
  must(headers.size() <= weir::limits::kHttpHeadersMax);
  for (const Header& field : headers) must(is_valid(field));
  must(headers.count("content-length") + headers.count("transfer-encoding") <= 1 ||
       framing.kind == Framing::Kind::none);
  Headers stripped = headers;
  remove_hop_by_hop(stripped);
  must(!stripped.has("connection") && !stripped.has("transfer-encoding") && !stripped.has("content-length"));
}

struct Scan {
  size_t size = 0;
  int refused = 0;
  bool operator==(const Scan&) const = default;
};

Scan scan(std::string_view text, size_t step) {
  HeadScanner scanner;
  std::optional<Refusal> refusal;
  Scan out;
  for (size_t end = step; out.size == 0 && !refusal; end += step) {
    out.size = scanner.scan(text.substr(0, end), refusal);
    if (end >= text.size()) break;
  }
  if (refusal) out.refused = refusal->status;
  return out;
}

struct Body {
  std::string bytes;
  int end = 0;  // 0: more, 1: done, 2: malformed
  bool operator==(const Body&) const = default;
};

Body decode(std::string_view text, size_t step) {
  ChunkedDecoder decoder;
  Body out;
  for (size_t at = 0; at < text.size() && out.end == 0; at += step) {
    std::string_view in = text.substr(at, step), piece;
    ChunkedDecoder::Step got;
    while ((got = decoder.next(in, piece)) == ChunkedDecoder::Step::data) out.bytes += piece;
    if (got == ChunkedDecoder::Step::done) out.end = 1;
    if (got == ChunkedDecoder::Step::malformed) out.end = 2;
  }
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const Scan whole = scan(text, size + 1);
  must(whole == scan(text, 1 + size / 7));
  if (whole.size > 0) {
    const std::string_view head = text.substr(0, whole.size);
    RequestHead request;
    if (!parse_request_head(head, request)) {
      check_fields(request.headers, request.framing);
      must(is_token(request.method) && (request.target.front() == '/' || request.target == "*"));
      must(request.target.find_first_of(" \r\n#") == std::string::npos);
      must(request.headers.count("host") <= 1);
    }
    ResponseHead response;
    if (!parse_response_head(head, response)) {
      check_fields(response.headers, response.framing);
      must(response.status >= 100 && response.status <= 599);
    }
    must(decode(text.substr(whole.size), size + 1) == decode(text.substr(whole.size), 3));
  }
  must(decode(text, size + 1) == decode(text, 1));
  if (const auto url = parse_url(text)) {
    const auto again = parse_url(url->text());
    must(again.has_value() && *again == *url);
  }
  return 0;
}
