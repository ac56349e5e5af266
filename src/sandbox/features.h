// What the sandbox needs of the kernel, each thing tried out: for weir doctor. A sandbox itself probes
// nothing ahead; the step that fails is the refusal (stage.h).
#pragma once

#include <string>
#include <vector>

namespace weir::sandbox {

struct Feature {
  std::string name;
  bool needed = true;
  bool there = false;
  std::string says;  // "version 7", or what failed
  std::string fix;   // where it is not there
};

// Starts some short-lived processes. For a process with one thread.
std::vector<Feature> probe();

}  // namespace weir::sandbox
