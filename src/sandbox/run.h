// run: one command in a sandbox, from start to end, in this process.
//
// Guarantees: the command sees only what the plan names, under Landlock, a seccomp allow-list, no
// capabilities and no way to gain any, in namespaces of its own (user, mount, pid, ipc, uts, cgroup, and net
// unless the plan says otherwise); nothing of the sandbox outlives the command, or this process; limits that
// the kernel does not hold are watched. A step that fails is a refusal: nothing is run with less.
//
// Not guaranteed: that what is written under `write` fits the disk; that a granted folder holds no socket
// through which something outside can be reached; timing and other covert channels; kernel bugs behind the
// allowed system calls.
//
// The process must have one thread and should hold no secrets: the sandbox's first process is a copy of it
// (which the command cannot look into).
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/error.h"
#include "sandbox/listeners.h"
#include "sandbox/observe.h"
#include "sandbox/plan.h"

namespace weir::sandbox {

class Spare;

struct Outcome {
  enum class Kind : uint8_t {
    exited,      // value: the exit code
    killed,      // value: the signal
    over_limit,  // `limit` says which
  };
  Kind kind = Kind::exited;
  int value = 0;
  std::string limit = {};              // "more than 2 GiB of memory"
  std::vector<std::string> held = {};  // what was made and would run later, under the names that it has now
  // As a shell would say it: the code, 128 + the signal, 124 for a limit.
  int exit_code() const;
};

// Who else may end the command: a socket of packets. One packet says that it shall end: TERM comes after
// `close_ms`, KILL after as many again. Its end without one: nobody cares any more, and all is killed.
struct Orders {
  int fd = -1;
  int64_t close_ms = 0;
};

// The first process of a sandbox that has ended: what is left is for the kernel to take down.
class Remains {
 public:
  Remains() = default;
  Remains(const Remains&) = delete;
  Remains& operator=(const Remains&) = delete;
  ~Remains();  // waits for that
  void keep(int pid) { pid_ = pid; }

 private:
  int pid_ = -1;
};

// What there may be besides; borrowed for the call.
struct Beside {
  const Way* way = nullptr;      // needed where the plan's network is hosts: egress/start.h makes it
  Observer* observer = nullptr;  // is told what the command asks for
  Spare* spare = nullptr;        // used where it fits
  const Orders* orders = nullptr;
  Remains* remains = nullptr;  // given: run() does not wait for the kernel, where no process is left
};

// Errors: unavailable, with what is missing and what mends it; nothing was run then. Standard input, output
// and error are this process', which lets go of its own input and output. TERM, INT, HUP and QUIT that come
// to this process go to the command.
Result<Outcome> run(const Plan& plan, const Command& command, const std::map<std::string, std::string>& env,
                    const Beside& beside = {});

}  // namespace weir::sandbox
