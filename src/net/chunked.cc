#include "net/chunked.h"

#include <algorithm>

#include "base/limits.h"

namespace weir::net {
namespace {

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool is_text(char c) {
  return (static_cast<uint8_t>(c) >= 0x20 && c != 0x7f) || c == '\t';
}

}  // namespace

bool ChunkedDecoder::take(char c) {
  switch (state_) {
    case State::size_start:
    case State::size: {
      const int value = hex_value(c);
      if (value >= 0) {
        left_ = left_ * 16 + static_cast<uint64_t>(value);
        state_ = State::size;
        return ++digits_ <= 15;
      }
      if (state_ == State::size_start) return false;
      state_ = c == '\r' ? State::size_lf : State::extension;
      return c == '\r' || c == ';' || c == ' ' || c == '\t';
    }
    case State::extension:
      if (c == '\r') state_ = State::size_lf;
      return c == '\r' || (is_text(c) && ++overhead_bytes_ <= limits::kHttpHeaderBytesMax);
    case State::size_lf:
      state_ = left_ > 0 ? State::data : State::line_start;
      digits_ = 0;
      return c == '\n';
    case State::data_cr:
      state_ = State::data_lf;
      return c == '\r';
    case State::data_lf:
      state_ = State::size_start;
      return c == '\n';
    case State::line_start:
      state_ = c == '\r' ? State::last_lf : State::trailer;
      return c == '\r' ||
             (is_text(c) && c != ' ' && c != '\t' && ++overhead_bytes_ <= limits::kHttpHeaderBytesMax);
    case State::trailer:
      if (c == '\r') state_ = State::trailer_lf;
      return c == '\r' || (is_text(c) && ++overhead_bytes_ <= limits::kHttpHeaderBytesMax);
    case State::trailer_lf:
      state_ = State::line_start;
      return c == '\n';
    case State::last_lf:
      done_ = true;
      return c == '\n';
    case State::data:
      break;
  }
  return false;
}

ChunkedDecoder::Step ChunkedDecoder::next(std::string_view& in, std::string_view& piece) {
  while (!in.empty()) {
    if (state_ == State::data) {
      piece = in.substr(0, static_cast<size_t>(std::min<uint64_t>(left_, in.size())));
      in.remove_prefix(piece.size());
      left_ -= piece.size();
      if (left_ == 0) state_ = State::data_cr;
      return Step::data;
    }
    const char c = in.front();
    in.remove_prefix(1);
    if (!take(c)) return Step::malformed;
    if (done_) return Step::done;
  }
  return Step::more;
}

}  // namespace weir::net
