// Stream: bytes to and from one peer, without waiting. One thread.
#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <string_view>

#include "sandbox/fd.h"

namespace weir::egress {

struct FreeSsl {
  void operator()(SSL* ssl) const { SSL_free(ssl); }
};

// A TCP connection, or a TLS one on top of it once secure() was called with a session that is connected.
class Stream {
 public:
  explicit Stream(sandbox::Fd fd);

  // As read(2) and write(2): 0 is the end, -1 with errno EAGAIN when it would wait.
  ssize_t read(char* bytes, size_t size);
  ssize_t write(std::string_view bytes);
  // Nothing more will be written.
  void end_writing();
  // Whoever reads sees the connection break.
  void reset();

  // Client or server side, as `ssl` was set up. False when it fails or takes too long; `why` then says it.
  bool secure(SSL* ssl, bool server, std::string& why);

  int fd() const { return fd_.get(); }
  // Poll events that read() and write() wait for beyond their own.
  short also() const { return also_; }

 private:
  ssize_t outcome(int result);

  sandbox::Fd fd_;
  std::unique_ptr<SSL, FreeSsl> ssl_;
  short also_ = 0;
};

// Waits for the events; false after `ms`.
bool wait_for(int fd, short events, int64_t ms);

}  // namespace weir::egress
