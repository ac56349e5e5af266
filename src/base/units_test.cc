#include "base/units.h"

#include <gtest/gtest.h>

namespace weir {
namespace {

TEST(Units, Sizes) {
  EXPECT_EQ(*parse_bytes("4096"), 4096u);
  EXPECT_EQ(*parse_bytes("64MiB"), uint64_t{64} << 20);
  EXPECT_EQ(*parse_bytes("1 GiB"), uint64_t{1} << 30);
  EXPECT_EQ(*parse_bytes("10kB"), 10'000u);
  EXPECT_EQ(*parse_bytes("1048576TiB"), uint64_t{1} << 60);
  for (const char* bad : {"", "MiB", "-1", "1mib", "1  GiB", "1.5GiB", "1048577TiB", "99999999999999999999"})
    EXPECT_FALSE(parse_bytes(bad).has_value()) << bad;
}

TEST(Units, ShownForPeople) {
  EXPECT_EQ(show_bytes(0), "0 bytes");
  EXPECT_EQ(show_bytes(uint64_t{64} << 20), "64 MiB");
  EXPECT_EQ(show_bytes(1536), "1.5 KiB");
  EXPECT_EQ(show_duration(90'000), "90 s");
  EXPECT_EQ(show_duration(300'000), "5 min");
  EXPECT_EQ(show_duration(0), "0 s");
  EXPECT_EQ(show_duration(7'200'000), "2 h");
  EXPECT_EQ(show_duration(1'500), "1500 ms");
}

}  // namespace
}  // namespace weir
