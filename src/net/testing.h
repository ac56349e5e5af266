// What the tests of net share: a loop on a thread of its own, and blocking raw sockets that can say anything.
#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <future>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include "net/loop.h"

namespace weir::net::testing {

// Runs a Loop; what lives on it is made and destroyed through on().
class LoopThread {
 public:
  LoopThread() : thread_([this] { loop_.run(); }) {}
  ~LoopThread() {
    loop_.stop();
    thread_.join();
  }
  Loop& loop() { return loop_; }
  template <class F>
  auto on(F function) {
    std::packaged_task<decltype(function())()> task(std::move(function));
    auto done = task.get_future();
    loop_.post([&task] { task(); });
    return done.get();
  }

 private:
  Loop loop_;
  std::thread thread_;
};

// A blocking socket. Every wait ends after ten seconds: a test that hangs fails.
class Raw {
 public:
  explicit Raw(int fd) : fd_(fd) { set_timeout(); }
  static Raw connect(uint16_t port, int receive_bytes = 0) {
    const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
    if (receive_bytes > 0) setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &receive_bytes, sizeof(receive_bytes));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
    return Raw(fd);
  }
  Raw(Raw&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  ~Raw() { close(); }
  void close() {
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
  }
  int fd() const { return fd_; }
  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      bytes.remove_prefix(static_cast<size_t>(sent));
    }
    return true;
  }
  // What one read gives; empty at the end or when it failed.
  std::string some() {
    char buffer[65536];
    const ssize_t got = ::recv(fd_, buffer, sizeof(buffer), 0);
    return got > 0 ? std::string(buffer, static_cast<size_t>(got)) : std::string();
  }
  // Until the text has come, or the end.
  std::string until(std::string_view text) {
    std::string all;
    while (all.find(text) == all.npos) {
      const std::string more = some();
      if (more.empty()) break;
      all += more;
    }
    return all;
  }
  std::string all() {
    std::string all;
    for (std::string more = some(); !more.empty(); more = some()) all += more;
    return all;
  }
  // One request with its Content-Length body.
  std::string request() {
    std::string all = until("\r\n\r\n");
    const size_t head = all.find("\r\n\r\n") + 4;
    const size_t at = all.find("Content-Length: ");
    const size_t length = at < head ? std::stoul(all.substr(at + 16)) : 0;
    while (all.size() < head + length) {
      const std::string more = some();
      if (more.empty()) break;
      all += more;
    }
    return all;
  }

 private:
  void set_timeout() {
    const timeval ten{10, 0};
    setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &ten, sizeof(ten));
    setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &ten, sizeof(ten));
  }
  int fd_;
};

// Listens on a free port of this machine; accept() gives the next connection.
class RawListener {
 public:
  RawListener() : fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::bind(fd_, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
    EXPECT_EQ(::listen(fd_, 128), 0);
    socklen_t size = sizeof(address);
    getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
  }
  ~RawListener() { ::close(fd_); }
  uint16_t port() const { return port_; }
  Raw accept() {
    pollfd wait{fd_, POLLIN, 0};
    EXPECT_EQ(::poll(&wait, 1, 10'000), 1) << "nobody connected";
    return Raw(::accept(fd_, nullptr, nullptr));
  }

 private:
  int fd_;
  uint16_t port_ = 0;
};

}  // namespace weir::net::testing
