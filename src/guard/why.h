// The one sentence that says why (DESIGN section 5): role, value, origin, and what is missing.
#pragma once

#include <string>

#include "guard/facts.h"

namespace weir::guard {

std::string why(const Situation& situation, const Facts& facts, const std::vector<session::Leaf>& leaves,
                const policy::Outcome& outcome, std::string_view tool_name);

// "file:bill.txt", "mailto:a@b.c and 2 more": the untrusted origins of a label, or all when it is trusted.
std::string origins_in_words(const Label& label);

}  // namespace weir::guard
