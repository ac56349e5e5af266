// Labels that servers put into a result's `_meta`, in the three forms that are in use, and the one that weir
// writes.
//
// `ifc`: {"integrity": "trusted"|"untrusted", "confidentiality": "public"|"private"} of the whole result.
// `com.github.ifc/labels`: such labels by singular JSONPath (RFC 9535) into the result, "$" for what nothing
// nearer is said of, confidentiality being a list of readers. `io.modelcontextprotocol/trust-annotations`:
// {"untrusted": bool, "sensitive": bool} of the whole result. What is in no known form is the worst label.
// Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "label/said.h"
#include "wire/mcp/message.h"

namespace weir::wire::mcp {

// Whether a member of `_meta` is one of these.
bool is_label_key(std::string_view key);
// `result` of tools/call, resources/read or prompts/get.
SaidLabels read_labels(json::Value result);

// The names and indexes of a singular JSONPath query; nothing for anything else.
std::optional<std::vector<std::string>> json_path(std::string_view text);

// The answer with weir's own trust annotations, and without the labels of the other forms where the server is
// not `believed`: whoever trusts weir must not take them for weir's.
std::string with_annotations(const Message& answer, bool untrusted, bool sensitive, bool believed);

}  // namespace weir::wire::mcp
