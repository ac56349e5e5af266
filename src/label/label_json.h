// A label as JSON, for `store`: {"origins":[["tool:files/read
// file:x",false]],"readers":["owner"],"more":[0,1]}. "readers" is absent for everyone, "more" (unnamed
// trusted, untrusted origins) when there are none.
#pragma once

#include <string>
#include <string_view>

#include "label/label.h"

namespace weir {

std::string label_json(const Label& label);
// Error: bad_input. parse_label(label_json(x)) == x.
Result<Label> parse_label(std::string_view json);

}  // namespace weir
