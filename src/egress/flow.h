// Flow: one connection out of a sandbox, from accept to end, in a thread of its own.
#pragma once

#include <atomic>
#include <string>
#include <vector>

#include "egress/certificates.h"
#include "egress/dial.h"
#include "egress/names.h"
#include "egress/notary.h"
#include "egress/pump.h"
#include "egress/record.h"
#include "egress/requests.h"
#include "sandbox/plan.h"

namespace weir::egress {

// A secret as it leaves, and where to.
struct Held {
  Swap swap;
  sandbox::Host host;
};

// What all connections of a sandbox share. Nothing of it changes but what looks after itself.
struct Session {
  std::vector<sandbox::Host> hosts;
  std::vector<Held> secrets;
  bool any = false;  // learning: whatever is asked for is granted, as `raw` too
  Certificates certificates;
  Context upstream;  // absent without secrets
  Names names;
  Dialler dialler;
  Record* record = nullptr;
  Notary* notary = nullptr;

  // Null: not granted. `name` is canonical or an address.
  const sandbox::Host* grant(const std::string& name, uint16_t port) const;
  // Whether a name of any granted port is this one.
  bool knows(const std::string& name) const;
};

// The connection's own part, which whoever wants to record a flow under way looks at, too.
struct Flow {
  Entry entry;  // the thread's own; host and port set
  Counts counts;
  std::atomic<int64_t> noted = -1;  // the index of its entry on the ledger
  std::atomic<bool> ended = false;
};

// Fills in whom a client that was accepted is connected to.
void place(int client, const Session& session, Entry& entry);

// Blocks. Leaves in the entry what there is to record.
void serve(Session& session, sandbox::Fd client, Flow& flow);

}  // namespace weir::egress
