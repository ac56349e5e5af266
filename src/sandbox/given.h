// Given: an Entry as it is handed to a process that was made before it.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sandbox/inside.h"
#include "sandbox/packed.h"

namespace weir::sandbox {

// Plan, program, argv and environment; not what else an entry has.
std::vector<std::string> entry_strings(const Entry& entry);

struct Given {
  Packet packet;  // its strings are what the entry points into
  Plan plan;
  Way way;
  Entry entry;
};

// A packet of entry_strings() with standard input, output and error, and the door of a Way where there is
// one. The three become this process' own. Nothing where it is no such packet.
std::unique_ptr<Given> take_given(Packet packet);

// Does with a plan what will be done with the one that comes on the socket, unless one is there: in a process
// that was just forked the first touch of each page, of code too, is a fault, and better had while nobody
// waits.
void rehearse(int socket);

}  // namespace weir::sandbox
