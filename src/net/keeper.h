// The keeper: a small process between weir and a child of weir, so that the child's whole tree ends, however
// weir ends. Internal to net, but for keep().
//
// weir starts its own binary again with the verb `keep` (posix_spawn, so that threads do not matter). That
// process is single-threaded, a subreaper (prctl(2)) in a session of its own, and starts the real child in
// yet another session. Every descendant that loses its parent becomes the keeper's child. It ends when it has
// no child left, with the child's exit code (128 + the signal's number for one that was killed).
//
// Not covered: descendants that another user owns (set-user-ID programs), and a keeper that is itself killed
// by SIGKILL: then the child is killed with it (PR_SET_PDEATHSIG), but not what the child has started.
#pragma once

#include <cstdint>

namespace weir::net {

inline constexpr char kKeepVerb[] = "keep";
inline constexpr int kKeeperControlFd = 3;
inline constexpr int kKeeperLineFd = 4;  // the child's line (child.h), where it has one

// On the control socket (SOCK_SEQPACKET), one a packet.
struct KeeperMessage {
  enum Kind : int32_t {
    close = 1,   // to the keeper: end the tree in order. Its stdin is closed by who holds the other end
    failed = 2,  // from it: the child could not be started; value = errno
    ended = 3,   // from it: the child ended; value = as wait(2) gives it. Descendants may live on for a while
  };
  int32_t kind = 0;
  int32_t value = 0;
};

// The keeper's main: arguments are what follows the verb, CLOSE_MS PARENT_PID PROGRAM ARGV0 ARGV1…. Standard
// input, output and error are the child's; descriptor 3 is the control socket, 4 the child's
// line, if it has one. End-of-file on that means that
// nobody is left who cares: the tree is killed at once, unless `close` came before. After `close`, TERM goes
// to the tree when CLOSE_MS are over, KILL after as many again; when the child itself ends, TERM goes at once
// to what it left.
int keep(int argc, char** argv);

}  // namespace weir::net
