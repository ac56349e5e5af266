// Substitution: content in place of references in a call's arguments, after the call was decided.
//
// Once, never recursively: what looks like a reference in content is text. A leaf that is one reference from
// end to end becomes the value itself where the tool's schema lets it (a number stays a number), else its
// text; within other text it becomes its text. Linear in arguments and content, bounded by
// limits::kSubstitutedBytesMax.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "base/error.h"
#include "base/json.h"
#include "seal/vault.h"

namespace weir::seal {

// Nothing for a reference that was never given out.
using Resolve = std::function<std::optional<Resolved>(const Reference&)>;

// `text` with content in place of its references; unknown ones stay as they are.
std::string substitute_text(std::string_view text, const Resolve& resolve);

// The arguments as JSON text. `schema` is the tool's input schema, or missing. Error: too_large.
Result<std::string> substitute(json::Value arguments, json::Value schema, const Resolve& resolve);

}  // namespace weir::seal
