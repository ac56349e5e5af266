// One session on one screen. Pure; text from outside is made visible, and no line is wider than the screen.
#pragma once

#include <string>
#include <vector>

#include "review/session_view.h"

namespace weir::review {

enum class Tone : uint8_t { plain, good, bad, warn, dim, strong };

struct Span {
  Tone tone = Tone::plain;
  std::string text;
};
using Line = std::vector<Span>;

struct DrawOptions {
  size_t columns = 100;  // at least 40
  size_t lines_max = 0;  // past it lines of the middle are left out; 0: all are drawn
};

std::vector<Line> draw_session(const SessionView& view, const DrawOptions& options);
// One line: which it is, when, what was decided, how it stands.
Line draw_summary(const SessionView& view, size_t columns);

}  // namespace weir::review
