// What revision 2026-07-28 allows and the eras before it do not, in their form. Texts in, texts out. Pure.
#pragma once

#include <string>
#include <string_view>

#include "wire/mcp/message.h"

namespace weir::wire::mcp {

// A tool's result where structuredContent is an object: any other is left out, and is text where there is no
// content else. The whole answer.
std::string object_result(const Message& answer);

// Whether a tool's `outputSchema`, where its entry has one, is of an object.
bool has_object_output(std::string_view entry);

}  // namespace weir::wire::mcp
