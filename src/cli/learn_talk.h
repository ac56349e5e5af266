// Talk: an MCP client that says a recorded session to a server, one request after the other is answered.
//
// A process of its own between two pipes, so that the sandbox's supervisor stays a process of one thread. A
// server that fails at what a call asks of it says so in its answer and ends with 0 all the same: whether the
// session went well is in the answers.
#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>

#include "base/error.h"
#include "sandbox/fd.h"

namespace weir::cli {

// Whether each line is a JSON-RPC message, and one of them MCP's `initialize`.
bool is_mcp_session(std::string_view input);

class Talk {
 public:
  // Errors: unavailable. `own_error`: where is said which call failed; `echo`: the server's answers go to
  // this process' standard error.
  static Result<Talk> start(const std::string& session, int own_error, bool echo);
  Talk(Talk&& other) noexcept;
  Talk(const Talk&) = delete;
  Talk& operator=(const Talk&) = delete;
  ~Talk();

  // The server's standard input and output; the caller lets go of them once the server has them.
  sandbox::Fd& to_server() { return to_server_; }
  sandbox::Fd& from_server() { return from_server_; }
  // After the server's end: whether every request was answered, and none with an error.
  bool went_well();

 private:
  Talk() = default;

  sandbox::Fd to_server_ = sandbox::Fd(), from_server_ = sandbox::Fd();
  pid_t pid_ = -1;
};

}  // namespace weir::cli
