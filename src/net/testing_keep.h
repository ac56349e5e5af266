// Makes a test program its own keeper: children that it starts run it again with the verb `keep`. Include it
// in one file of each test program that starts children.
#pragma once

#include <unistd.h>

#include <cstring>

#include "net/keeper.h"

namespace weir::net::testing {

// Before main, which belongs to the test framework. glibc passes main's arguments to constructors.
[[gnu::constructor]] inline void keep_if_asked(int argc, char** argv) {
  if (argc > 1 && std::strcmp(argv[1], kKeepVerb) == 0) _exit(keep(argc - 2, argv + 2));
}

}  // namespace weir::net::testing
