// The form in which texts are compared for tainting: NFKC-equivalent, case folded, invisible characters gone.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace weir::trace {

// `text` is UTF-8 (a byte of the input that is no UTF-8 stands as U+FFFD); white space of any kind is one ' '
// for each character. at[i] is the offset of text[i]'s character in the input; at.back() is one past the end,
// so that text[b, e) came from input [at[b], at[e]). `at` is empty when it was not asked for.
struct Normal {
  std::string text;
  std::vector<uint32_t> at;
};

// Compatibility decomposition, case folding, default-ignorable characters removed (zero-width, bidirectional,
// tags, variation selectors). Look-alikes stay apart. Linear.
Normal normalise(std::string_view input, bool offsets);

// What tag characters (U+E0020..E007E) in the input spell; empty when there are none.
std::string spelt_in_tags(std::string_view input);

}  // namespace weir::trace
