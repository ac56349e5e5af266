// Link: how JSON-RPC messages reach one MCP server and come back, whatever carries them.
//
// A link delivers whole messages in order and says once when it is over. It knows nothing of what they mean
// but what its transport needs (the HTTP one reads the id of the session and the protocol's revision from the
// answer to `initialize`). Bounded: a message past limits::kMcpMessageBytesMax ends the link. One event loop;
// callbacks may destroy the link.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "net/child.h"
#include "net/client.h"
#include "net/loop.h"
#include "sandbox/profile.h"
#include "wire/mcp/headers.h"

namespace weir::gateway::mcp {

struct LinkHandler {
  // One message's JSON text, not parsed yet, at least without line feeds of its own framing. A line that is
  // no UTF-8 is handed over as it came: parsing refuses it.
  std::function<void(std::string text)> on_message;
  // A request that was sent with send() cannot be answered, but the link lives on (HTTP: its POST failed).
  // `id` is the JSON text of its id.
  std::function<void(std::string id, Error error)> on_failed;
  // The link is over: the process ended, the connection or the session was lost. Once, last; not after
  // close(). `not_found` says that an HTTP server does not know the session any more: start a new one.
  std::function<void(Error why)> on_closed;
  // Something for the log, a line at a time (a child's stderr), at most limits::kMcpStderrLineBytesMax bytes
  // each, and at most limits::kMcpStderrLinesMax a second. May be empty.
  std::function<void(std::string_view line)> on_log;
};

class Link {
 public:
  virtual ~Link() = default;  // ends at once what close() would end in order
  // Queues one message (JSON text without line feeds outside strings is not required: the link takes care).
  // `id` is the JSON text of a request's id, empty for anything else.
  virtual void send(std::string text, std::string id) = 0;
  // The same for a message of the stateless era (MCP 2026-07-28), with the header fields that belong to it
  // where the transport has any. Its answer is lost with its connection: there is no resuming.
  virtual void send_stateless(std::string text, std::string id, const wire::mcp::HeaderList& headers) {
    (void)headers;
    send(std::move(text), std::move(id));
  }
  // Gives a request of the stateless era up by what the transport has for that (HTTP: its connection ends).
  // False when it has nothing, and the server is to be told in a message.
  virtual bool abandon(const std::string& id) {
    (void)id;
    return false;
  }
  // Bytes that wait to be written. A server that does not read must not make weir grow: the caller fails
  // requests while it is past limits::kMcpQueueBytesMax.
  virtual size_t queued() const = 0;
  // Ends in order: closes stdin, then TERM, then KILL to the whole tree; or DELETE of the session. The link
  // object may be destroyed right after; what is under way goes on by itself for a bounded time.
  virtual void close() = 0;
};

struct ChildOptions {
  std::vector<std::string> command;              // argv; searched on PATH
  std::map<std::string, std::string> env;        // the whole environment of the child
  std::string cwd = {};                          // empty: weir's own
  std::optional<sandbox::Profile> sandbox = {};  // what it may touch; nothing: it runs as weir does
  std::vector<std::string> secrets = {};         // paths that no sandbox shows unless it names them
  std::string record = {};                       // the file that notes what a sandbox reaches; empty: none
  net::ChildMaker maker = {};                    // of sandboxes; empty: weir starts itself again
  int64_t close_ms = 2'000;                      // between closing stdin and TERM, and between TERM and KILL
};
// A child process that speaks newline-delimited JSON on stdin and stdout. Its whole tree ends with the link,
// and also when weir is killed with SIGKILL. In a sandbox, what its command line names and `cwd` may be read,
// and `env` is added to the few variables that every sandbox has; without a `cwd` it starts in its home,
// which is empty. A sandbox that cannot be made is said on the log, and ends the link. Error: unavailable (no
// such program, no more processes).
Result<std::unique_ptr<Link>> open_child(net::Loop& loop, ChildOptions options, LinkHandler handler);

struct HttpOptions {
  std::string url;
  std::map<std::string, std::string> headers = {};  // for every request, such as Authorization
  bool listen = true;  // opens the GET stream after `notifications/initialized` was sent
  bool vital = false;  // when that stream broke and nobody answers any more, the link is over (unavailable)
};
// Streamable HTTP (MCP 2025-11-25, Transports; also what 2025-03-26, 2025-06-18 and 2026-07-28 say). Streams
// that break before their answer came are resumed with Last-Event-ID, honouring `retry`, a bounded number of
// times.
std::unique_ptr<Link> open_http(net::Loop& loop, net::Client& client, HttpOptions options,
                                LinkHandler handler);

}  // namespace weir::gateway::mcp
