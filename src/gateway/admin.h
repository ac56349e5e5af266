// The person's side over HTTP: what `weir approvals`, `approve`, `deny`, `grant`, `log` and `status` talk to.
// Needs the person's token, which agents do not have.
//
//   GET    /weir/status          mode, counters, weakenings
//   GET    /weir/approvals       {"pending":[…]}: questions that wait (approval/card.h), grouped
//   POST   /weir/approvals/ID    {"answer":"once"|"session"|"always"|"deny"}
//   GET    /weir/denied          what was denied for lack of a person in this run (approval/memory.h)
//   GET    /weir/grants          {"grants":[…]}
//   POST   /weir/grants          a grant (session/grant.h) → it, with its id
//   DELETE /weir/grants/ID
//   /weir/vouches: vouches_admin.h, /weir/pins: pins_admin.h
//   GET    /weir/log?from=N&n=N  {"size","entries":[{"index","entry","detail"}]}
#pragma once

#include <memory>
#include <string>

#include "gateway/gateway.h"

namespace weir::gateway {

// `target` begins with "/weir/"; the caller has checked the token.
void handle_admin(Gateway& gateway, const std::shared_ptr<net::ServerCall>& call, const std::string& target);

}  // namespace weir::gateway
