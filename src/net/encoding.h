// Content codings of bodies (RFC 9110 section 8.4): gzip (RFC 1952) and zstd (RFC 8878), read only.
//
// A few bytes can be made to say gigabytes: what comes out is bounded in size and in its ratio to what went
// in (kDecodedRatioMax past the first kDecodedFreeBytes), and zstd's window to what the RFC asks every
// decoder to have. A body that is cut short, or has something behind its end, is an error. One thread an
// object.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/error.h"
#include "net/http.h"

namespace weir::net {

inline constexpr size_t kDecodedRatioMax = 200;
inline constexpr size_t kDecodedFreeBytes = size_t{1} << 20;
inline constexpr int kZstdWindowLogMax = 23;  // 8 MiB

class Decoder {
 public:
  virtual ~Decoder() = default;
  // What comes out of these bytes. Errors: bad_input, too_large.
  virtual Result<std::string> feed(std::string_view bytes) = 0;
  // The body has ended. Error: bad_input, when it was cut short.
  virtual Status end() = 0;
};

// What the body is encoded with: "" when with nothing. Error: unsupported, for a coding that weir does not
// read, and for several.
Result<std::string> coding_of(const Headers& headers);
// `coding`: one that coding_of() gives. At most `bytes_max` come out.
std::unique_ptr<Decoder> make_decoder(std::string_view coding, size_t bytes_max);

// A whole body, decoded as its headers say; Content-Encoding goes from them.
Result<std::string> decode_body(Headers& headers, std::string body, size_t bytes_max);

}  // namespace weir::net
