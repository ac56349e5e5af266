#include "demo/screen.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/bytes.h"
#include "demo/demo.h"
#include "demo/facts.h"

namespace weir::demo {
namespace {

// An outcome with more, longer and nastier text than a story gives.
Outcome crowded(Mode mode) {
  Outcome out;
  out.mode = mode;
  const std::string hostile = "\x1b[2J\r\n\xe2\x80\xae <b> \xf0\x9f\x92\xa3 " + std::string(400, 'x');
  for (int i = 0; i < 20; ++i) {
    const std::string id = "c" + std::to_string(i);
    out.agent.made.push_back({id, hostile, R"({"to":"collect@drop.example"})" + hostile, hostile, false});
    out.calendar.difference.push_back("    + " + hostile);
    out.asks.push_back({id, hostile, hostile, {}, {{"/recipient", hostile}}, false});
    out.entries.push_back({.index = i, .call_id = id, .tool = hostile, .decision = "ask", .why = hostile});
  }
  return out;
}

TEST(Screen, KeepsToItsSizeAndShowsNoControlBytes) {
  const std::vector<Outcome> outcomes = {crowded(Mode::off), crowded(Mode::watch), crowded(Mode::guard),
                                         crowded(Mode::seal)};
  const std::string text = screen(outcomes, Plot(), false);
  EXPECT_TRUE(is_utf8(text));
  EXPECT_LE(static_cast<size_t>(std::count(text.begin(), text.end(), '\n')), kScreenLinesMax);
  size_t columns = 0;
  for (size_t at = 0; at < text.size();) {
    const char32_t c = next_utf8(text, at);
    columns = c == '\n' ? 0 : columns + 1;
    EXPECT_LE(columns, kScreenColumnsMax);
    EXPECT_TRUE(c == '\n' || c >= 0x20) << static_cast<uint32_t>(c);
    EXPECT_NE(c, U'\u202E');
  }
}

TEST(Screen, ColorIsOnlyAdded) {
  std::string colored = screen({crowded(Mode::guard)}, Plot(), true);
  EXPECT_NE(colored.find("\x1b[31m"), std::string::npos);
  for (size_t at = colored.find('\x1b'); at != std::string::npos; at = colored.find('\x1b')) {
    colored.erase(at, colored.find('m', at) - at + 1);
  }
  EXPECT_EQ(colored, screen({crowded(Mode::guard)}, Plot(), false));
}

TEST(Demo, OffAloneShowsNothing) {
  const DemoResult result = run_demo({.json = true, .modes = {Mode::off}}, {});
  EXPECT_EQ(result.exit_code, 1);
  const auto facts = json::parse(result.output);
  ASSERT_TRUE(facts);
  EXPECT_EQ((*facts)["ok"].boolean(), false);
  EXPECT_EQ((*facts)["missing"].size(), 1u);
  const json::Value off = facts->root().at_pointer("/modes/0");
  EXPECT_EQ(off["breached"].boolean(), true);
  EXPECT_EQ(off["money_lost"].raw(), "4500.00");
}

TEST(Demo, AWeirThatDoesNotStartIsExitThree) {
  const auto broken = [](net::Loop&, const Behind&) -> Result<Endpoint> {
    return unavailable("no ports left");
  };
  for (const bool as_json : {false, true}) {
    const DemoResult result = run_demo({.json = as_json, .modes = {Mode::guard}}, broken);
    EXPECT_EQ(result.exit_code, 3);
    EXPECT_NE(result.output.find("no ports left"), std::string::npos);
  }
}

// A "guard" that only passes requests on: the agent talks to the model through it, and nothing is stopped.
TEST(Demo, AGuardThatOnlyForwardsIsNotExitZero) {
  const auto forwards = [](net::Loop&, const Behind& behind) -> Result<Endpoint> {
    return Endpoint{behind.model_url.substr(0, behind.model_url.size() - 3), "", "", nullptr};
  };
  EXPECT_NE(run_demo({.modes = {Mode::off, Mode::guard}}, forwards).exit_code, 0);
}

}  // namespace
}  // namespace weir::demo
