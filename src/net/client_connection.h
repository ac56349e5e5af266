// ClientConnection: one connection to an upstream, from the look-up of its name to its last reply. Internal
// to net.
//
// connecting -> working <-> kept. It works on one fetch at a time; kept, it reads on so that it notices when
// the upstream closes.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "net/channel.h"
#include "net/chunked.h"
#include "net/client.h"
#include "net/head.h"

namespace weir::net {

class ClientConnection;

struct ClientState {
  ClientState(Loop& l, ClientOptions o) : loop(l), options(std::move(o)) {}
  Loop& loop;
  ClientOptions options;
  std::optional<Result<std::shared_ptr<TlsContext>>> tls;  // made at the first https fetch
  std::vector<ClientConnection*> connections;              // all that are open; each removes itself
  std::unordered_map<std::string, std::vector<std::shared_ptr<ClientConnection>>>
      kept;  // by scheme and authority
  Timer sweep_timer;
};

struct FetchState {
  std::shared_ptr<ClientState> client;  // shared with the Client and its connections
  ClientRequest request;
  FetchHandler handler;
  std::shared_ptr<ClientConnection> connection;  // which works on this; absent when it is over
  bool paused = false;
  bool retried = false;
};

// Gives the fetch a kept connection, unless it must be fresh, or a new one.
void start_fetch(const std::shared_ptr<FetchState>& fetch, bool fresh);

class ClientConnection final : public Channel {
 public:
  ClientConnection(std::shared_ptr<ClientState> client, std::string key);
  ~ClientConnection() override;

  void connect(std::shared_ptr<FetchState> fetch);
  void reuse(std::shared_ptr<FetchState> fetch);
  // The fetch is nobody's any more.
  void cancel();
  void resumed();
  void sweep(int64_t now_ms);
  // Of a kept one: the upstream means to keep it, and had not closed it a moment ago.
  bool surely_open(int64_t now_ms);
  bool gone() const { return is_closed(); }

 private:
  enum class State { connecting, working, kept };
  enum class Ended { no, clean, broken };

  void on_bytes(std::string_view bytes) override;
  void on_read_end(bool clean) override;
  void on_sent() override {}
  void on_write_failed() override;

  void resolved(const Tcp::resolver::results_type& results);
  void connected();
  void handshake();
  void send_request(bool keep_body);
  void consume(std::string_view& in);
  bool take_head(std::string_view& in);
  bool take_body(std::string_view& in);
  bool deliver(std::string_view piece);
  void complete(bool reusable);
  bool keep();
  void ended();
  void go_on();
  void fail(Error error);
  void leave();
  std::string where() const { return key_; }

  std::shared_ptr<ClientState> client_;  // shared, because a callback may destroy the Client
  std::string key_;                      // "https://host:port"
  size_t index_ = 0;                     // in client_->connections
  State at_ = State::connecting;
  std::shared_ptr<FetchState> fetch_;  // shared with its Fetch; absent when kept
  Tcp::resolver resolver_;
  std::string held_;  // read and not used yet
  HeadScanner scanner_;
  ChunkedDecoder chunks_;
  ResponseHead head_;
  bool head_done_ = false, got_bytes_ = false, reused_ = false, write_failed_ = false;
  Ended ended_ = Ended::no;
  int interim_ = 0;          // 1xx heads so far
  uint64_t body_bytes_ = 0;  // delivered
  int64_t active_ms_;        // when bytes last came, or the state began
};

}  // namespace weir::net
