// Models: `GET /v1/models` and `/v1/models/ID`, answered by an upstream, in the client's form of the list.
#pragma once

#include <memory>
#include <string>

#include "gateway/gateway.h"

namespace weir::gateway {

// Of the first upstream that speaks the client's dialect, or else of the first. `target`: with its query.
void pass_models(Gateway& gateway, const std::shared_ptr<net::ServerCall>& call, const std::string& target);

}  // namespace weir::gateway
