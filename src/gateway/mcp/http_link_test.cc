#include <gtest/gtest.h>

#include "base/limits.h"
#include "gateway/mcp/http_link_testing.h"
#include "gateway/mcp/http_reply.h"

namespace weir::gateway::mcp {
namespace {

TEST(McpHttpLink, SessionAndRevisionGoWithAllThatFollows) {
  Wired wired([](const Call& call) {
    if (!serve_rest(call)) call->respond(200, kJson, answer_to(id_in(call)));
  });
  wired.shake_hands();
  wired.send(ask("7"), "7");
  ASSERT_TRUE(wired.wait_messages(2));
  EXPECT_EQ(wired.messages[1], answer_to("7"));
  wired.close();
  ASSERT_TRUE(wired.wait_seen(4));
  EXPECT_EQ(wired.seen, (Texts{"POST " + ask("0", "initialize"),
                               "POST " + note("notifications/initialized") + " S 2025-06-18",
                               "POST " + ask("7") + " S 2025-06-18", "DELETE S 2025-06-18"}));
  EXPECT_TRUE(wired.failed.empty());
  EXPECT_TRUE(wired.closed.empty());
}

TEST(McpHttpLink, NoSessionNoDelete) {
  Wired wired([](const Call& call) {
    if (is_initialize(call)) return call->respond(200, kJson, answer_to("0"));
    if (!serve_rest(call)) call->respond(404, {}, "");
  });
  wired.shake_hands();
  wired.send(ask("1"), "1");
  EXPECT_NE(wired.wait_failed().find("404 Not Found"), std::string::npos) << wired.failed[0];
  wired.close();
  EXPECT_TRUE(wired.closed.empty());
  EXPECT_EQ(wired.seen.size(), 3u);
}

TEST(McpHttpLink, WhatFollowsWaitsForInitializeAndForNotifications) {
  Wired wired([&](const Call& call) { wired.held.push_back(call); });
  wired.send(ask("0", "initialize"), "0");
  wired.send(note("notifications/initialized"));
  wired.send(ask("1"), "1");
  wired.send(ask("2"), "2");
  ASSERT_TRUE(wired.wait_seen(1));
  EXPECT_EQ(wired.queued(),
            ask("0", "initialize").size() + note("notifications/initialized").size() + 2 * ask("1").size());
  wired.on_loop([&] { serve_rest(wired.held[0]); });
  ASSERT_TRUE(wired.wait_seen(2));
  wired.on_loop([&] { EXPECT_EQ(wired.held.size(), 2u); });
  wired.on_loop([&] { serve_rest(wired.held[1]); });
  ASSERT_TRUE(wired.wait_seen(4));  // the two requests go side by side
  EXPECT_EQ(wired.queued(), 2 * ask("1").size());
  wired.on_loop([&] {
    for (const size_t i : {3u, 2u}) wired.held[i]->respond(200, kJson, answer_to(id_in(wired.held[i])));
  });
  ASSERT_TRUE(wired.wait_messages(3));
  EXPECT_EQ(wired.queued(), 0u);
}

TEST(McpHttpLink, AStreamBringsOtherMessagesToo) {
  Wired wired([](const Call& call) {
    if (serve_rest(call)) return;
    call->start(200, kEvents);
    call->write(": hello\n\n" + event(note("a")) + "event: message\n" + event(ask("\"s1\"", "ping")));
    call->write("event: other\n" + event("ignored") + "id: 3\ndata:\n\n" +
                event("{\ndata: \"id\":1,\"result\":{}}"));
    call->finish();
  });
  wired.shake_hands();
  wired.send(ask("1"), "1");
  ASSERT_TRUE(wired.wait_messages(4));
  EXPECT_EQ(wired.messages[1], note("a"));
  EXPECT_EQ(wired.messages[2], ask("\"s1\"", "ping"));
  EXPECT_EQ(wired.messages[3], "{\n\"id\":1,\"result\":{}}");
  wired.close();
  EXPECT_TRUE(wired.failed.empty());
}

TEST(McpHttpLink, InitializeMayBeAnsweredByAStream) {
  Wired wired([](const Call& call) {
    if (!is_initialize(call)) return void(serve_rest(call));
    net::Headers headers = kEvents;
    headers.add("mcp-session-id", "T");
    call->start(200, headers);
    call->write(event(answer_to("0", R"({"protocolVersion":"2025-11-25"})")));
    call->finish();
  });
  wired.shake_hands();
  ASSERT_TRUE(wired.wait_seen(2));
  EXPECT_EQ(wired.seen[1], "POST " + note("notifications/initialized") + " T 2025-11-25");
}

TEST(McpHttpLink, ABrokenStreamIsResumed) {
  int gets = 0;
  Wired wired([&](const Call& call) {
    if (call->method() == "GET") {
      if (++gets == 1) return call->respond(503, {}, "");
      call->start(200, kEvents);
      if (gets == 2) {
        call->write(event(note("b"), "e3"));
        return wired.break_off(call);
      }
      call->write(event(answer_to("1")));
      return call->finish();
    }
    if (serve_rest(call)) return;
    call->start(200, kEvents);
    call->write("retry: 30\nid: e1\ndata:\n\n" + event(note("a"), "e2"));
    call->finish();
  });
  wired.shake_hands();
  wired.send(ask("1"), "1");
  ASSERT_TRUE(wired.wait_messages(4));
  EXPECT_EQ(wired.messages, (Texts{wired.messages[0], note("a"), note("b"), answer_to("1")}));
  EXPECT_EQ(Texts(wired.seen.begin() + 3, wired.seen.end()),
            (Texts{"GET e2 S 2025-06-18", "GET e2 S 2025-06-18", "GET e3 S 2025-06-18"}));
  EXPECT_TRUE(wired.failed.empty());
}

TEST(McpHttpLink, ResumingIsBoundedAndNeedsAnId) {
  Wired wired([&](const Call& call) {
    if (call->method() == "GET") return call->respond(502, {}, "");
    if (serve_rest(call)) return;
    call->start(200, kEvents);
    call->write("retry: 0\n" + event(note("a"), id_in(call) == "1" ? "e" : ""));
    wired.break_off(call);
  });
  wired.shake_hands();
  wired.send(ask("1"), "1");
  EXPECT_EQ(wired.wait_failed().substr(0, 3), "1: ");
  EXPECT_EQ(wired.seen.size(), size_t{3} + limits::kMcpResumesMax);
  wired.send(ask("2"), "2");
  ASSERT_TRUE(wired.wait([&] { return wired.failed.size() == 2; }));
  EXPECT_EQ(wired.failed[1].substr(0, 3), "2: ");
  EXPECT_EQ(wired.seen.size(), size_t{4} + limits::kMcpResumesMax);
}

TEST(McpHttpLink, AServerThatCannotResumeFailsTheRequest) {
  Wired wired([](const Call& call) {
    if (serve_rest(call)) return;
    call->start(200, kEvents);
    call->write("retry: 1\n" + event(note("a"), "e"));
    call->finish();
  });
  wired.shake_hands();
  wired.send(ask("1"), "1");
  EXPECT_NE(wired.wait_failed().find("405"), std::string::npos);
}

TEST(McpHttpLink, ListensAndListensAgain) {
  int gets = 0;
  Wired wired(
      [&](const Call& call) {
        if (call->method() != "GET") return void(serve_rest(call));
        call->start(200, kEvents);
        if (++gets < 3) {
          call->write("retry: 20\n" + event(note("n" + std::to_string(gets)), "e" + std::to_string(gets)));
          return gets == 1 ? call->finish() : wired.break_off(call);
        }
        call->write(event(ask("\"q\"", "roots/list")));
        wired.held.push_back(call);
      },
      true);
  wired.shake_hands();
  ASSERT_TRUE(wired.wait_messages(4));
  EXPECT_EQ(Texts(wired.messages.begin() + 1, wired.messages.end()),
            (Texts{note("n1"), note("n2"), ask("\"q\"", "roots/list")}));
  EXPECT_EQ(Texts(wired.seen.begin() + 2, wired.seen.end()),
            (Texts{"GET S 2025-06-18", "GET e1 S 2025-06-18", "GET e2 S 2025-06-18"}));
  wired.close();
  ASSERT_TRUE(wired.wait_seen(6));
  EXPECT_EQ(wired.seen[5], "DELETE S 2025-06-18");
}

TEST(McpHttpLink, NoStreamToListenToIsFine) {
  Wired wired([](const Call& call) { serve_rest(call); }, true);
  wired.shake_hands();
  ASSERT_TRUE(wired.wait_seen(3));
  wired.send(note("x"));
  ASSERT_TRUE(wired.wait_seen(4));
  EXPECT_EQ(wired.seen[2], "GET S 2025-06-18");
  EXPECT_TRUE(wired.log.empty());
}

TEST(McpHttpLink, ALostSessionEndsTheLink) {
  for (const bool by_get : {false, true}) {
    for (const int status : {404, 400}) {
      Wired wired(
          [&](const Call& call) {
            const bool lose =
                by_get ? call->method() == "GET" : call->body().find("tools/call") != std::string::npos;
            if (!lose) return void(serve_rest(call));
            call->respond(status, kJson,
                          R"({"error":{"message":"Bad Request: No valid Session ID provided"}})");
          },
          by_get);
      wired.shake_hands();
      if (!by_get) wired.send(ask("1"), "1");
      ASSERT_TRUE(wired.wait([&] { return !wired.closed.empty(); }));
      EXPECT_EQ(wired.closed, Texts{"not_found: the server does not know the session any more"});
      EXPECT_TRUE(wired.failed.empty());
      wired.send(ask("2"), "2");
      EXPECT_EQ(wired.queued(), 0u);
      wired.close();
    }
  }
}

TEST(McpHttpLink, RefusalsAreToldForTheirRequest) {
  struct Case {
    int status;
    net::Headers headers;
    const char* body;
    const char* says;
  };
  const Case cases[] = {
      {401,
       {},
       "",
       "the server answered 401 Unauthorized (does the server in weir.toml have the right headers?)"},
      {403, {}, "", "403 Forbidden"},
      {400, kJson, R"({"jsonrpc":"2.0","id":null,"error":{"code":-1,"message":"no \u001b[2J way"}})",
       "400 Bad Request: no \\u{001B}[2J way"},
      {405, {}, "", "is this the address of a streamable HTTP server?"},
      {500, {}, "<html>", "500 Internal Server Error"},
      {307, {{"Location", "http://elsewhere/"}}, "", "weir does not follow redirects"},
      {202, {}, "", "ended without an answer"},
      {200, kJson, "", "ended without an answer"},
      {200, kJson, R"({"jsonrpc":"2.0","id":2,"result":{}})", "ended without an answer"},
      {200, kJson, R"({"jsonrpc":"2.0","id":1,"method":"x"})", "ended without an answer"},
      {200, kJson, "not JSON", "ended without an answer"},
      {200,
       {{"Content-Type", "text/html"}},
       R"({"jsonrpc":"2.0","id":1,"result":{}})",
       "ended without an answer"},
      {200, kEvents, "<html>\n\n", "no field of an event stream"},
      {200, kEvents, "data: {}\n\n", "ended without an answer"},
      {200, kEvents, "data: {\"id\":1,\"result\":{}}\n", "ended without an answer"},
  };
  for (const Case& test : cases) {
    Wired wired([&](const Call& call) {
      if (!serve_rest(call)) call->respond(test.status, test.headers, test.body);
    });
    wired.shake_hands();
    wired.send(ask("1"), "1");
    EXPECT_NE(wired.wait_failed().find(test.says), std::string::npos)
        << test.says << " / " << wired.failed[0];
    EXPECT_EQ(wired.failed[0].substr(0, 3), "1: ");
    wired.send(note("lives"));
    EXPECT_TRUE(wired.wait_seen(4));
    EXPECT_TRUE(wired.closed.empty());
  }
}

TEST(McpHttpLink, AnErrorWithAnAnswerInItIsAnAnswer) {
  const std::string body = R"({"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"no"}})";
  Wired wired([&](const Call& call) {
    if (!serve_rest(call)) call->respond(400, kJson, body);
  });
  wired.shake_hands();
  wired.send(ask("1"), "1");
  ASSERT_TRUE(wired.wait_messages(2));
  EXPECT_EQ(wired.messages[1], body);
  wired.close();
  EXPECT_TRUE(wired.failed.empty());
}

