// Screen: cards as lines of a terminal. Pure: the same card and shape always give the same lines.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "approval/card.h"

namespace weir::approval {

struct Shape {
  size_t width = 80;   // columns
  size_t height = 24;  // lines
  bool color = false;
  bool whole = false;  // values are not cut to a few lines
  size_t scroll = 0;   // lines of arguments that are left out at the top
};

struct Screen {
  std::vector<std::string> lines;  // no line ends; at most `height`
  size_t scroll_max = 0;           // past it there is nothing further to see
};

// The live view: which groups wait, the card at `at` (an index into `cards`, which are in the order of
// Queue::questions), and the keys. `note` is one line about what was just done; may be empty.
Screen live_screen(const std::vector<Card>& cards, size_t at, std::string_view note, const Shape& shape);

// Instead of it, while weir cannot be asked what waits. `trouble` was made visible.
Screen trouble_screen(std::string_view trouble, const Shape& shape);

// The same card to be printed once, without keys: ends with the commands that answer it.
std::vector<std::string> printed_card(const Card& card, const Shape& shape);

// Columns that a terminal gives the text: wide characters count two, combining marks none.
size_t columns(std::string_view text);

}  // namespace weir::approval
