// Pump: standard output and error led through the supervisor, where a limit on them can be held.
#pragma once

#include <cstdint>

#include "sandbox/fd.h"

namespace weir::sandbox {

class Pump {
 public:
  // Makes the pipes. False, with errno. Without it the other functions do nothing.
  bool prepare();
  // In the sandbox's first process: its standard output and error become the pipes.
  void become_child();
  void become_parent();
  // The end that the sandbox's stream `stream` is to have; -1: the supervisor's own.
  int end(int stream) const { return theirs_[stream].get(); }

  // What to wait for, of stream 0 (output) or 1 (error); -1: nothing.
  int readable(int stream) const { return ours_[stream].get(); }
  // Moves what there is at once. Blocks while this process' own output is not read.
  void move(int stream);
  // Moves what is left, at most until more than `bytes_max` were moved in all: false then. 0: no bound.
  bool drain(uint64_t bytes_max);
  uint64_t moved() const { return moved_; }

 private:
  Fd ours_[2] = {Fd(), Fd()};
  Fd theirs_[2] = {Fd(), Fd()};
  uint64_t moved_ = 0;
};

}  // namespace weir::sandbox
