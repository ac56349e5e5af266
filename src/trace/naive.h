// What index.h promises about copies, the plain way: for tests and benchmarks only.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/limits.h"
#include "label/label.h"

namespace weir::trace {

struct NaiveText {
  std::string compact;  // normalised, without white space
  LabelId label;
};

// For each character of `query` (compact too) the label under which it was copied, or kNoLabel: characters of
// a window of kTraceCopyCharsMin that stands in a text; the earliest text decides whether they are trusted;
// what is left counts where it is as long as a window.
inline std::vector<LabelId> naive_copies(Labels& labels, const std::vector<NaiveText>& texts,
                                         std::string_view query) {
  constexpr size_t kMin = limits::kTraceCopyCharsMin;
  std::vector<LabelId> result(query.size(), kNoLabel);
  std::vector<bool> seen(query.size(), false);
  for (const NaiveText& text : texts) {
    std::vector<bool> covered(query.size(), false);
    for (size_t at = 0; at + kMin <= query.size(); ++at) {
      if (text.compact.find(query.substr(at, kMin)) == std::string::npos) continue;
      for (size_t i = at; i < at + kMin; ++i) covered[i] = true;
    }
    for (size_t i = 0; i < query.size(); ++i) {
      if (!covered[i]) continue;
      const bool trusted = labels.clean(text.label);
      if (!seen[i]) {
        seen[i] = true;
        result[i] = trusted ? kNoLabel : text.label;
      } else if (result[i] != kNoLabel && !trusted) {
        result[i] = labels.join(result[i], text.label);
      }
    }
  }
  for (size_t at = 0; at < result.size();) {
    size_t end = at;
    while (end < result.size() && result[end] != kNoLabel) ++end;
    if (end - at < kMin) {
      for (size_t i = at; i < end; ++i) result[i] = kNoLabel;
    }
    at = end + 1;
  }
  return result;
}

// Where a run of `query` stands in `text`, by comparing every place with every other.
inline size_t naive_longest(std::string_view text, std::string_view query) {
  size_t longest = 0;
  for (size_t q = 0; q < query.size(); ++q) {
    for (size_t t = 0; t < text.size(); ++t) {
      size_t n = 0;
      while (q + n < query.size() && t + n < text.size() && query[q + n] == text[t + n]) ++n;
      if (n > longest) longest = n;
    }
  }
  return longest;
}

}  // namespace weir::trace
