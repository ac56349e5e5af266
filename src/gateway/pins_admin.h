// The person's side of pins over HTTP: what `weir pins` talks to. Needs the person's token.
//
//   GET  /weir/pins          {"pins":[{"server","tool","state","digest","findings":[…],"difference":[…]}]}
//                            `digest` is of what waits, else of what was accepted; `difference` (lines for a
//                            person, see manifest/pin.h) only where something waits, and left out past
//                            limits::kPinDifferenceBytesMax of all of them
//   POST /weir/pins/accept   {"server":…,"tool":…,"digest":…} → {"accepted":N}. Without "tool": all that
//   waits
//                            of the server. With "digest" (or the first 12 or more of its hex digits) only
//                            if that is what waits: nobody accepts what came after they looked.
#pragma once

#include <memory>
#include <string>

#include "gateway/gateway.h"

namespace weir::gateway {

// `path` begins with "/weir/pins"; the caller has checked the token.
void handle_pins(Gateway& gateway, const std::shared_ptr<net::ServerCall>& call, const std::string& path);

}  // namespace weir::gateway
