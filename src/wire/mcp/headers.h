// The headers of streamable HTTP in the stateless era (MCP 2026-07-28, Transports, "Request Metadata"): the
// method, the name and chosen arguments of a request, repeated where those between can read them, and equal
// to the body or refused. Pure.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/json.h"
#include "wire/mcp/message.h"

namespace weir::wire::mcp {

using HeaderList = std::vector<std::pair<std::string, std::string>>;

// A text as a field value: itself where that is safe, else "=?base64?…?=".
std::string header_value(std::string_view text);
// And back. Nothing when it is no field value, or a sentinel around what is no base64 of UTF-8.
std::optional<std::string> from_header_value(std::string_view value);

// An argument that a tool's schema wants repeated (`x-mcp-header`).
struct HeaderParam {
  std::string header;             // with "Mcp-Param-"
  std::vector<std::string> path;  // of properties, from the arguments down
};
// All of a tool's; none when the schema is no object. Error: bad_input where an annotation breaks a rule (an
// empty or repeated name, no token, no primitive type, not reached by `properties` alone): no client may use
// such a tool over HTTP.
Result<std::vector<HeaderParam>> header_params(json::Value schema);

// MCP-Protocol-Version, Mcp-Method and, where the method has one, Mcp-Name.
HeaderList standard_headers(std::string_view revision, std::string_view method, json::Value params);
// Mcp-Param-* of a call's arguments.
HeaderList param_headers(const std::vector<HeaderParam>& params, json::Value arguments);

// All fields of that name in a request's head.
using FindHeaders = std::function<std::vector<std::string_view>(std::string_view name)>;
// Whether head and body say the same. Error: bad_input, for kHeaderMismatch.
Status check_standard_headers(const Message& message, std::string_view revision, const FindHeaders& find);
Status check_param_headers(const std::vector<HeaderParam>& params, json::Value arguments,
                           const FindHeaders& find);

}  // namespace weir::wire::mcp
