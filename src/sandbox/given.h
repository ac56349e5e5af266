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

}  // namespace weir::sandbox
