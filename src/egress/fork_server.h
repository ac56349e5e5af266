// ForkServer: the process that makes weir's sandboxes. Forked from weir before it has read anything, it stays
// small and single-threaded, so that a copy of it costs little; one sandbox's supervisor is such a copy. It
// keeps a spare (sandbox/spare.h) for the next.
//
// A sandbox that it made is told of its end, and tells of it, on the control socket (net/keeper.h). It ends
// at once when nobody holds the other end of that any more, and with the fork server. The fork server ends
// when weir does, after the sandboxes that were told to end in order.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/error.h"
#include "net/child.h"
#include "sandbox/fd.h"

namespace weir::egress {

class ForkServer {
 public:
  // Forks. First thing in main: before threads, before anything is read that a sandbox should not have a copy
  // of. The environment is not in the copy. Errors: unavailable.
  static Result<ForkServer> start();

  // For net::ChildOptions::maker: the child of sandbox::enclosed(). False where the server is gone or the
  // command is too long for it: then weir starts itself for it. Any thread; does not block.
  bool make(const net::ChildOptions& child, const net::ChildEnds& ends) const;

 private:
  explicit ForkServer(sandbox::Fd socket) : socket_(std::move(socket)) {}

  sandbox::Fd socket_;
};

}  // namespace weir::egress
