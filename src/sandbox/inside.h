// The sandbox from within: its first process, which prepares it, starts the command and reaps.
#pragma once

#include <string>
#include <vector>

#include "sandbox/listeners.h"
#include "sandbox/plan.h"
#include "sandbox/stage.h"

namespace weir::sandbox {

// What the first process says to the supervisor, one a packet (SOCK_SEQPACKET).
struct Report {
  enum class Kind : int32_t {
    failed,    // nothing was run
    ready,     // comes with a descriptor of the sandbox's /proc; the command is about to be started
    ended,     // `status` as wait(2) gives it
    observed,  // comes with the observer's descriptor; from the command's process, before the command
  };
  Kind kind = Kind::failed;
  int32_t status = 0;
  int32_t alone = 0;  // with `ended`: nothing but the first process is left in the sandbox
  Failure failure = {};
};

struct Entry {
  const Plan* plan = nullptr;
  std::string program;            // the path that is run
  std::vector<char*> argv, envp;  // both end with nullptr
  unsigned uid = 0, gid = 0;      // the user outside, who it is inside, too
  const Way* way = nullptr;       // where the plan's network is hosts
  bool observed = false;          // install_observer
  int report = -1;                // the first process' end of the socket
  bool shares_terminal = false;   // standard input is a terminal: the command becomes its foreground
};

// Flags for clone3 by which the first process must have been made.
uint64_t namespaces(const Plan& plan);

// The first process' main. Ends with the command, and with it all that is in the sandbox; at once when the
// supervisor is gone.
[[noreturn]] void be_first(const Entry& entry);

// As be_first, with what Spare::give sends; all that needs no entry is done before that comes. The user's ids
// outside.
[[noreturn]] void be_spare(int report, unsigned uid, unsigned gid);

}  // namespace weir::sandbox
