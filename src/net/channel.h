// Channel: one TCP connection, plain or TLS, that reads when asked and writes in the background. Internal to
// net.
//
// What is sent within one callback leaves in one system call. A channel keeps itself alive while it waits for
// the socket; close() ends all waiting, and nothing is called after it.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <memory>
#include <string>
#include <string_view>

#include "base/error.h"
#include "net/loop_impl.h"

namespace weir::net {

struct TlsContext;
struct TlsStream;
using Tcp = asio::ip::tcp;
using Ec = boost::system::error_code;

// The trust that TLS connections are checked against: the system's store and `ca_file`, where it is not
// empty.
Result<std::shared_ptr<TlsContext>> make_tls_context(const std::string& ca_file);

class Channel : public std::enable_shared_from_this<Channel> {
 public:
  Channel(const Channel&) = delete;
  Channel& operator=(const Channel&) = delete;

 protected:
  Channel(LoopImpl& loop, Tcp::socket socket);
  virtual ~Channel();

  // Bytes arrived; the view lasts for the call.
  virtual void on_bytes(std::string_view bytes) = 0;
  // Nothing more can be read. `clean`: the peer ended its side in order.
  virtual void on_read_end(bool clean) = 0;
  // Some of what was sent is on its way; unsent() is what is left.
  virtual void on_sent() = 0;
  virtual void on_write_failed() = 0;

  Tcp::socket& socket() { return socket_; }
  LoopImpl& loop() { return loop_; }
  // Once connected: no blocking, no delay.
  void prepare();
  // `done(why)` is given an empty text when the handshake succeeded and the peer is who `host` names.
  void start_tls(std::shared_ptr<TlsContext> context, const std::string& host,
                 std::function<void(std::string why)> done);

  // Asks for one on_bytes or on_read_end, unless that was asked already.
  void read();
  bool reading() const { return reading_; }
  // The buffer to append to; call flush_soon() afterwards.
  std::string& outgoing() { return queued_; }
  // Sent after what is in outgoing(), which nothing may be added to until it is sent.
  void outgoing_body(std::string body);
  void flush_soon();
  size_t unsent() const {
    return queued_.size() + body_.size() + inflight_.size() + inflight_body_.size() - written_;
  }
  int64_t sent_ms() const { return sent_ms_; }  // when bytes last left, or began to wait

  void shutdown_send();
  void close();
  bool is_closed() const { return closed_; }

 private:
  void flush();
  void write_some();
  void wrote(size_t bytes);
  void wait_read();
  void read_ready();
  void write_tls();
  void read_tls();

  LoopImpl& loop_;
  Tcp::socket socket_;
  std::unique_ptr<TlsStream> tls_;        // absent: plain
  std::string queued_, body_;             // to be sent
  std::string inflight_, inflight_body_;  // being sent
  size_t written_ = 0;                    // of the two in flight
  int64_t sent_ms_ = 0;
  bool reading_ = false, writing_ = false, flush_posted_ = false, closed_ = false;
};

int64_t mono_ms();

}  // namespace weir::net
