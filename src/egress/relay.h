// Relay: the egress process' main.
#pragma once

#include "egress/process.h"

namespace weir::egress {

// Greets through `door`, waits there for the listeners (sandbox/listeners.h), and serves them until the other
// end is closed by all who have it. The greeting is JSON: {"env": {NAME: stand-in}, "authority": PEM} or
// {"error": …, "hint": …}. Gives the exit code.
int relay(int door, const Options& options);

}  // namespace weir::egress