TEST(McpHttpLink, AServerThatIsNotThereFailsEachRequest) {
  Wired wired([](const Call& call) { serve_rest(call); }, true);
  wired.shake_hands();
  ASSERT_TRUE(wired.wait_seen(3));
  wired.stop_server();
  wired.send(ask("1"), "1");
  EXPECT_NE(wired.wait_failed().find("cannot connect"), std::string::npos);
  wired.send(note("x"));
  ASSERT_TRUE(wired.wait([&] { return !wired.log.empty(); }));
  EXPECT_TRUE(wired.closed.empty());
}

TEST(McpHttpLink, AVitalStreamThatCannotBeHadAgainEndsTheLink) {
  Wired wired([&](const Call& call) {
    if (call->method() != "GET") return void(serve_rest(call));
    call->start(200, kEvents);
    wired.held.push_back(call);
    if (wired.held.size() == 1) call->finish();  // in order: it is opened again
  });
  wired.open(wired.url(), true, true);
  wired.shake_hands();
  ASSERT_TRUE(wired.wait_seen(4));
  EXPECT_TRUE(wired.closed.empty());
  wired.stop_server();
  ASSERT_TRUE(wired.wait([&] { return !wired.closed.empty(); }));
  EXPECT_EQ(wired.closed[0].substr(0, 14), "cannot connect");
}

