#include "net/server.h"

#include <gtest/gtest.h>

#include <atomic>
#include <functional>

#include "net/testing.h"

namespace weir::net {
namespace {

using testing::LoopThread;
using testing::Raw;

// A server on a loop of its own; the handler runs there.
class Running {
 public:
  explicit Running(Handler handler, ServerOptions options = {}) {
    port = thread.on([&] {
      server = std::make_unique<Server>(thread.loop(), std::move(options), std::move(handler));
      return *server->listen("127.0.0.1", 0);
    });
  }
  ~Running() {
    thread.on([this] { server.reset(); });
  }
  Raw connect(int receive_bytes = 0) const { return Raw::connect(port, receive_bytes); }

  LoopThread thread;
  std::unique_ptr<Server> server;
  uint16_t port = 0;
};

void echo(const std::shared_ptr<ServerCall>& call) {
  call->respond(200, {{"X", "1"}}, call->method() + " " + call->target() + " " + call->body());
}

// Waits until it holds, at most ten seconds.
bool eventually(const std::function<bool()>& holds) {
  for (int i = 0; i < 1000 && !holds(); ++i) usleep(10'000);
  return holds();
}

TEST(Server, AnswersAndKeepsTheConnection) {
  Running server(echo);
  Raw raw = server.connect();
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(raw.send("POST /a?b HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nxyz"));
    const std::string got = raw.until("xyz");
    EXPECT_TRUE(got.starts_with("HTTP/1.1 200 OK\r\nX: 1\r\nDate: ")) << got;
    EXPECT_NE(got.find("Content-Length: 13\r\n\r\nPOST /a?b xyz"), got.npos) << got;
  }
}

TEST(Server, PipelinedAndSlowBytesAnswerInOrder) {
  Running server(echo);
  const std::string one =
      "\r\nPOST /1 HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n";
  const std::string two = "GET /2 HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";
  Raw fast = server.connect();
  fast.send(one + one + two);
  const std::string got = fast.all();
  const size_t first = got.find("POST /1 ab"), second = got.find("POST /1 ab", first + 1),
               third = got.find("GET /2");
  EXPECT_TRUE(first < second && second < third && third != got.npos) << got;
  EXPECT_NE(got.find("Connection: close"), got.npos);
  Raw slow = server.connect();
  for (const char c : one + two) slow.send({&c, 1});
  EXPECT_NE(slow.all().find("GET /2"), std::string::npos);
}

TEST(Server, RefusesMalformedWithItsOwnBody) {
  std::atomic<int> handled = 0;
  ServerOptions options;
  options.error_body = [](int status, std::string_view) {
    return "{\"status\":" + std::to_string(status) + "}";
  };
  options.body_bytes_max = 10;
  Running server(
      [&](const auto& call) {
        ++handled;
        echo(call);
      },
      options);
  const std::pair<std::string, int> kCases[] = {
      {"nonsense\r\n\r\n", 400},
      {"GET / HTTP/1.1\nHost: h\n\n", 400},
      {"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
      {"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400},
      {"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 11\r\n\r\n01234567890", 413},
      {"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nb\r\n01234567890\r\n0\r\n\r\n", 413},
      {"GET / HTTP/1.1\r\nHost: h\r\nA: " + std::string(70'000, 'x') + "\r\n\r\n", 431},
      {"GET / HTTP/3.0\r\nHost: h\r\n\r\n", 505},
  };
  for (const auto& [text, status] : kCases) {
    Raw raw = server.connect();
    raw.send(text + "GET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n");
    shutdown(raw.fd(), SHUT_WR);
    const std::string got = raw.all();
    EXPECT_TRUE(got.starts_with("HTTP/1.1 " + std::to_string(status))) << text.substr(0, 60) << got;
    EXPECT_TRUE(got.ends_with("\r\n\r\n{\"status\":" + std::to_string(status) + "}")) << got;
    EXPECT_NE(got.find("application/json"), got.npos);
  }
  EXPECT_EQ(handled, 0);
  for (const char* at_limit : {"Content-Length: 10\r\n\r\n0123456789",
                               "Transfer-Encoding: chunked\r\n\r\na\r\n0123456789\r\n0\r\n\r\n"}) {
    Raw raw = server.connect();
    raw.send("POST / HTTP/1.1\r\nHost: h\r\n" + std::string(at_limit));
    EXPECT_NE(raw.until("0123456789").find("200 OK"), std::string::npos);
  }
}

TEST(Server, ContinueHeadAndOldVersion) {
  Running server(echo);
  Raw waits = server.connect();
  waits.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(waits.until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  waits.send("ok");
  EXPECT_TRUE(waits.until("ok").ends_with("POST / ok"));
  Raw head = server.connect();
  head.send("HEAD /x HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  const std::string got = head.all();
  EXPECT_NE(got.find("Content-Length: 8"), got.npos);
  EXPECT_TRUE(got.ends_with("\r\n\r\n"));
  Raw old = server.connect();
  old.send("GET /x HTTP/1.0\r\n\r\n");
  EXPECT_TRUE(old.all().ends_with("GET /x "));
}

TEST(Server, StreamsInChunksAndAbortsVisibly) {
  Running server([](const auto& call) {
    call->start(200, {{"Content-Length", "999"}, {"Bad\r\nName", "x"}, {"V", "a\r\nb"}});
    call->write("hello");
    call->write(" world");
    if (call->target() == "/abort") {
      call->on_closed([] { ADD_FAILURE() << "an abort is no leaving client"; });
      call->abort();
    } else {
      call->finish();
    }
    EXPECT_TRUE(call->closed());
    call->write("ignored");
    call->respond(500, {}, "ignored");
  });
  Raw raw = server.connect();
  raw.send("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  const std::string got = raw.all();
  EXPECT_TRUE(got.ends_with("\r\n\r\n5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n")) << got;
  EXPECT_EQ(got.find("999"), got.npos);
  EXPECT_EQ(got.find("Bad"), got.npos);
  EXPECT_EQ(got.find("V:"), got.npos);
  Raw old = server.connect();
  old.send("GET / HTTP/1.0\r\n\r\n");
  EXPECT_TRUE(old.all().ends_with("\r\n\r\nhello world"));
  Raw broken = server.connect();
  broken.send("GET /abort HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_FALSE(broken.all().ends_with("0\r\n\r\n"));
}

TEST(Server, TellsWhenTheClientLeaves) {
  std::atomic<int> closed = 0;
  std::shared_ptr<ServerCall> held;
  std::atomic<bool> there = false;
  Running server([&](auto call) {
    held = call;
    call->on_closed([&] { closed = held->closed() ? 1 : 2; });
    if (call->target() == "/s") {
      call->start(200, {});
      call->write("x");
    }
    there = true;
  });
  for (const char* target : {"/w", "/s"}) {
    closed = 0;
    there = false;
    Raw raw = server.connect();
    raw.send("GET " + std::string(target) + " HTTP/1.1\r\nHost: h\r\n\r\n");
    EXPECT_TRUE(eventually([&] { return there.load(); }));
    raw.close();
    EXPECT_TRUE(eventually([&] { return closed != 0; })) << target;
    EXPECT_EQ(closed, 1);
  }
  server.thread.on([&] { held.reset(); });
}

TEST(Server, HoldsBackTheSourceOfASlowReader) {
  constexpr size_t kTotal = size_t{24} << 20;
  const std::string piece(100'000, 'p');
  std::atomic<size_t> written = 0;
  std::atomic<int> drains = 0;
  std::shared_ptr<ServerCall> held;
  std::function<void()> pump;
  Running server([&](auto call) {
    held = call;
    pump = [&] {
      while (written < kTotal) {
        written += piece.size();
        if (!held->write(piece)) return;
      }
      held->finish();
    };
    call->on_drain([&] {
      ++drains;
      pump();
    });
    call->start(200, {});
    pump();
  });
  Raw raw = server.connect(16 << 10);
  raw.send("GET / HTTP/1.0\r\n\r\n");
  EXPECT_TRUE(eventually([&] { return written > limits::kWriteBufferBytesMax; }));
  usleep(100'000);
  EXPECT_LT(written, limits::kWriteBufferBytesMax + (size_t{8} << 20));  // the kernel's own buffers
  std::string got = raw.all();
  EXPECT_EQ(got.size() - got.find("\r\n\r\n") - 4, written.load());
  EXPECT_GT(drains, 0);
  server.thread.on([&] { held.reset(); });
}

TEST(Server, TimesOut) {
  ServerOptions options;
  options.header_timeout_ms = 100;
  options.idle_timeout_ms = 150;
  Running server(echo, options);
  Raw silent = server.connect();
  EXPECT_EQ(silent.all(), "");
  Raw half = server.connect();
  half.send("GET / HT");
  EXPECT_TRUE(half.until("\r\n\r\n").starts_with("HTTP/1.1 408"));
  Raw body = server.connect();
  body.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nx");
  EXPECT_TRUE(body.until("\r\n\r\n").starts_with("HTTP/1.1 408"));
}

TEST(Server, AnswersForAForgottenCall) {
  Running server([](const auto&) {});
  Raw raw = server.connect();
  raw.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_TRUE(raw.until("\r\n\r\n").starts_with("HTTP/1.1 500"));
}

TEST(Server, BoundsConnections) {
  ServerOptions options;
  options.connections_max = 2;
  Running server(echo, options);
  const std::string get = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";
  Raw one = server.connect(), two = server.connect();
  one.send(get);
  two.send(get);
  EXPECT_TRUE(one.until("GET /").starts_with("HTTP/1.1 200"));
  EXPECT_TRUE(two.until("GET /").starts_with("HTTP/1.1 200"));
  EXPECT_TRUE(server.connect().all().starts_with("HTTP/1.1 503"));
}

TEST(Server, CloseLetsTheAnswerUnderWayOut) {
  std::shared_ptr<ServerCall> held;
  std::atomic<bool> there = false;
  Running server([&](auto call) {
    held = call;
    there = true;
  });
  Raw idle = server.connect(), busy = server.connect();
  busy.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_TRUE(eventually([&] { return there.load(); }));
  server.thread.on([&] { server.server->close(); });
  EXPECT_EQ(idle.all(), "");
  server.thread.on([&] { std::exchange(held, nullptr)->respond(200, {}, "late"); });
  const std::string got = busy.all();
  EXPECT_TRUE(got.ends_with("late") && got.find("Connection: close") != got.npos) << got;
}

TEST(Server, MayBeDestroyedByItsHandler) {
  LoopThread thread;
  std::unique_ptr<Server> server;
  const uint16_t port = thread.on([&] {
    server = std::make_unique<Server>(thread.loop(), ServerOptions{}, [&](const auto& call) {
      call->start(200, {});
      server.reset();
      EXPECT_TRUE(call->closed());
    });
    return *server->listen("127.0.0.1", 0);
  });
  Raw raw = Raw::connect(port);
  raw.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_EQ(raw.all(), "");
  EXPECT_TRUE(thread.on([&] { return server == nullptr; }));
}

TEST(Server, SaysWhenTheAddressIsTaken) {
  Running server(echo);
  const auto again = server.thread.on([&] { return server.server->listen("127.0.0.1", server.port); });
  ASSERT_FALSE(again.has_value());
  EXPECT_EQ(again.error().code, Code::unavailable);
  EXPECT_FALSE(again.error().hint.empty());
}

TEST(Loop, TimersCancelAndMayEndThemselves) {
  Loop loop;
  std::string order;
  Timer self, never = loop.after(1, [&] { order += "x"; });
  never.cancel();
  self = loop.after(5, [&] {
    self = {};
    order += "b";
    loop.stop();
  });
  loop.post([&] { order += "a"; });
  loop.run();
  EXPECT_EQ(order, "ab");
  EXPECT_FALSE(self.waiting());
}

}  // namespace
}  // namespace weir::net
