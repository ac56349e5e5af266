// The person's pages about vouches, beside those of admin.h:
//
//   GET    /weir/vouches      {"vouches":[…]}
//   POST   /weir/vouches      {"origin" or "session" and "value","reason","expires"} → it, with its id
//   DELETE /weir/vouches/ID
#pragma once

#include <memory>
#include <string>

#include "gateway/gateway.h"

namespace weir::gateway {

// The caller has checked the person's token.
void handle_vouches(Gateway& gateway, const std::shared_ptr<net::ServerCall>& call, const std::string& path);

}  // namespace weir::gateway
