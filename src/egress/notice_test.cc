#include "egress/notice.h"

#include <gtest/gtest.h>

namespace weir::egress {
namespace {

TEST(Notice, ComesBackAsItWent) {
  const Notice all[] = {{.kind = Notice::Kind::opening,
                         .number = 7,
                         .program = "/usr/bin/curl",
                         .host = "a.test",
                         .port = 443,
                         .secrets = {"TOKEN"}},
                        {.kind = Notice::Kind::refused,
                         .host = "b.test",
                         .allowed = false,
                         .why = "it is not granted",
                         .left_out = 3},
                        {.kind = Notice::Kind::ended,
                         .number = 12,
                         .host = "a.test",
                         .port = 8443,
                         .address = "192.0.2.1",
                         .secrets = {"TOKEN", "OTHER"},
                         .out_bytes = 5'000'000'000,
                         .in_bytes = 1,
                         .requests = 2}};
  for (const Notice& notice : all) {
    const auto back = parse_notice(notice_text(notice));
    ASSERT_TRUE(back);
    EXPECT_EQ(*back, notice);
  }
}

TEST(Notice, HostileNamesAreShownAndBounded) {
  const std::string text = notice_text({.host = std::string(100'000, 'x') + "\x1b[2J\n"});
  EXPECT_LT(text.size(), kNoticeBytesMax);
  const std::string escape = parse_notice(notice_text({.host = "a\x1b[2J"}))->host;
  EXPECT_EQ(escape.find('\x1b'), std::string::npos);
}

TEST(Notice, WhatIsNoneIsRefused) {
  for (const char* text : {"", "{}", "[]", R"({"kind":"other"})", R"({"kind":"opening","port":70000})"})
    EXPECT_FALSE(parse_notice(text)) << text;
}

TEST(Notice, AnAnswerWithoutAnIndexAllowsNothing) {
  EXPECT_EQ(parse_noted(noted_text({7, 0}))->index, 0U);
  EXPECT_EQ(parse_noted(noted_text({7, std::nullopt}))->index, std::nullopt);
  EXPECT_EQ(parse_noted(R"({"number":7,"index":-1})")->index, std::nullopt);
  EXPECT_FALSE(parse_noted("x"));
}

}  // namespace
}  // namespace weir::egress
