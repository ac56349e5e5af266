#include "base/clock.h"

#include <gtest/gtest.h>

namespace weir {
namespace {

TEST(Rfc3339, KnownMoments) {
  EXPECT_EQ(rfc3339(0), "1970-01-01T00:00:00Z");
  EXPECT_EQ(rfc3339(999), "1970-01-01T00:00:00Z");
  EXPECT_EQ(rfc3339(1000), "1970-01-01T00:00:01Z");
  EXPECT_EQ(rfc3339(951'782'400'000), "2000-02-29T00:00:00Z");
  EXPECT_EQ(rfc3339(1'234'567'890'123), "2009-02-13T23:31:30Z");
  EXPECT_EQ(rfc3339(253'402'300'799'999), "9999-12-31T23:59:59Z");
}

TEST(Rfc3339, BeforeTheEpochRoundsDownToo) {
  EXPECT_EQ(rfc3339(-1), "1969-12-31T23:59:59Z");
  EXPECT_EQ(rfc3339(-1000), "1969-12-31T23:59:59Z");
  EXPECT_EQ(rfc3339(-1001), "1969-12-31T23:59:58Z");
}

TEST(SystemClock, NeitherClockGoesBack) {
  const SystemClock clock;
  Now last = clock.now();
  EXPECT_GT(last.wall_ms, 1'700'000'000'000);
  for (int i = 0; i < 1000; ++i) {
    const Now now = clock.now();
    EXPECT_GE(now.wall_ms, last.wall_ms);
    EXPECT_GE(now.mono_ms, last.mono_ms);
    last = now;
  }
}

}  // namespace
}  // namespace weir
