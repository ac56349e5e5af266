// The chunked transfer coding (RFC 9112 section 7.1), decoded as it arrives. Strict and pure, as head.h is.
// Extensions are skipped and trailers dropped; both together are bounded by kHttpHeaderBytesMax.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace weir::net {

class ChunkedDecoder {
 public:
  enum class Step { data, more, done, malformed };

  // Takes bytes from the front of `in`. `data`: a piece of the body, a view into what `in` was; call again.
  // `more`: `in` is used up. `done`: the message is over; `in` is what follows it. `malformed`: it is not
  // chunked.
  Step next(std::string_view& in, std::string_view& piece);
  void reset() { *this = {}; }

 private:
  enum class State {
    size_start,
    size,
    extension,
    size_lf,
    data,
    data_cr,
    data_lf,
    line_start,
    trailer,
    trailer_lf,
    last_lf
  };
  bool take(char c);  // one byte outside of data; false: malformed

  State state_ = State::size_start;
  bool done_ = false;
  int digits_ = 0;
  uint64_t left_ = 0;          // of this chunk
  size_t overhead_bytes_ = 0;  // extensions and trailers so far
};

}  // namespace weir::net
