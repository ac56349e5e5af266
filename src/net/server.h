// Server: HTTP/1.1 (and 1.0) requests in, answers out.
//
// Each request reaches the handler once, when its whole body is there; the answer is given through its
// ServerCall, at once or later. Requests on one connection are handled one at a time, in order. Malformed or
// oversized ones (RFC 9112; smuggling shapes are refused, never repaired) get a short answer made by
// ServerOptions::error_body and the connection ends; the handler never sees them.
//
// Not promised: request bodies are not streamed, trailers and 1xx are not passed on, there is no TLS and no
// upgrade. A client that shuts down its sending side counts as gone. All on the loop's thread; callbacks may
// destroy whatever called them, the Server too.
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

namespace weir::net {

class ServerConnection;
struct ServerState;

// One request and its answer. Hold it as long as an answer is to come: when nobody but the connection holds
// one that was not answered, the answer becomes 500 within about a second.
class ServerCall {
 public:
  ~ServerCall();
  ServerCall(const ServerCall&) = delete;
  ServerCall& operator=(const ServerCall&) = delete;

  const std::string& method() const { return method_; }
  const std::string& target() const { return target_; }  // path and query as sent; "*" for OPTIONS
  Headers& headers() { return headers_; }
  std::string& body() { return body_; }
  const std::string& peer() const { return peer_; }  // "127.0.0.1", "::1"

  // The whole answer. Content-Length, Transfer-Encoding, Connection, Keep-Alive and Upgrade in `headers` are
  // left out (the framing is the server's), and so is a field that is not a valid one; Date is added. HEAD,
  // 204 and 304 send no body.
  void respond(int status, const Headers& headers, std::string body);

  // A streamed answer: start, writes, finish. Chunked; for HTTP/1.0, until close.
  void start(int status, const Headers& headers);
  // Queues the bytes; what is written within one callback leaves together. False when more than
  // write_buffer_bytes_max wait: stop until on_drain. What is written all the same is kept.
  bool write(std::string_view bytes);
  // Runs each time that a queue past the bound has drained to below half of it.
  void on_drain(std::function<void()> function);
  void finish();
  // Ends the connection without the last chunk, so that the client sees a broken answer. Also before start().
  void abort();

  // Runs once when the client went away before the answer was wholly given; not after finish(), respond() or
  // abort(), and not for a Server that is destroyed.
  void on_closed(std::function<void()> function);
  // True when nothing can be answered any more: answered, aborted, or the client is gone. Calls are then
  // ignored.
  bool closed() const { return connection_ == nullptr; }
  bool started() const { return started_; }

 private:
  friend class ServerConnection;
  ServerCall() = default;

  ServerConnection* connection_ = nullptr;  // nulled when the call ends; the connection outlives that
  std::string method_, target_, body_, peer_;
  Headers headers_;
  bool started_ = false;
  std::function<void()> on_drain_, on_closed_;
};

using Handler = std::function<void(std::shared_ptr<ServerCall>)>;  // shared with the connection

struct ServerOptions {
  size_t body_bytes_max = limits::kHttpBodyBytesMax;
  size_t write_buffer_bytes_max = limits::kWriteBufferBytesMax;
  int connections_max = limits::kHttpConnectionsMax;
  int64_t header_timeout_ms = limits::kHttpHeaderTimeoutMs;  // from a head's first byte to its last
  int64_t idle_timeout_ms = limits::kHttpIdleTimeoutMs;      // between requests, and within a body or a write
  // The body of an answer to a request that the handler does not get; application/json.
  std::function<std::string(int status, std::string_view message)> error_body;
};

class Server {
 public:
  Server(Loop& loop, ServerOptions options, Handler handler);
  ~Server();  // ends every connection at once, without callbacks
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // Accepts on an address (literal, or a name of this machine); port 0 takes any. Gives the port. May be
  // called for several addresses. Error: unavailable, with a hint when the address is in use; bad_input for
  // the host.
  Result<uint16_t> listen(const std::string& host, uint16_t port);
  // Accepts no more; idle connections end now, others after the answer under way.
  void close();
  size_t connections() const;

 private:
  std::shared_ptr<ServerState> state_;  // shared with the connections, which may run while this is destroyed
};

}  // namespace weir::net
