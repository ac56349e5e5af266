// LineCutter: cuts a stream of bytes into lines, whatever pieces it comes in, and keeps only so much.
//
// Linear in the bytes; holds at most one unfinished line. Knows nothing of encodings. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace weir::net {

class LineCutter {
 public:
  enum class Cut { more, line, too_long };

  // `bytes_max` counts a line without its end.
  explicit LineCutter(size_t bytes_max) : bytes_max_(bytes_max) {}

  // Takes bytes off the front of `in`. `line`: one is in `line`, without its line feed and a carriage return
  // before that. `too_long`: the first bytes_max bytes of one are in `line`, its other bytes are dropped
  // until it ends. `more`: `in` is used up. Call it until it says `more`.
  Cut take(std::string_view& in, std::string& line);
  // The bytes of a line whose end has not come.
  size_t pending() const { return pending_.size(); }

 private:
  size_t bytes_max_;
  std::string pending_;
  bool dropping_ = false;
};

}  // namespace weir::net
