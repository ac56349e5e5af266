// Observe: which paths the programs of a sandbox ask for, for drafting a profile.
//
// By seccomp's user notification: the command gets one more filter that tells the supervisor of each call
// that opens, runs, changes or looks at a path, or connects to an address, and lets it go on. What is read of
// the command's memory may be changed by the command meanwhile: this is an aid for the operator, and nothing
// is ever decided by it.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "sandbox/fd.h"
#include "sandbox/host.h"

namespace weir::sandbox {

enum class Touch : uint8_t {
  look,   // stat and the like
  read,   // open, run
  write,  // open for writing, make, rename, remove
};

// In the process that is about to become the command, after no_new_privs: installs the filter. The listener's
// descriptor, to be passed on; -1 with errno.
int install_observer();

class Observer {
 public:
  // `path` is absolute and lexically clean, as the sandbox has it.
  using OnTouch = std::function<void(Touch, std::string path)>;
  // Of the Internet; whether anything is there is not known.
  using OnConnect = std::function<void(const Address&, uint16_t port)>;
  Observer(OnTouch on_touch, OnConnect on_connect)
      : on_touch_(std::move(on_touch)), on_connect_(std::move(on_connect)) {}

  void listen(Fd fd) { fd_ = std::move(fd); }
  int fd() const { return fd_.get(); }  // -1: nothing to wait for
  // One call, if there is one; the descriptor is let go at its end.
  void take();

 private:
  void take_path(uint32_t pid, int number, const uint64_t* arguments) const;
  void take_address(uint32_t pid, const uint64_t* arguments) const;

  OnTouch on_touch_;
  OnConnect on_connect_;
  Fd fd_ = Fd();
};

}  // namespace weir::sandbox
