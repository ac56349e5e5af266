#include "sandbox/preset_for.h"

#include <gtest/gtest.h>

namespace weir::sandbox {
namespace {

TEST(PresetFor, WhatIsFetchedAtEachStartMayReachTheNetwork) {
  EXPECT_EQ(preset_for({"npx", "-y", "server"}), "fetched");
  EXPECT_EQ(preset_for({"/usr/bin/uv", "tool", "run", "server"}), "fetched");
  EXPECT_EQ(preset_for({"/usr/bin/env", "A=b", "C=", "npx", "server"}), "fetched");
  EXPECT_EQ(preset_for({"uv", "pip"}), "mcp-server");
  EXPECT_EQ(preset_for({"node", "npx"}), "mcp-server");
  EXPECT_EQ(preset_for({"env", "node", "npx"}), "mcp-server");
  EXPECT_EQ(preset_for({"env", "A=b"}), "mcp-server");
  EXPECT_EQ(preset_for({}), "mcp-server");
}

}  // namespace
}  // namespace weir::sandbox
