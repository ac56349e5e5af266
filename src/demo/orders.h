// Orders: sentences that tell a model to call a tool.
//
//   call TOOL with {JSON}            "call" in any case, any white space between the words
//
// A string in the JSON may hold [[text of VALUE]]: what came back from the call that had VALUE as an
// argument. Linear in the text; what is no such sentence is passed over. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace weir::demo {

inline constexpr size_t kOrderBytesMax = 8192;  // of one order's JSON

struct Order {
  std::string tool;       // as written
  std::string arguments;  // a JSON object, as written
};

// Appends the orders of a text. Where the text is itself a JSON object or array, those of the strings in it.
void scan_orders(std::string_view text, std::vector<Order>& out);

}  // namespace weir::demo
