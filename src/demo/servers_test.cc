#include "demo/servers.h"

#include <gtest/gtest.h>

#include "demo/toolbox.h"

namespace weir::demo {
namespace {

// The world's servers on a real socket, and an agent's toolbox in front of them.
class ServersTest : public testing::Test {
 protected:
  ServersTest() : servers_(loop_, world_) {
    const auto places = servers_.listen();
    EXPECT_TRUE(places);
    for (const ServerPlace& place : *places) places_.push_back({place.name, place.url, ""});
  }

  Status open(Toolbox& tools) {
    Status out = unavailable("nothing came");
    tools.open([&](Status status) {
      out = std::move(status);
      loop_.stop();
    });
    loop_.run();
    return out;
  }
  Result<ToolResult> call(Toolbox& tools, const std::string& name, const std::string& arguments) {
    Result<ToolResult> out = unavailable("nothing came");
    tools.call(name, arguments, [&](Result<ToolResult> result) {
      out = std::move(result);
      loop_.post([this] { loop_.stop(); });
    });
    loop_.run();
    return out;
  }

  net::Loop loop_;
  World world_{Plot()};
  ToolServers servers_;
  std::vector<Place> places_;
};

TEST_F(ServersTest, ListAndRunTheWorldsTools) {
  Toolbox tools(loop_, places_);
  ASSERT_TRUE(open(tools));
  const auto declared = json::parse(tools.declared());
  ASSERT_TRUE(declared);
  EXPECT_EQ(declared->root().size(), 8u);
  EXPECT_NE(tools.declared().find("\"bank__send_money\""), std::string::npos);
  const auto read = call(tools, "files__read", R"({"path":"notes/keys.txt"})");
  ASSERT_TRUE(read);
  EXPECT_EQ(read->text, Plot().keys_text());
  EXPECT_FALSE(read->error);
  EXPECT_TRUE(call(tools, "bank__send_money", R"({"recipient":"X","amount":1,"subject":"s"})"));
  EXPECT_EQ(world_.payments().size(), 1u);
  EXPECT_TRUE(call(tools, "bank__rob", "{}")->error);
}

TEST_F(ServersTest, TheRugIsPulledForThoseWhoListAgain) {
  Toolbox tools(loop_, places_);
  ASSERT_TRUE(open(tools));
  EXPECT_EQ(tools.declared().find("notes/keys.txt"), std::string::npos);
  world_.pull_rug();
  EXPECT_EQ(tools.declared().find("notes/keys.txt"), std::string::npos);
  ASSERT_TRUE(open(tools));
  EXPECT_NE(tools.declared().find("notes/keys.txt"), std::string::npos);
}

// A list without a tool that was there: the agent goes on with what it knew of it.
TEST_F(ServersTest, WhatWasLearnedStays) {
  Toolbox tools(loop_, {{"", places_[0].url, ""}});
  ASSERT_TRUE(open(tools));
  const std::string before = tools.declared();
  EXPECT_NE(before, "[]");
  EXPECT_TRUE(open(tools));
  EXPECT_EQ(tools.declared(), before);
}

TEST_F(ServersTest, WrongAddressesMethodsAndMessagesAreErrors) {
  Toolbox nowhere(loop_, {{"", places_[0].url + "x", ""}});
  EXPECT_FALSE(open(nowhere));
  McpClient client(loop_, places_[0].url, "");
  Result<ToolResult> out = ToolResult{};
  client.call("list", "not json at all", [&](Result<ToolResult> result) {
    out = std::move(result);
    loop_.post([this] { loop_.stop(); });
  });
  loop_.run();
  EXPECT_FALSE(out);
}

}  // namespace
}  // namespace weir::demo
