#include "egress/stream.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

#include "egress/limits.h"

namespace weir::egress {
namespace {

std::string tls_failure(SSL* ssl) {
  if (const long verified = SSL_get_verify_result(ssl); verified != X509_V_OK)
    return X509_verify_cert_error_string(verified);
  const unsigned long error = ERR_peek_last_error();
  const char* reason = error == 0 ? nullptr : ERR_reason_error_string(error);
  return reason == nullptr ? "the connection ended" : reason;
}

}  // namespace

bool wait_for(int fd, short events, int64_t ms) {
  pollfd wait{fd, events, 0};
  int got = 0;
  do got = poll(&wait, 1, static_cast<int>(ms));
  while (got < 0 && errno == EINTR);
  return got > 0;
}

Stream::Stream(sandbox::Fd fd) : fd_(std::move(fd)) {
  fcntl(fd_.get(), F_SETFL, fcntl(fd_.get(), F_GETFL) | O_NONBLOCK);
  const int on = 1;
  setsockopt(fd_.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
}

ssize_t Stream::outcome(int result) {
  also_ = 0;
  if (result > 0) return result;
  switch (SSL_get_error(ssl_.get(), result)) {
    case SSL_ERROR_WANT_READ:
      also_ = POLLIN;
      break;
    case SSL_ERROR_WANT_WRITE:
      also_ = POLLOUT;
      break;
    case SSL_ERROR_ZERO_RETURN:
      return 0;
    default:
      errno = ECONNRESET;
      return -1;
  }
  errno = EAGAIN;
  return -1;
}

ssize_t Stream::read(char* bytes, size_t size) {
  if (!ssl_) return recv(fd_.get(), bytes, size, 0);
  ERR_clear_error();
  return outcome(SSL_read(ssl_.get(), bytes, static_cast<int>(size)));
}

ssize_t Stream::write(std::string_view bytes) {
  if (!ssl_) return send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
  ERR_clear_error();
  return outcome(SSL_write(ssl_.get(), bytes.data(), static_cast<int>(bytes.size())));
}

void Stream::end_writing() {
  if (ssl_) SSL_shutdown(ssl_.get());
  shutdown(fd_.get(), SHUT_WR);
}

void Stream::reset() {
  const linger now{1, 0};
  setsockopt(fd_.get(), SOL_SOCKET, SO_LINGER, &now, sizeof(now));
  fd_.reset();
}

bool Stream::secure(SSL* ssl, bool server, std::string& why) {
  ssl_.reset(ssl);
  SSL_set_mode(ssl, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_set_fd(ssl, fd_.get());
  while (true) {
    ERR_clear_error();
    const int result = server ? SSL_accept(ssl) : SSL_connect(ssl);
    if (result == 1) return true;
    const int error = SSL_get_error(ssl, result);
    const short events = error == SSL_ERROR_WANT_READ ? POLLIN : error == SSL_ERROR_WANT_WRITE ? POLLOUT : 0;
    if (events == 0) {
      why = tls_failure(ssl);
      return false;
    }
    if (!wait_for(fd_.get(), events, kHandshakeMs)) {
      why = "it takes too long";
      return false;
    }
  }
}

}  // namespace weir::egress
