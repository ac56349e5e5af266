#include "exchange/exchange.h"

#include <gtest/gtest.h>

namespace weir::exchange {
namespace {

Message planner(std::vector<Part> parts) {
  return {Role::planner, {}, std::move(parts)};
}

TEST(Digest, SaysWhatIsSaidNotHowItIsWritten) {
  const Message one = planner({Text{" Hello "}, Call{"c1", "read", R"({"b":1, "a":"\u0041"})"}});
  const Message same =
      planner({Thinking{"hm"}, Text{"Hel"}, Text{"lo"}, Call{"c1", "read", R"({"a":"A","b":1})"}});
  EXPECT_EQ(message_digest(one), message_digest(same));
  EXPECT_EQ(message_digest(planner({Text{""}, Call{"c1", "now", ""}})),
            message_digest(planner({Call{"c1", "now", "{}"}})));
  // Some clients take all but letters and digits out of ids.
  EXPECT_EQ(message_digest(planner({Call{"call_1", "now", "{}"}})),
            message_digest(planner({Call{"call1", "now", "{}"}})));
  const Message result{Role::tool, {}, {Result{"call_1", {}, {"x"}}}};
  const Message plain{Role::tool, {}, {Result{"call1", {}, {"x"}}}};
  EXPECT_EQ(message_digest(result), message_digest(plain));
}

TEST(Digest, TellsApartWhatDiffers) {
  const Message base = planner({Call{"c1", "read", R"({"a":1})"}});
  for (const Message& other :
       {planner({Call{"c2", "read", R"({"a":1})"}}), planner({Call{"c1", "rea", R"({"a":1})"}}),
        planner({Call{"c1", "read", R"({"a":2})"}}), planner({Call{"c1", "read", R"({"a":1})", false}}),
        planner({Text{"c1read"}}), Message{Role::user, {}, base.parts}}) {
    EXPECT_NE(message_digest(base), message_digest(other));
  }
  const Message result{Role::tool, {}, {Result{"c1", {}, {"ab", "c"}}}};
  const Message moved{Role::tool, {}, {Result{"c1", {}, {"a", "bc"}}}};
  EXPECT_NE(message_digest(result), message_digest(moved));
}

TEST(Digest, PrefixesNameTheWholeConversation) {
  const Message a{Role::user, {}, {Text{"a"}}};
  const Message b{Role::user, {}, {Text{"b"}}};
  EXPECT_NE(extend(extend(conversation_start(), a), b), extend(extend(conversation_start(), b), a));
  EXPECT_EQ(extend(conversation_start(), a), extend(conversation_start(), a));
}

TEST(Exchange, AResultThatMayBeAnothersIsNotTheSame) {
  const Result told{"c1", "read", {"words"}};
  Result untold = told;
  untold.other_calls = {"c2"};
  EXPECT_NE(part_digest(told), part_digest(untold));
}

}  // namespace
}  // namespace weir::exchange
