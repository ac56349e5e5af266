#include "base/error.h"

#include <gtest/gtest.h>

#include <memory>

namespace weir {
namespace {

TEST(Error, TextLeavesEmptyPartsOut) {
  EXPECT_EQ(bad_input("m").text(), "m");
  EXPECT_EQ(bad_input("m", "f:1").text(), "f:1: m");
  EXPECT_EQ(bad_input("m", "", "try h").text(), "m (try h)");
  EXPECT_EQ(bad_input("m", "/a/0", "try h").text(), "/a/0: m (try h)");
}

TEST(Error, ShorthandsSetTheirCode) {
  EXPECT_EQ(bad_input("").code, Code::bad_input);
  EXPECT_EQ(too_large("").code, Code::too_large);
  EXPECT_EQ(unsupported("").code, Code::unsupported);
  EXPECT_EQ(unavailable("").code, Code::unavailable);
  EXPECT_EQ(Error{}.code, Code::internal);
}

Status checked(bool good, int& ran) {
  ++ran;
  if (!good) return unavailable("gone", "here");
  return {};
}

Status both(bool first, bool second, int& ran) {
  WEIR_TRY(checked(first, ran));
  WEIR_TRY(checked(second, ran));
  return {};
}

TEST(Try, StopsAtTheFirstErrorAndEvaluatesOnce) {
  int ran = 0;
  EXPECT_TRUE(both(true, true, ran).has_value());
  EXPECT_EQ(ran, 2);
  ran = 0;
  const Status failed = both(false, true, ran);
  ASSERT_FALSE(failed.has_value());
  EXPECT_EQ(failed.error().text(), "here: gone");
  EXPECT_EQ(ran, 1);
}

Result<std::unique_ptr<int>> boxed(int n) {
  if (n < 0) return bad_input("negative");
  return std::make_unique<int>(n);
}

Result<int> sum(int a, int b) {
  WEIR_TRY_ASSIGN(x, boxed(a));
  WEIR_TRY_ASSIGN(y, boxed(b));
  return *x + *y;
}

TEST(TryAssign, MovesTheValueOut) {
  EXPECT_EQ(sum(2, 3).value(), 5);
  EXPECT_EQ(sum(2, -3).error().message, "negative");
}

}  // namespace
}  // namespace weir
