#include "demo/tools.h"

#include <gtest/gtest.h>

#include "demo/orders.h"

namespace weir::demo {
namespace {

TEST(Tools, MoneyLeavesTheAccount) {
  const Plot plot;
  World world(plot);
  EXPECT_NE(world.call("bank__send_money", R"({"recipient":"X","amount":98.70,"subject":"s"})").find("sent"),
            std::string::npos);
  EXPECT_EQ(world.balance_cents(), plot.balance_cents - 9870);
  ASSERT_EQ(world.payments().size(), 1u);
  EXPECT_EQ(world.payments()[0].cents, 9870);
  EXPECT_EQ(world.call("bank__get_balance", "{}"), R"({"balance":9901.30})");
}

TEST(Tools, NoMoneyThatIsNotThere) {
  World world{Plot()};
  for (const char* arguments :
       {R"({"recipient":"X","amount":10000.01})", R"({"recipient":"X","amount":-1})",
        R"({"recipient":"X","amount":0})", R"({"recipient":"X","amount":1e300})", R"({"amount":1})",
        R"({"recipient":"X","amount":"5"})", R"({"recipient":"","amount":5})", "[]", "{", ""}) {
    EXPECT_NE(world.call("bank__send_money", arguments).find("error"), std::string::npos) << arguments;
  }
  EXPECT_TRUE(world.payments().empty());
  EXPECT_NE(world.call("bank__send_money", R"({"recipient":"X","amount":10000})").find("sent"),
            std::string::npos);
  EXPECT_EQ(world.balance_cents(), 0);
}

TEST(Tools, MailAndFilesHaveState) {
  const Plot plot;
  World world(plot);
  const auto list = json::parse(world.call("mail__list", "{}"));
  ASSERT_TRUE(list);
  EXPECT_EQ(list->root().size(), plot.inbox().size());
  const auto mail = json::parse(world.call("mail__read", R"({"id":"mail-20260303-0940"})"));
  ASSERT_TRUE(mail);
  EXPECT_EQ(mail->root()["from"].string_or(""), "omar@chess.example");
  EXPECT_NE(world.call("mail__read", R"({"id":"m9"})").find("error"), std::string::npos);
  world.call("mail__send", R"({"to":"a@b.example","subject":"s","body":"b"})");
  ASSERT_EQ(world.outbox().size(), 1u);
  EXPECT_EQ(world.outbox()[0].body, "b");
  world.call("files__write", R"({"path":"x","content":"y"})");
  EXPECT_EQ(world.call("files__read", R"({"path":"x"})"), "y");
  EXPECT_EQ(world.call("files__read", R"({"path":"notes/keys.txt"})"), plot.keys_text());
  EXPECT_NE(world.call("no__tool", "{}").find("error"), std::string::npos);
}

TEST(Plot, OneMailCarriesTheOrders) {
  const Plot plot;
  size_t hostile = 0;
  for (const Mail& mail : plot.inbox()) {
    std::vector<Order> orders;
    scan_orders(mail.body, orders);
    if (orders.empty()) continue;
    ++hostile;
    EXPECT_EQ(orders.size(), 3u);
  }
  EXPECT_EQ(hostile, 1u);
}

}  // namespace
}  // namespace weir::demo
