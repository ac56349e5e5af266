// Process: the egress of one sandbox, from before its first process until after its last.
//
// Forked from the supervisor, which must have one thread. It holds the secrets and the key of its authority;
// the supervisor, and so the sandbox's first process, get neither. It ends when the supervisor lets go of it,
// or is gone, and the sandbox with it.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/error.h"
#include "sandbox/listeners.h"
#include "sandbox/plan.h"

namespace weir::egress {

struct Options {
  std::string profile, program;  // for the record
  std::string record = {};       // the record's file; empty: none
  std::vector<sandbox::Host> hosts = {};
  std::vector<sandbox::Secret> secrets = {};
  int ledger = -1;     // where each connection is noted (notary.h); -1: nowhere
  bool any = false;    // for learning: every public host on the ports of `hosts`
  bool quiet = false;  // refusals are not told on standard error
};

// The variable in which a process that starts another one for a sandbox hands it a secret that it has.
std::string secret_variable(const sandbox::Secret& secret);

class Process {
 public:
  // Errors: unavailable (a secret is not there, no more processes).
  static Result<Process> start(const Options& options);
  Process(Process&& other) noexcept;
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;
  ~Process();  // waits until all is recorded

  // For sandbox::run.
  const sandbox::Way& way() const { return way_; }
  // Stand-ins for the secrets, and where programs find the authority's certificate.
  const std::map<std::string, std::string>& env() const { return env_; }

 private:
  Process() = default;

  sandbox::Way way_;
  std::map<std::string, std::string> env_;
  int pid_ = -1;
};

}  // namespace weir::egress
