#include "net/lines.h"

#include <algorithm>
#include <utility>

namespace weir::net {

LineCutter::Cut LineCutter::take(std::string_view& in, std::string& line) {
  while (!in.empty()) {
    const size_t feed = in.find('\n');
    const bool whole = feed != std::string_view::npos;
    const std::string_view piece = in.substr(0, feed);
    in.remove_prefix(whole ? feed + 1 : in.size());
    if (dropping_) {
      dropping_ = !whole;
      continue;
    }
    // One byte more than the bound may be the carriage return of the line's end.
    const size_t room = bytes_max_ + 1 - pending_.size();
    pending_.append(piece.substr(0, room));
    const bool ends_in_return = piece.size() <= room && pending_.ends_with('\r');
    if (whole && ends_in_return) pending_.pop_back();
    const bool fits = pending_.size() <= bytes_max_ && piece.size() <= room;
    if (!whole && (fits || ends_in_return)) continue;
    line = std::exchange(pending_, {});
    if (fits) return Cut::line;
    line.resize(std::min(line.size(), bytes_max_));
    dropping_ = !whole;
    return Cut::too_long;
  }
  return Cut::more;
}

}  // namespace weir::net
