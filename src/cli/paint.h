// Colour on a terminal, and none elsewhere or with NO_COLOR.
#pragma once

#include <string>
#include <string_view>

namespace weir::cli {

enum class Paint : uint8_t { good, bad, warn, dim, strong };
std::string painted(Paint paint, std::string_view text);
// "allow" green, "ask" yellow, "deny" red.
std::string painted_decision(std::string_view decision);

}  // namespace weir::cli
