#include "net/client.h"

#include <gtest/gtest.h>

#include <functional>
#include <vector>

#include "net/server.h"
#include "net/testing.h"

namespace weir::net {
namespace {

using testing::Raw;
using testing::RawListener;

// What came of one fetch.
struct Got {
  int status = 0;
  Headers headers;
  std::string body;
  bool ended = false;
  std::optional<Error> error;
  std::string text() const {
    return error ? "error: " + error->message : std::to_string(status) + " " + body + (ended ? "" : " …");
  }
};

FetchHandler into(Got& got, std::function<void()> done) {
  return {[&got](int status, Headers headers) {
            EXPECT_EQ(got.status, 0);
            got.status = status;
            got.headers = std::move(headers);
          },
          [&got](std::string_view bytes) { got.body += bytes; },
          [&got, done] {
            EXPECT_FALSE(got.ended || got.error);
            got.ended = true;
            done();
          },
          [&got, done](Error error) {
            EXPECT_FALSE(got.ended || got.error);
            got.error = std::move(error);
            done();
          }};
}

ClientRequest get(uint16_t port, std::string method = "GET", std::string body = "") {
  return {std::move(method), Url{"http", "127.0.0.1", port, "/"}, {}, std::move(body)};
}

// Fetches on a loop of the test's own thread, for at most ten seconds.
Got fetch_one(Loop& loop, Client& client, ClientRequest request) {
  Got got;
  const Timer late = loop.after(10'000, [&] {
    ADD_FAILURE() << "no end came";
    loop.stop();
  });
  const auto fetch = client.fetch(std::move(request), into(got, [&] { loop.stop(); }));
  loop.run();
  return got;
}

// What a fetch makes of a server that answers one request with these bytes and closes.
Got answer(std::string_view bytes, ClientOptions options = {}, const char* method = "GET") {
  RawListener listener;
  std::thread peer([&] {
    Raw raw = listener.accept();
    raw.request();
    raw.send(bytes);
  });
  Loop loop;
  Client client(loop, std::move(options));
  Got got = fetch_one(loop, client, get(listener.port(), method));
  peer.join();
  return got;
}

TEST(Client, ReadsEveryFraming) {
  EXPECT_EQ(answer("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok").text(), "200 ok");
  EXPECT_EQ(
      answer("HTTP/1.1 201 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n1;x\r\nb\r\n0\r\nT: 1\r\n\r\n")
          .text(),
      "201 ab");
  EXPECT_EQ(answer("HTTP/1.1 500 \r\n\r\nuntil close").text(), "500 until close");
  EXPECT_EQ(answer("HTTP/1.1 204 No\r\n\r\n").text(), "204 ");
  EXPECT_EQ(answer("HTTP/1.1 304 No\r\nContent-Length: 5\r\n\r\n").text(), "304 ");
  EXPECT_EQ(answer("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", {}, "HEAD").text(), "200 ");
  EXPECT_EQ(
      answer(
          "HTTP/1.1 100 C\r\n\r\nHTTP/1.1 103 E\r\nA: b\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx")
          .text(),
      "200 x");
}

TEST(Client, RefusesWhatIsBrokenOrLies) {
  const std::string middle = "error: the upstream closed in the middle of its reply";
  EXPECT_EQ(answer("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok").text(), middle);
  EXPECT_EQ(answer("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab").text(), middle);
  EXPECT_EQ(answer("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n").text(), middle);
  EXPECT_EQ(answer("HTTP/1.1 200 OK\r\nContent-Le").text(), middle);
  EXPECT_EQ(answer("").text(), "error: the upstream closed without a reply");
  for (const std::string bytes :
       {"SSH-2.0-OpenSSH\r\n\r\n", "garbage\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n", "HTTP/1.1 101 Switch\r\n\r\n"}) {
    const Got got = answer(bytes);
    ASSERT_TRUE(got.error) << bytes;
    EXPECT_EQ(got.error->code, Code::bad_input) << bytes;
  }
  EXPECT_TRUE(answer("HTTP/1.1 200 OK\r\nA: " + std::string(100'000, 'x')).error);
  std::string interim;
  for (int i = 0; i < limits::kInterimResponsesMax; ++i) interim += "HTTP/1.1 100 C\r\n\r\n";
  const std::string end = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
  EXPECT_EQ(answer(interim + end).text(), "200 ");
  EXPECT_TRUE(answer(interim + "HTTP/1.1 100 C\r\n\r\n" + end).error);
}

TEST(Client, BoundsTheReply) {
  ClientOptions options;
  options.response_bytes_max = 5;
  for (const std::string start :
       {"HTTP/1.1 200 OK\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"}) {
    EXPECT_EQ(answer(start + "12345", options).text(), "200 12345");
  }
  for (const std::string bytes :
       {"HTTP/1.1 200 OK\r\n\r\n123456", "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n123456",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n6\r\n123456\r\n0\r\n\r\n"}) {
    const Got got = answer(bytes, options);
    ASSERT_TRUE(got.error) << bytes;
    EXPECT_EQ(got.error->code, Code::too_large);
  }
}

TEST(Client, TimesOutAndSaysWhenNobodyListens) {
  ClientOptions options;
  options.idle_timeout_ms = 100;
  RawListener silent;
  Loop loop;
  Client client(loop, options);
  const Got late = fetch_one(loop, client, get(silent.port()));
  ASSERT_TRUE(late.error);
  EXPECT_EQ(late.error->code, Code::timed_out);
  uint16_t free_port = RawListener().port();
  const Got refused = fetch_one(loop, client, get(free_port));
  ASSERT_TRUE(refused.error);
  EXPECT_EQ(refused.error->code, Code::unavailable);
  ClientRequest bad = get(free_port);
  bad.url.path_and_query = "/ HTTP/1.1\r\nX: y";
  EXPECT_EQ(fetch_one(loop, client, bad).error->code, Code::bad_input);
}

// The server closes the kept connection just when it is used again.
TEST(Client, RetriesOnceOnAFreshConnection) {
  RawListener listener;
  const std::string ok = "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n";
  std::vector<std::string> seen;
  std::thread peer([&] {
    {
      Raw raw = listener.accept();
      seen.push_back(raw.request());
      raw.send(ok + "1");
      seen.push_back(raw.request());
    }
    {
      Raw raw = listener.accept();
      seen.push_back(raw.request());
      raw.send(ok + "2");
      seen.push_back(raw.request());
    }
    Raw raw = listener.accept();
    raw.request();
  });
  Loop loop;
  Client client(loop);
  EXPECT_EQ(fetch_one(loop, client, get(listener.port(), "POST", "body")).text(), "200 1");
  EXPECT_EQ(client.kept_connections(), 1u);
  EXPECT_EQ(fetch_one(loop, client, get(listener.port(), "POST", "body")).text(), "200 2");
  // The retry's own connection fails too: no third attempt.
  EXPECT_EQ(fetch_one(loop, client, get(listener.port())).text(),
            "error: the upstream closed without a reply");
  EXPECT_EQ(client.kept_connections(), 0u);
  peer.join();
  ASSERT_EQ(seen.size(), 4u);
  EXPECT_TRUE(seen[1].ends_with("\r\n\r\nbody"));
  EXPECT_EQ(seen[1], seen[2]);
}

ClientRequest once(uint16_t port) {
  ClientRequest request = get(port, "POST");
  request.replayable = false;
  return request;
}

TEST(Client, NeverSendsTwiceWhatMustNotBe) {
  RawListener listener;
  std::thread peer([&] {
    Raw kept = listener.accept();
    for (const char* reply : {"1", "2", "3"}) {
      kept.request();
      kept.send(std::string("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n") + reply);
    }
    kept.request();
  });
  Loop loop;
  Client client(loop);
  EXPECT_EQ(fetch_one(loop, client, get(listener.port())).text(), "200 1");
  EXPECT_EQ(fetch_one(loop, client, get(listener.port())).text(), "200 2");
  // By now the upstream has shown that it keeps connections.
  EXPECT_EQ(fetch_one(loop, client, once(listener.port())).text(), "200 3");
  EXPECT_EQ(fetch_one(loop, client, once(listener.port())).text(),
            "error: the upstream closed without a reply");
  peer.join();
}

TEST(Client, TrustsNoClosedConnectionWithWhatMustNotBeSentTwice) {
  RawListener listener;
  Loop loop;
  Client client(loop);
  for (int i = 0; i < 3; ++i) {
    std::thread peer([&] {
      Raw raw = listener.accept();
      raw.request();
      raw.send("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n1");  // and closes without having said so
    });
    EXPECT_EQ(fetch_one(loop, client, once(listener.port())).text(), "200 1");
    peer.join();
    if (i == 1) std::this_thread::sleep_for(std::chrono::milliseconds(50));  // long enough to be trusted
  }
}

TEST(Client, WritesNoFieldThatSplitsTheRequest) {
  RawListener listener;
  std::string seen;
  std::thread peer([&] {
    Raw raw = listener.accept();
    seen = raw.request();
    raw.send("HTTP/1.1 204 No\r\n\r\n");
  });
  Loop loop;
  Client client(loop);
  ClientRequest request = get(listener.port());
  request.headers = {{"Good", "1"},
                     {"Bad", "1\r\nX: 2"},
                     {"B ad", "1"},
                     {"Transfer-Encoding", "chunked"},
                     {"Content-Length", "9"}};
  fetch_one(loop, client, request);
  peer.join();
  EXPECT_EQ(seen,
            "GET / HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(listener.port()) + "\r\nGood: 1\r\n\r\n");
}

TEST(Client, CancelsFromItsOwnCallbacks) {
  for (const char* when : {"head", "data", "client"}) {
    RawListener listener;
    std::thread peer([&] {
      Raw raw = listener.accept();
      raw.request();
      raw.send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc");
      EXPECT_EQ(raw.some(), "");  // closed
    });
    Loop loop;
    auto client = std::make_unique<Client>(loop);
    std::unique_ptr<Fetch> fetch;
    const std::string marker(100, 'm');  // captured, so that a freed callback shows under ASan
    const auto cancel = [&, marker](std::string_view at) {
      if (at != when) return;
      if (at == "client") client.reset();
      fetch.reset();
      EXPECT_EQ(marker.size(), 100u);
      loop.stop();
    };
    fetch = client->fetch(get(listener.port()), {[cancel](int, const Headers&) { cancel("head"); },
                                                 [cancel](std::string_view) {
                                                   cancel("data");
                                                   cancel("client");
                                                 },
                                                 [] { ADD_FAILURE(); }, [](const Error&) { ADD_FAILURE(); }});
    loop.run();
    peer.join();
  }
}

TEST(Client, PausesAndResumes) {
  RawListener listener;
  const std::string body(size_t{8} << 20, 'z');
  std::thread peer([&] {
    Raw raw = listener.accept();
    raw.request();
    raw.send("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
  });
  Loop loop;
  Client client(loop);
  std::unique_ptr<Fetch> fetch;
  Timer timer;
  std::string got;
  bool paused = false;
  size_t pauses = 0;
  FetchHandler handler;
  handler.on_data = [&](std::string_view bytes) {
    EXPECT_FALSE(paused);
    got += bytes;
    if (got.size() < pauses * (size_t{1} << 20)) return;
    ++pauses;
    paused = true;
    fetch->pause();
    timer = loop.after(20, [&] {
      paused = false;
      fetch->resume();
    });
  };
  handler.on_end = [&] {
    EXPECT_FALSE(paused);
    loop.stop();
  };
  fetch = client.fetch(get(listener.port()), std::move(handler));
  loop.run();
  peer.join();
  EXPECT_EQ(got, body);
  EXPECT_GE(pauses, 8u);
}

// Server and Client on one loop.
struct Pair {
  Loop loop;
  Server server;
  uint16_t port;
  Client client;
  explicit Pair(Handler handler)
      : server(loop, {}, std::move(handler)), port(*server.listen("127.0.0.1", 0)), client(loop) {}
};

TEST(RoundTrip, EverySizeWholeAndStreamed) {
  Pair pair([](const auto& call) {
    if (!call->headers().has("stream")) return call->respond(200, {}, std::move(call->body()));
    call->start(200, {});
    for (std::string_view rest = call->body(); !rest.empty();) {
      const std::string_view piece = rest.substr(0, 70'001);
      call->write(piece);
      rest.remove_prefix(piece.size());
    }
    call->finish();
  });
  for (size_t size : {0, 1, 100, 4096, 16384, 16385, 65536, 1 << 20, 8 << 20}) {
    std::string body(size, 'a');
    for (size_t i = 0; i < size; i += 97) body[i] = static_cast<char>('a' + i % 26);
    for (const bool stream : {false, true}) {
      ClientRequest request = get(pair.port, "POST", body);
      if (stream) request.headers.add("stream", "1");
      const Got got = fetch_one(pair.loop, pair.client, std::move(request));
      EXPECT_TRUE(got.ended) << size;
      EXPECT_TRUE(got.body == body) << size;
    }
  }
  EXPECT_EQ(pair.client.kept_connections(), 1u);
}

TEST(RoundTrip, AHundredAtOnce) {
  std::vector<std::shared_ptr<ServerCall>> waiting;
  Pair pair([&](auto call) {
    waiting.push_back(call);
    if (waiting.size() < 100) return;
    for (const auto& each : std::exchange(waiting, {})) each->respond(200, {}, std::move(each->body()));
  });
  for (int round = 0; round < 2; ++round) {
    std::vector<Got> got(100);
    std::vector<std::unique_ptr<Fetch>> fetches;
    int left = 100;
    for (int i = 0; i < 100; ++i) {
      fetches.push_back(pair.client.fetch(get(pair.port, "POST", std::to_string(i)), into(got[i], [&] {
                                            if (--left == 0) pair.loop.stop();
                                          })));
    }
    pair.loop.run();
    for (int i = 0; i < 100; ++i) EXPECT_EQ(got[i].text(), "200 " + std::to_string(i));
    EXPECT_EQ(pair.client.kept_connections(), 100u);
  }
}

}  // namespace
}  // namespace weir::net
