// Lists of models, from one API's form into another's.
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"
#include "exchange/exchange.h"

namespace weir::wire::translate {

// Where a dialect's API lists its models, for a client that asked for `path` ("/models" or "/models/ID").
std::string models_path(exchange::Dialect upstream, std::string_view path);

// The list, or the one model, of an upstream as the client's API says it. Error: unavailable, when it is
// neither.
Result<std::string> models_reply(exchange::Dialect client, std::string_view upstream_body);

}  // namespace weir::wire::translate
