#include "net/channel.h"

#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <array>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/write.hpp>
#include <chrono>
#include <utility>
#include <vector>

namespace weir::net {
namespace {

constexpr size_t kBodyCopiedBytesMax = size_t{16} << 10;  // a smaller body is joined to its head
constexpr size_t kKeptCapacityBytesMax = size_t{64} << 10;
constexpr size_t kTlsReadBytes = size_t{16} << 10;  // one record

void clear(std::string& buffer) {
  if (buffer.capacity() > kKeptCapacityBytesMax) {
    buffer = std::string();
  } else {
    buffer.clear();
  }
}

std::array<asio::const_buffer, 2> rest_of(const std::string& a, const std::string& b, size_t skip) {
  const size_t of_a = std::min(skip, a.size());
  return {asio::const_buffer(a.data() + of_a, a.size() - of_a),
          asio::const_buffer(b.data() + (skip - of_a), b.size() - (skip - of_a))};
}

}  // namespace

struct TlsContext {
  asio::ssl::context context{asio::ssl::context::tls_client};
};

struct TlsStream {
  TlsStream(Tcp::socket& socket, std::shared_ptr<TlsContext> shared)
      : context(std::move(shared)), stream(socket, context->context), buffer(kTlsReadBytes) {}
  std::shared_ptr<TlsContext> context;  // shared with the client and its other connections
  asio::ssl::stream<Tcp::socket&> stream;
  std::vector<char> buffer;
};

int64_t mono_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

Result<std::shared_ptr<TlsContext>> make_tls_context(const std::string& ca_file) {
  auto tls = std::make_shared<TlsContext>();
  SSL_CTX* context = tls->context.native_handle();
  if (SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) != 1)
    return unavailable("TLS 1.2 is not available");
  Ec error;
  tls->context.set_verify_mode(asio::ssl::verify_peer, error);
  if (error) return unavailable("TLS verification cannot be switched on");
  tls->context.set_default_verify_paths(error);
  if (error) return unavailable("the system's store of certificates cannot be read");
  if (!ca_file.empty()) {
    tls->context.load_verify_file(ca_file, error);
    if (error) return unavailable("the CA file cannot be read: " + error.message(), ca_file);
  }
  return tls;
}

Channel::Channel(LoopImpl& loop, Tcp::socket socket) : loop_(loop), socket_(std::move(socket)) {}
Channel::~Channel() = default;

void Channel::prepare() {
  Ec ignored;  // a socket that is dead already fails at its first use
  socket_.non_blocking(true, ignored);
  socket_.set_option(Tcp::no_delay(true), ignored);
}

void Channel::start_tls(std::shared_ptr<TlsContext> context, const std::string& host,
                        std::function<void(std::string)> done) {
  tls_ = std::make_unique<TlsStream>(socket_, std::move(context));
  SSL* ssl = tls_->stream.native_handle();
  Ec not_literal;
  asio::ip::make_address(host, not_literal);
  const bool named = not_literal.failed();
  const bool prepared =
      named ? SSL_set_tlsext_host_name(ssl, host.c_str()) == 1 && SSL_set1_host(ssl, host.c_str()) == 1
            : X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host.c_str()) == 1;
  SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  static constexpr unsigned char kAlpn[] = "\x08http/1.1";
  if (!prepared || SSL_set_alpn_protos(ssl, kAlpn, sizeof(kAlpn) - 1) != 0) {
    asio::post(loop_.io,
               [self = shared_from_this(), done = std::move(done)] { done("it cannot be set up"); });
    return;
  }
  tls_->stream.async_handshake(
      asio::ssl::stream_base::client, [self = shared_from_this(), this, done = std::move(done)](Ec error) {
        if (closed_) return;
        const long verdict = SSL_get_verify_result(tls_->stream.native_handle());
        if (!error && verdict == X509_V_OK) return done("");
        done(verdict != X509_V_OK ? X509_verify_cert_error_string(verdict) : error.message());
      });
}

void Channel::read() {
  if (reading_ || closed_) return;
  reading_ = true;
  if (tls_) {
    read_tls();
  } else {
    wait_read();
  }
}

void Channel::wait_read() {
  socket_.async_wait(Tcp::socket::wait_read, [self = shared_from_this(), this](Ec error) {
    if (closed_) return;
    if (!error) return read_ready();
    reading_ = false;
    on_read_end(false);
  });
}

void Channel::read_ready() {
  Ec error;
  const size_t got = socket_.read_some(asio::buffer(loop_.scratch), error);
  if (error == asio::error::would_block || error == asio::error::try_again ||
      error == asio::error::interrupted) {
    return wait_read();
  }
  reading_ = false;
  if (error) return on_read_end(error == asio::error::eof);
  on_bytes({loop_.scratch.data(), got});
}

void Channel::read_tls() {
  tls_->stream.async_read_some(asio::buffer(tls_->buffer),
                               [self = shared_from_this(), this](Ec error, size_t got) {
                                 if (closed_) return;
                                 reading_ = false;
                                 if (error) return on_read_end(error == asio::error::eof);
                                 on_bytes({tls_->buffer.data(), got});
                               });
}

void Channel::outgoing_body(std::string body) {
  if (body.size() <= kBodyCopiedBytesMax) {
    queued_ += body;
  } else {
    body_ = std::move(body);
  }
}

void Channel::flush_soon() {
  if (flush_posted_ || writing_ || closed_) return;
  flush_posted_ = true;
  sent_ms_ = mono_ms();
  asio::post(loop_.io, [self = shared_from_this(), this] {
    flush_posted_ = false;
    if (!closed_ && !writing_) flush();
  });
}

void Channel::flush() {
  if (queued_.empty() && body_.empty()) return;
  inflight_.swap(queued_);
  inflight_body_.swap(body_);
  written_ = 0;
  writing_ = true;
  if (tls_) {
    write_tls();
  } else {
    write_some();
  }
}

void Channel::write_some() {
  Ec error;
  const size_t sent = socket_.write_some(rest_of(inflight_, inflight_body_, written_), error);
  const bool blocked = error == asio::error::would_block || error == asio::error::try_again ||
                       error == asio::error::interrupted;
  if (error && !blocked) {
    writing_ = false;
    return on_write_failed();
  }
  if (written_ + sent < inflight_.size() + inflight_body_.size()) {
    socket_.async_wait(Tcp::socket::wait_write, [self = shared_from_this(), this](Ec) {
      if (!closed_) write_some();  // which sees the error, where there was one
    });
  }
  if (sent > 0) wrote(sent);
}

void Channel::write_tls() {
  asio::async_write(tls_->stream, rest_of(inflight_, inflight_body_, 0),
                    [self = shared_from_this(), this](Ec error, size_t sent) {
                      if (closed_) return;
                      if (!error) return wrote(sent);
                      writing_ = false;
                      on_write_failed();
                    });
}

void Channel::wrote(size_t bytes) {
  written_ += bytes;
  sent_ms_ = mono_ms();
  if (written_ == inflight_.size() + inflight_body_.size()) {
    clear(inflight_);
    clear(inflight_body_);
    written_ = 0;
    writing_ = false;
    if (!queued_.empty() || !body_.empty()) flush_soon();
  }
  on_sent();
}

void Channel::shutdown_send() {
  Ec ignored;
  socket_.shutdown(Tcp::socket::shutdown_send, ignored);
}

void Channel::close() {
  if (closed_) return;
  closed_ = true;
  Ec ignored;
  socket_.close(ignored);
}

}  // namespace weir::net
