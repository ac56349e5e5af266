// Heads of HTTP/1 messages, parsed strictly (RFC 9112). Pure: no I/O, no state but what is passed in.
//
// Strict means: lines end in CRLF, no obs-fold, no white space before the colon, one Host, one Content-Length
// of digits only, "chunked" as the only transfer coding and never beside a Content-Length, no control
// characters. Internal to net; in a header so that tests and the fuzzer reach it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "net/http.h"

namespace weir::net {

// Why a message was refused: the status a server answers with, and a sentence that holds nothing of the
// message.
struct Refusal {
  int status = 400;
  std::string_view message;  // static text
};

// Looks for the end of a head in a growing buffer, each byte once.
class HeadScanner {
 public:
  // `buffer` starts where it started on the calls before, longer. Gives the head's size, the empty line
  // included; 0 when it is not all there. Sets `refusal` for a line that does not end in CRLF, and past
  // kHttpHeaderBytesMax or kHttpHeadersMax.
  size_t scan(std::string_view buffer, std::optional<Refusal>& refusal);
  void reset() { *this = {}; }
  bool started() const { return at_ > 0; }

 private:
  size_t at_ = 0;          // bytes looked at
  size_t line_start_ = 0;  // of the line that at_ is in
  size_t lines_ = 0;
};

// How long the body is.
struct Framing {
  enum class Kind { none, length, chunked, until_close } kind = Kind::none;
  uint64_t length = 0;
};

struct RequestHead {
  std::string method, target;
  int minor_version = 1;  // HTTP/1.x
  Headers headers;
  Framing framing;
  bool keep_alive = true;
  bool expects_continue = false;
};

struct ResponseHead {
  int status = 0;
  int minor_version = 1;
  Headers headers;
  Framing framing;  // as RFC 9112 section 6.3 has it for a request that was not HEAD
  bool keep_alive = true;
};

// `head` is what HeadScanner delimited. A head that is refused leaves `out` unspecified.
std::optional<Refusal> parse_request_head(std::string_view head, RequestHead& out);
std::optional<Refusal> parse_response_head(std::string_view head, ResponseHead& out);

}  // namespace weir::net
