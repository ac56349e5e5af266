// ServerConnection: one client's connection, from its first byte to its last. Internal to net.
//
// head -> body -> handling -> flushing -> head … ; a refusal or "Connection: close" leads from flushing to
// lingering, where bytes are read and dropped for a while so that the client gets to read its answer (RFC
// 9112 section 9.6).
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "net/channel.h"
#include "net/chunked.h"
#include "net/head.h"
#include "net/server.h"

namespace weir::net {

struct ServerState {
  ServerState(Loop& l, ServerOptions o, Handler h) : loop(l), options(std::move(o)), handler(std::move(h)) {}
  Loop& loop;
  ServerOptions options;
  Handler handler;
  std::vector<std::unique_ptr<Tcp::acceptor>> acceptors;
  std::vector<ServerConnection*> connections;  // all that are open; each removes itself
  bool closing = false;
  Timer sweep_timer, accept_timer;
  std::string date;  // the Date field's value
  int64_t date_ms = 0;

  const std::string& current_date(int64_t now_ms);
};

class ServerConnection final : public Channel {
 public:
  ServerConnection(std::shared_ptr<ServerState> state, Tcp::socket socket);
  ~ServerConnection() override;

  void begin();
  // Looks at the times; may close.
  void sweep(int64_t now_ms);
  // Ends when nothing is under way.
  void close_when_idle();
  // At once, without callbacks.
  void drop();
  bool gone() const { return is_closed(); }

  // For ServerCall.
  void respond(int status, const Headers& headers, std::string body);
  void start(int status, const Headers& headers);
  bool write(std::string_view bytes);
  void finish();
  void abort();

 private:
  enum class State { head, body, handling, flushing, lingering };

  void on_bytes(std::string_view bytes) override;
  void on_read_end(bool clean) override;
  void on_sent() override;
  void on_write_failed() override;

  void read_more();
  void process();
  bool process_head();
  void consume_body(std::string_view& bytes);
  void dispatch();
  void append_head(int status, const Headers& headers, bool streamed, size_t body_bytes);
  void end_call();
  void next_request();
  void linger();
  void refuse(int status, std::string_view message);
  void send_error(int status, std::string_view message);
  void client_gone();
  void leave();

  std::shared_ptr<ServerState> state_;  // shared with the Server, which may be destroyed by a callback
  size_t index_ = 0;                    // in state_->connections
  State at_ = State::head;
  std::string peer_;
  std::string in_;  // read and not used yet
  HeadScanner scanner_;
  ChunkedDecoder chunks_;
  RequestHead head_;
  std::string body_;
  std::shared_ptr<ServerCall> call_;  // shared with the handler; until its answer is sent
  int64_t active_ms_;                 // when bytes last came, or the state began
  int64_t head_start_ms_ = 0;         // of the head that is arriving; 0: none
  bool is_head_request_ = false, no_body_ = false, chunked_ = false, keep_alive_ = true, over_limit_ = false,
       blank_skipped_ = false;
};

}  // namespace weir::net
