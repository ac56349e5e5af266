// Models: `GET /v1/models`, `/v1/models/ID` and their like, answered by an upstream, in the client's form of
// the list.
#pragma once

#include <memory>
#include <string>

#include "gateway/forms.h"
#include "gateway/gateway.h"

namespace weir::gateway {

// Of the first upstream that speaks the route's dialect; or else of the first, where the list can be said in
// that dialect.
void pass_models(Gateway& gateway, const std::shared_ptr<net::ServerCall>& call, const Route& route);

}  // namespace weir::gateway
