// The one-time answer link, GET and POST /a/TOKEN: a page with one ask, and its answer.
//
// The token (128 bits, from the system's generator) is the whole credential. A GET changes nothing, whoever
// fetches it; a POST answers, and must come from the page itself: Host is one of weir's own loopback names
// (against names that were made to point here), Origin is that same address. The link dies with the answer or
// the time-out; a dead one looks like one that never was. Without links (weir listens beyond loopback) every
// request gets that same 404.
#pragma once

#include <memory>

#include "gateway/gateway.h"

namespace weir::gateway::page {

// The target begins with "/a/".
void handle(Gateway& gateway, const std::shared_ptr<net::ServerCall>& call);

}  // namespace weir::gateway::page