TEST(McpHttpLink, ARequestIsNeverSentTwice) {
  std::map<std::string, int> times;
  Wired wired([&](const Call& call) {
    if (serve_rest(call)) return;
    ++times[id_in(call)];
    call->abort();
  });
  wired.shake_hands();
  for (const char* id : {"1", "2", "3"}) wired.send(ask(id), id);
  ASSERT_TRUE(wired.wait([&] { return wired.failed.size() == 3; }));
  wired.on_loop([&] { EXPECT_EQ(times, (std::map<std::string, int>{{"1", 1}, {"2", 1}, {"3", 1}})); });
}

TEST(McpHttpLink, MessagesOfTheBoundPassAndPastItFail) {
  Wired wired([](const Call& call) {
    if (serve_rest(call)) return;
    const std::string id = id_in(call);
    const size_t size = limits::kMcpMessageBytesMax + (id == "2" ? 1 : 0);
    const std::string empty = answer_to(id, "\"\"");
    const std::string text = answer_to(id, "\"" + std::string(size - empty.size(), 'x') + "\"");
    call->respond(200, kJson, text);
  });
  wired.shake_hands();
  wired.send(ask("1"), "1");
  ASSERT_TRUE(wired.wait_messages(2));
  wired.send(ask("2"), "2");
  ASSERT_EQ(wired.messages.size(), 2u);
  EXPECT_EQ(wired.messages[1].size(), limits::kMcpMessageBytesMax);
  EXPECT_EQ(wired.wait_failed().substr(0, 3), "2: ");
}

