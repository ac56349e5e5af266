#include "wire/mcp/request_state.h"

#include <gtest/gtest.h>

namespace weir::wire::mcp {
namespace {

struct Counting final : Random {
  uint8_t next = 1;
  void fill(std::span<uint8_t> out) override {
    for (uint8_t& each : out) each = next++;
  }
};

class RequestStatesTest : public ::testing::Test {
 protected:
  Counting random_;
  RequestStates states_{random_};
};

TEST_F(RequestStatesTest, OpensWhatItSealed) {
  const auto opened = states_.open(states_.seal("s", "r17", 3, 1'000), "s", 999);
  ASSERT_TRUE(opened.has_value()) << opened.error().text();
  EXPECT_EQ(opened->request, "r17");
  EXPECT_EQ(opened->round, 3u);
}

TEST_F(RequestStatesTest, IsBoundToItsSessionAndTime) {
  const std::string state = states_.seal("s", "r17", 3, 1'000);
  EXPECT_FALSE(states_.open(state, "t", 0).has_value());
  EXPECT_FALSE(states_.open(state, "", 0).has_value());
  EXPECT_FALSE(states_.open(state, "s", 1'000).has_value());
}

TEST_F(RequestStatesTest, OfAnotherProcessIsRefused) {
  const RequestStates other{random_};
  EXPECT_FALSE(other.open(states_.seal("s", "r17", 3, 1'000), "s", 0).has_value());
}

TEST_F(RequestStatesTest, EveryChangedByteIsRefused) {
  const std::string state = states_.seal("s", "r17", 3, 1'000);
  for (size_t i = 0; i < state.size(); ++i) {
    std::string changed = state;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    EXPECT_FALSE(states_.open(changed, "s", 0).has_value()) << i;
  }
  EXPECT_FALSE(states_.open(state + "-TAMPERED", "s", 0).has_value());
  EXPECT_FALSE(states_.open(state.substr(0, 40), "s", 0).has_value());
  EXPECT_FALSE(states_.open("", "s", 0).has_value());
  EXPECT_FALSE(states_.open(std::string(10'000, 'A'), "s", 0).has_value());
}

}  // namespace
}  // namespace weir::wire::mcp
