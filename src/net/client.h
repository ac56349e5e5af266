// Client: HTTP/1.1 requests to http and https servers, over kept connections.
//
// A reply is complete only when its own framing says so; anything else ends in on_error. TLS is 1.2 or later,
// with the chain (system store and ca_file) and the host name verified; there is no way to switch that off.
//
// Not done: redirects, proxies (no environment variable is read), content decoding, cookies, HTTP/2. Header
// fields of the reply are given as sent, the hop-by-hop ones too. All on the loop's thread; callbacks may
// destroy whatever called them, the Client too (which cancels its fetches: no callback follows).
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/limits.h"
#include "net/http.h"
#include "net/loop.h"
#include "net/url.h"

namespace weir::net {

struct ClientState;
struct FetchState;

struct ClientOptions {
  int64_t connect_timeout_ms = limits::kUpstreamConnectTimeoutMs;  // name, TCP and TLS together
  int64_t idle_timeout_ms = limits::kUpstreamIdleTimeoutMs;        // without a byte either way, unless paused
  int64_t keep_alive_ms = limits::kUpstreamKeepAliveMs;            // of a kept connection that nobody uses
  size_t kept_connections_max = limits::kUpstreamKeptConnectionsMax;  // for one scheme, host and port
  size_t response_bytes_max = limits::kHttpResponseBytesMax;
  std::string ca_file =
      {};  // PEM, trusted besides the system store; unreadable: every https fetch fails with why
};

struct ClientRequest {
  std::string method;
  Url url;
  // Host, Content-Length and Connection are the client's to write; fields of these names, other hop-by-hop
  // framing (Transfer-Encoding, Keep-Alive, Upgrade, TE) and fields that are not valid are left out. A Host
  // may be given.
  Headers headers;
  std::string body;
  // A kept connection may turn out closed just as it is used; the request is then sent once more on a fresh
  // one, provided that not a byte of a reply had come. False: never sent twice. Then a kept connection is
  // used only where the upstream has shown that it keeps it, a short while ago, and nothing says that it
  // closed it since; should it close it at that very moment the fetch fails, and nobody knows whether it was
  // read.
  bool replayable = true;
};

// Exactly one of on_end and on_error comes, last. A null function is skipped.
struct FetchHandler {
  std::function<void(int status, Headers headers)> on_head;  // once, before any data; never 1xx
  std::function<void(std::string_view bytes)> on_data;       // the view lasts for the call
  std::function<void()> on_end;
  // Code unavailable (no connection, TLS, reply broken off), timed_out, too_large, bad_input (not HTTP).
  std::function<void(Error)> on_error;
};

// True for an on_error that says that no connection came about: nothing of the request was sent.
bool was_never_sent(const Error& error);

// One request under way. Destroying it cancels: no callback follows, and the connection is closed unless the
// reply was complete.
class Fetch {
 public:
  ~Fetch();
  Fetch(const Fetch&) = delete;
  Fetch& operator=(const Fetch&) = delete;

  // No on_data, on_end or on_error while paused; the peer is held back by TCP. One read's worth may be kept.
  void pause();
  void resume();

 private:
  friend class Client;
  explicit Fetch(std::shared_ptr<FetchState> state);
  std::shared_ptr<FetchState> state_;  // shared with the connection that works on it
};

class Client {
 public:
  Client(Loop& loop, ClientOptions options = {});
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  [[nodiscard]] std::unique_ptr<Fetch> fetch(ClientRequest request, FetchHandler handler);
  // As fetch(), for a request whose reply nobody waits for. The Client's end cancels it.
  void send_off(ClientRequest request);
  size_t kept_connections() const;
  // Requests under way, those sent off too.
  size_t working() const;

 private:
  std::shared_ptr<ClientState> state_;  // shared with the connections, which may run while this is destroyed
};

}  // namespace weir::net
