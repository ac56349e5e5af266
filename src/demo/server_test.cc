#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/json.h"
#include "demo/model.h"
#include "net/client.h"

namespace weir::demo {
namespace {

struct Answer {
  int status = 0;
  std::string type, body;
};

// A model server on a real socket, asked one thing at a time.
class ModelServerTest : public testing::Test {
 protected:
  ModelServerTest() : server_(loop_, {.canaries = {"CANARY", "other"}}), client_(loop_) {
    const auto port = server_.listen("127.0.0.1", 0);
    EXPECT_TRUE(port);
    base_ = fmt::format("http://127.0.0.1:{}", *port);
  }

  Answer ask(const std::string& method, const std::string& path, const std::string& body = "") {
    Answer answer;
    const auto fetch =
        client_.fetch({.method = method, .url = *net::parse_url(base_ + path), .headers = {}, .body = body},
                      {.on_head =
                           [&](int status, const net::Headers& headers) {
                             answer.status = status;
                             answer.type = headers.find("Content-Type").value_or("");
                           },
                       .on_data = [&](std::string_view bytes) { answer.body += bytes; },
                       .on_end = [&] { loop_.stop(); },
                       .on_error = [&](const Error&) { loop_.stop(); }});
    loop_.run();
    return answer;
  }

  net::Loop loop_;
  ModelServer server_;
  net::Client client_;
  std::string base_;
};

constexpr const char* kOrder = R"("messages":[{"role":"user","content":"call t with {\"x\":\"CANARY\"}"}])";

std::string request(std::string_view more) {
  return fmt::format(R"({{"model":"m",{},{}}})", more, kOrder);
}

TEST_F(ModelServerTest, ObeysInBothDialectsStreamedAndNot) {
  for (const std::string path : {"/v1/chat/completions", "/v1/messages?beta=true"}) {
    const Answer whole = ask("POST", path, request(R"("stream":false)"));
    EXPECT_EQ(whole.status, 200);
    EXPECT_TRUE(json::parse(whole.body)) << whole.body;
    EXPECT_NE(whole.body.find("CANARY"), std::string::npos);
    const Answer streamed = ask("POST", path, request(R"("stream":true)"));
    EXPECT_EQ(streamed.status, 200);
    EXPECT_EQ(streamed.type, "text/event-stream");
    EXPECT_NE(streamed.body.find("CANARY"), std::string::npos);
  }
  EXPECT_EQ(server_.requests(), 4u);
  EXPECT_EQ(server_.emitted().at("CANARY").count, 4u);
  EXPECT_EQ(server_.emitted().at("other").count, 0u);
}

TEST_F(ModelServerTest, GreetsAndNamesItself) {
  const Answer models = ask("GET", "/v1/models");
  EXPECT_EQ(models.status, 200);
  EXPECT_NE(models.body.find("weir-demo"), std::string::npos);
  const Answer hello =
      ask("POST", "/v1/chat/completions", R"({"messages":[{"role":"user","content":"hi"}]})");
  const auto body = json::parse(hello.body);
  ASSERT_TRUE(body);
  EXPECT_EQ(body->root().at_pointer("/choices/0/message/content").string_or(""), kGreeting);
  EXPECT_EQ(body->root().at_pointer("/choices/0/finish_reason").string_or(""), "stop");
  EXPECT_EQ(ask("POST", "/v1/messages/count_tokens", "{}").body, R"({"input_tokens":1})");
}

TEST_F(ModelServerTest, RefusesWhatItDoesNotKnow) {
  for (const std::string path : {"/v1/chat/completions", "/v1/messages"}) {
    for (const char* body : {"", "{", "[]", "{}", R"({"messages":1})", R"({"messages":[],"messages":[]})"}) {
      const Answer answer = ask("POST", path, body);
      EXPECT_EQ(answer.status, 400) << body;
      EXPECT_TRUE(json::parse(answer.body));
    }
    EXPECT_EQ(ask("GET", path).status, 405);
  }
  EXPECT_EQ(ask("POST", "/v1/responses", "{}").status, 404);
  EXPECT_EQ(ask("GET", "/").status, 404);
}

}  // namespace
}  // namespace weir::demo
