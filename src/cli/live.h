// The live view of `weir approvals`: asks on a terminal, answered by keys.
//
// Redraws when something changes. An answering key counts for the ask that is on the screen: what was typed
// before the screen moved on to another ask by itself is dropped, and so is what comes within a moment after.
// Leaves the terminal as it was, also on SIGINT and SIGTERM. One thread.
#pragma once

#include "cli/command.h"

namespace weir::cli {

// Needs a terminal on standard input and output. Ends with `q`, end of input or a signal: kDone. No weir
// there at the start is an error; one that goes away later is waited for.
int run_live(const Common& common);

}  // namespace weir::cli
