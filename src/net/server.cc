#include "net/server.h"

#include <algorithm>
#include <boost/asio/ip/v6_only.hpp>
#include <ctime>

#include "net/server_connection.h"

namespace weir::net {
namespace {

constexpr int64_t kSweepMsMax = 1'000;
constexpr int64_t kAcceptRetryMs = 100;  // when the process is out of descriptors

void sweep_later(const std::shared_ptr<ServerState>& state);

void sweep(const std::shared_ptr<ServerState>& state) {
  const int64_t now_ms = mono_ms();
  // A callback may end any connection, so none may be in a list that changes.
  std::vector<std::shared_ptr<Channel>> all;
  all.reserve(state->connections.size());
  for (ServerConnection* connection : state->connections) all.push_back(connection->shared_from_this());
  for (const auto& channel : all) {
    auto& connection = static_cast<ServerConnection&>(*channel);
    if (!connection.gone()) connection.sweep(now_ms);
  }
}

void sweep_later(const std::shared_ptr<ServerState>& state) {
  const int64_t shortest = std::min(state->options.header_timeout_ms, state->options.idle_timeout_ms);
  state->sweep_timer =
      state->loop.after(std::clamp<int64_t>(shortest / 4, 10, kSweepMsMax), [weak = std::weak_ptr(state)] {
        const auto strong = weak.lock();
        if (!strong) return;
        sweep_later(strong);
        sweep(strong);
      });
}

void accept(const std::shared_ptr<ServerState>& state, Tcp::acceptor& acceptor);

// The answer of a server that is full, as far as the socket takes it at once.
void turn_away(Tcp::socket socket) {
  static constexpr std::string_view kFull =
      "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
  Ec ignored;
  socket.non_blocking(true, ignored);
  socket.write_some(asio::buffer(kFull.data(), kFull.size()), ignored);
  socket.shutdown(Tcp::socket::shutdown_send, ignored);
}

void accept(const std::shared_ptr<ServerState>& state, Tcp::acceptor& acceptor) {
  acceptor.async_accept([state, &acceptor](Ec error, Tcp::socket socket) {
    if (state->closing) return;
    if (error) {
      state->accept_timer = state->loop.after(kAcceptRetryMs, [weak = std::weak_ptr(state), &acceptor] {
        const auto strong = weak.lock();
        if (strong && !strong->closing) accept(strong, acceptor);
      });
      return;
    }
    if (state->connections.size() >= static_cast<size_t>(state->options.connections_max)) {
      turn_away(std::move(socket));
    } else {
      std::make_shared<ServerConnection>(state, std::move(socket))->begin();
    }
    accept(state, acceptor);
  });
}

Result<Tcp::endpoint> endpoint_of(LoopImpl& loop, const std::string& host, uint16_t port) {
  Ec error;
  const auto literal = asio::ip::make_address(host, error);
  if (!error) return Tcp::endpoint(literal, port);
  Tcp::resolver resolver(loop.io);
  const auto found = resolver.resolve(host, std::to_string(port), Tcp::resolver::passive, error);
  if (error || found.empty()) return bad_input("the address to listen on is not known here", host);
  return found.begin()->endpoint();
}

}  // namespace

const std::string& ServerState::current_date(int64_t now_ms) {
  if (date.empty() || now_ms - date_ms >= 1'000) {
    const std::time_t now = std::time(nullptr);
    std::tm parts{};
    gmtime_r(&now, &parts);
    char text[40];
    date.assign(text, std::strftime(text, sizeof(text), "%a, %d %b %Y %H:%M:%S GMT", &parts));
    date_ms = now_ms;
  }
  return date;
}

ServerCall::~ServerCall() = default;

void ServerCall::respond(int status, const Headers& headers, std::string body) {
  if (connection_ == nullptr || started_) return;
  started_ = true;
  connection_->respond(status, headers, std::move(body));
}

void ServerCall::start(int status, const Headers& headers) {
  if (connection_ == nullptr || started_) return;
  started_ = true;
  connection_->start(status, headers);
}

bool ServerCall::write(std::string_view bytes) {
  return connection_ == nullptr || !started_ || connection_->write(bytes);
}

void ServerCall::on_drain(std::function<void()> function) {
  on_drain_ = std::move(function);
}

void ServerCall::finish() {
  if (connection_ != nullptr && started_) connection_->finish();
}

void ServerCall::abort() {
  if (connection_ != nullptr) connection_->abort();
}

void ServerCall::on_closed(std::function<void()> function) {
  if (connection_ != nullptr) on_closed_ = std::move(function);
}

Server::Server(Loop& loop, ServerOptions options, Handler handler)
    : state_(std::make_shared<ServerState>(loop, std::move(options), std::move(handler))) {
  sweep_later(state_);
}

Server::~Server() {
  close();
  state_->sweep_timer.cancel();
  while (!state_->connections.empty()) state_->connections.back()->drop();
}

Result<uint16_t> Server::listen(const std::string& host, uint16_t port) {
  WEIR_TRY_ASSIGN(endpoint, endpoint_of(state_->loop.impl(), host, port));
  auto acceptor = std::make_unique<Tcp::acceptor>(state_->loop.impl().io);
  Ec error;
  acceptor->open(endpoint.protocol(), error);
  if (!error) acceptor->set_option(Tcp::acceptor::reuse_address(true), error);
  if (!error && endpoint.protocol() == Tcp::v6()) acceptor->set_option(asio::ip::v6_only(true), error);
  if (!error) acceptor->bind(endpoint, error);
  if (!error) acceptor->listen(Tcp::acceptor::max_listen_connections, error);
  const std::string where = host + ":" + std::to_string(port);
  if (error == asio::error::address_in_use) {
    return unavailable("the address is in use", where, "stop what listens there, or choose another port");
  }
  if (error) return unavailable("cannot listen: " + error.message(), where);
  const uint16_t bound = acceptor->local_endpoint(error).port();
  state_->acceptors.push_back(std::move(acceptor));
  accept(state_, *state_->acceptors.back());
  return bound;
}

void Server::close() {
  state_->closing = true;
  state_->accept_timer.cancel();
  Ec ignored;
  for (const auto& acceptor : state_->acceptors) acceptor->close(ignored);
  const auto all = state_->connections;
  for (ServerConnection* connection : all) connection->close_when_idle();
}

size_t Server::connections() const {
  return state_->connections.size();
}

}  // namespace weir::net
