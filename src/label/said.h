// What a source says of the labels of its own data: claims, which count only as far as the source is
// believed. Plain values.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "label/readers.h"

namespace weir {

// What is absent is not claimed.
struct SaidLabel {
  std::optional<bool> trusted = {};
  std::optional<Readers> readers = {};

  bool empty() const { return !trusted && !readers; }
  // Both are said of the same data: the stricter of the two, in each.
  SaidLabel also(const SaidLabel& other) const;
  // One is said of one part of some data, the other of another: what then holds for all of it.
  SaidLabel with(const SaidLabel& other) const;
  // The worst there is: for what is said in no known form.
  static SaidLabel worst() { return {false, Readers::owner()}; }
};

// Of one result of an MCP server.
struct SaidLabels {
  SaidLabel whole;                                                 // holds everywhere
  SaidLabel fallback;                                              // where nothing nearer is said
  std::vector<std::pair<std::string, SaidLabel>> structured = {};  // by JSON pointer into the structured text
  std::optional<SaidLabel> rest = {};  // of parts of the other texts, all together
  bool rest_covered = false;           // they are all of the other texts
  bool structured_first = false;       // the first text is the structured one

  bool empty() const { return whole.empty() && fallback.empty() && structured.empty() && !rest; }
  // What holds for a piece of the text with that index, of `texts`, at that pointer.
  SaidLabel of(size_t text_index, size_t texts, const std::string& pointer) const;
};

}  // namespace weir
