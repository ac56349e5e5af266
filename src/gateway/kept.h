// What weir keeps of the Responses API in a provider's place: whose it is, for how long, and how clients are
// answered about it. For this folder.
#pragma once

#include <memory>
#include <string>

#include "gateway/gateway.h"

namespace weir::gateway {

// What a client proves to be itself by; what it left here nobody else may go on from.
std::string owner_of(const net::Headers& headers);

// Wall clock: what was kept before it is kept no longer.
int64_t oldest_kept(Gateway& gateway);

// An answer in the API's words; nothing once the client has left.
void answer_kept(const std::shared_ptr<net::ServerCall>& call, int status, std::string body);
void refuse_kept(const std::shared_ptr<net::ServerCall>& call, const Error& error);

// The call's body, decoded in place. False: it was refused.
bool decode_kept(const std::shared_ptr<net::ServerCall>& call);

}  // namespace weir::gateway