TEST(McpHttpLink, ASessionIdThatCannotBeSentBackIsRefused) {
  for (const std::string& id : {std::string("a b"), std::string("\xC3\xA9"), std::string(1'025, 'x')}) {
    Wired wired([&](const Call& call) {
      net::Headers headers = kJson;
      headers.add("Mcp-Session-Id", id);
      call->respond(200, headers, answer_to("0"));
    });
    wired.send(ask("0", "initialize"), "0");
    EXPECT_NE(wired.wait_failed().find("session id"), std::string::npos);
    EXPECT_TRUE(wired.messages.empty());
  }
}

TEST(McpHttpLink, CallbacksMayDestroyIt) {
  for (const bool stream : {false, true}) {
    Wired wired([&](const Call& call) {
      if (is_initialize(call) && stream) {
        call->start(200, kEvents);
        return void(call->write(event(note("a")) + event(answer_to("0"))));
      }
      serve_rest(call);
    });
    wired.on_message = [&] { wired.link_.reset(); };
    wired.send(ask("0", "initialize"), "0");
    ASSERT_TRUE(wired.wait_messages(1));
    wired.on_loop([] {});
    EXPECT_EQ(wired.messages.size(), 1u);
  }
}

TEST(McpHttpLink, NoUrlIsTold) {
  Wired wired([](const Call&) {});
  wired.open("ftp://x", false);
  ASSERT_TRUE(wired.wait([&] { return !wired.closed.empty(); }));
  wired.send(ask("1"), "1");
}

TEST(McpHttpReply, KnowsAnAnswer) {
  EXPECT_TRUE(answers(R"({"id":1,"result":{}})", "1"));
  EXPECT_TRUE(answers(R"({"id":"\u0061","error":{}})", "\"a\""));
  EXPECT_TRUE(answers(R"([{"method":"x"},{"id":1,"result":null}])", "1"));
  for (const char* text : {R"({"id":"1","result":{}})", R"({"id":1})", R"({"id":1,"method":"x","result":{}})",
                           R"({"id":1.0,"result":{}})", "1", "[]", "", "{\"id\":1,\"result\":{}"})
    EXPECT_FALSE(answers(text, "1")) << text;
}

}  // namespace
}  // namespace weir::gateway::mcp
