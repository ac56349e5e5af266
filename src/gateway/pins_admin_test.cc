#include <fmt/format.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>

#include "base/json.h"
#include "gateway/gateway.h"
#include "gateway/running.h"
#include "net/client.h"

namespace weir::gateway {
namespace {

manifest::ToolText tool(std::string_view name, std::string_view description) {
  const auto document = json::parse(
      fmt::format(R"({{"name":{},"description":{}}})", json::quote(name), json::quote(description)));
  return *manifest::read_tool_text(document->root());
}

// A whole gateway, asked over HTTP.
class PinsAdminTest : public testing::Test {
 protected:
  PinsAdminTest() {
    char name[] = "/tmp/weir-pins-admin-test-XXXXXX";
    dir_ = mkdtemp(name);
    auto config = config::defaults();
    config->listen_port = 0;
    auto running = Running::start({std::move(*config), dir_, &loop_});
    EXPECT_TRUE(running.has_value()) << running.error().text();
    running_ = std::move(*running);
    Pins& pins = running_->gateway().pins();
    pins.observe("s", {tool("a", "one"), tool("b", "tw\u202Eo")}, {});
    pins.observe("s", {tool("a", "one\nmore"), tool("b", "tw\u202Eo")}, {});
  }
  ~PinsAdminTest() override {
    running_.reset();
    std::error_code ignored;
    std::filesystem::remove_all(dir_, ignored);
  }

  struct Reply {
    int status = 0;
    std::string body;
  };
  Reply ask(const std::string& method, const std::string& path, std::string body, const std::string& token) {
    Reply reply;
    const auto url = net::parse_url(fmt::format("http://127.0.0.1:{}{}", running_->port(), path));
    const auto fetch = client_.fetch({method, *url, {{"authorization", "Bearer " + token}}, std::move(body)},
                                     {[&](int status, const net::Headers&) { reply.status = status; },
                                      [&](std::string_view bytes) { reply.body += bytes; },
                                      [&] { loop_.stop(); }, [&](const Error&) { loop_.stop(); }});
    loop_.run();
    return reply;
  }
  Reply admin(const std::string& method, const std::string& path, std::string body = {}) {
    return ask(method, path, std::move(body), running_->person_token());
  }
  Reply accept(std::string body) { return admin("POST", "/weir/pins/accept", std::move(body)); }

  std::string dir_;
  net::Loop loop_;
  net::Client client_{loop_};
  std::unique_ptr<Running> running_;
};

TEST_F(PinsAdminTest, ListShowsWhatWaits) {
  const Reply reply = admin("GET", "/weir/pins");
  ASSERT_EQ(reply.status, 200);
  const auto document = json::parse(reply.body);
  ASSERT_TRUE(document.has_value());
  ASSERT_EQ((*document)["pins"].size(), 2U);
  const json::Value changed = document->root().at_pointer("/pins/0");
  EXPECT_EQ(changed["state"].string_or(""), "changed");
  EXPECT_EQ(changed["difference"].raw(), R"(["  description","    + more"])");
  EXPECT_EQ(changed["digest"].string_or(""), "sha256:" + to_hex(as_bytes(tool("a", "one\nmore").digest)));
  const json::Value flagged = document->root().at_pointer("/pins/1");
  EXPECT_EQ(flagged["state"].string_or(""), "flagged");
  EXPECT_EQ(flagged["findings"].size(), 1U);
  EXPECT_EQ(reply.body.find("\u202E"), std::string::npos);
  // An agent's token opens neither.
  EXPECT_NE(ask("GET", "/weir/pins", {}, running_->client_token()).status, 200);
  EXPECT_NE(ask("POST", "/weir/pins/accept", R"({"server":"s"})", running_->client_token()).status, 200);
  EXPECT_EQ(running_->gateway().pins().all().at({"s", "a"}).state, PinState::waits_changed);
}

TEST_F(PinsAdminTest, AcceptsOnlyWhatWasLookedAt) {
  const std::string digest = to_hex(as_bytes(tool("a", "one\nmore").digest));
  const auto with = [](const std::string& text) {
    return R"({"server":"s","tool":"a","digest":")" + text + "\"}";
  };
  EXPECT_EQ(accept(with(std::string(12, '0'))).status, 403);
  EXPECT_EQ(accept(with(digest.substr(0, 11))).status, 400);
  EXPECT_EQ(accept(R"({"server":"s","digest":")" + digest + "\"}").status, 400);
  EXPECT_EQ(running_->gateway().pins().all().at({"s", "a"}).state, PinState::waits_changed);
  const Reply done = accept(with(digest.substr(0, 12)));
  EXPECT_EQ(done.status, 200);
  EXPECT_EQ(done.body, R"({"accepted":1})");
  EXPECT_EQ(accept(with("sha256:" + digest)).status, 404);
  EXPECT_EQ(accept(R"({"server":"s"})").body, R"({"accepted":1})");
  EXPECT_EQ(running_->gateway().pins().all().at({"s", "b"}).state, PinState::accepted);
}

TEST_F(PinsAdminTest, RefusesOtherShapes) {
  for (const char* bad : {"", "[]", "{}", R"({"server":""})", R"({"server":1})", R"({"server":"s","tool":1})",
                          R"({"server":"s","tool":"a","digest":1})"})
    EXPECT_EQ(accept(bad).status, 400) << bad;
  EXPECT_EQ(accept(R"({"server":"no"})").status, 404);
  EXPECT_EQ(admin("DELETE", "/weir/pins").status, 404);
  EXPECT_EQ(admin("GET", "/weir/pins/other").status, 404);
}

}  // namespace
}  // namespace weir::gateway
