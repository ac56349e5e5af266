// Child: a process that weir starts and talks to over pipes.
//
// Its whole tree ends with the Child object, also what it started in sessions of its own, and also when weir
// is killed by SIGKILL: a keeper stands between (keeper.h). Nothing of weir's but the three pipes is open in
// it, its environment is exactly what was given, and it is no member of weir's session: a terminal's signals
// do not reach it. It is waited for without blocking.
//
// The program that starts children must hand the verb `keep` to net::keep() first thing in main. Needs
// Linux 5.9 with /proc. On the loop's thread; callbacks may destroy the Child.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "net/loop.h"

namespace weir::net {

struct ChildState;

// What a child's process gets: its standard input, output and error, and the control socket on which it is
// told of the end and tells of its own, with KeeperMessage (keeper.h).
struct ChildEnds {
  int in, out, err, control;
};

struct ChildOptions;
// Makes the process in the keeper's place. It gets duplicates of the ends, or says false.
using ChildMaker = std::function<bool(const ChildOptions& options, const ChildEnds& ends)>;

struct ChildOptions {
  std::vector<std::string> command;  // argv. A name without "/" is searched on the PATH of `env`, else weir's
  std::map<std::string, std::string> env;  // the whole environment
  std::string cwd = {};                    // empty: weir's own
  int64_t close_ms = 2'000;                // between the steps of close()
  std::string keeper = "/proc/self/exe";   // the program that knows the verb `keep`
  ChildMaker maker = {};                   // empty, or when it says false: the keeper
};

struct ChildHandler {
  std::function<void(std::string_view bytes)> on_stdout, on_stderr;  // the view lasts for the call
  // The child ended (its descendants may live on for a moment), or could not be started after all, or closed
  // its standard output. Once, last, after all that the child itself had written; not after close(). `why` is
  // a sentence for people: "it ended with exit code 3".
  std::function<void(std::string why)> on_end;
};

class Child {
 public:
  // Errors: unavailable, when there is no such program or folder, or no more processes.
  static Result<std::unique_ptr<Child>> start(Loop& loop, ChildOptions options, ChildHandler handler);
  // Kills the tree at once, unless close() was called.
  ~Child();
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  // To its standard input, in the background. Dropped after close() and once it does not read any more.
  void write(std::string bytes);
  // Bytes that wait to be written.
  size_t queued() const;
  // Ends it in order: what is queued is still written, then its standard input is closed; close_ms from now
  // the whole tree gets TERM, and KILL as long again after that. No callback follows; the Child may be
  // destroyed right after, and weir may end.
  void close();

 private:
  explicit Child(std::shared_ptr<ChildState> state);
  std::shared_ptr<ChildState> state_;  // shared with the waits under way
};

}  // namespace weir::net
