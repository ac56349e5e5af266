// How the person's routes answer: JSON that nobody keeps, errors in one shape. For this folder.
#pragma once

#include <memory>
#include <string>

#include "base/error.h"
#include "net/server.h"

namespace weir::gateway {

using CallPtr = std::shared_ptr<net::ServerCall>;  // shared with the server

// Nothing when the client went away.
void answer_json(const CallPtr& call, int status, std::string body);
// {"error":{"message","where","hint"}} with the status of the error's code.
void answer_error(const CallPtr& call, const Error& error);

}  // namespace weir::gateway
