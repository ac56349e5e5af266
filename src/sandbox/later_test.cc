#include "sandbox/later.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

namespace weir::sandbox {
namespace {

namespace fs = std::filesystem;

class LaterTest : public ::testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/weir-later-XXXXXX";
    root_ = fs::canonical(mkdtemp(name)).string();
    plan_.binds = {{root_, true, true, Bind::From::profile}};
  }
  void TearDown() override { fs::remove_all(root_); }
  void write(const std::string& path, const std::string& text = "x") const {
    fs::create_directories(fs::path(root_ + "/" + path).parent_path());
    std::ofstream(root_ + "/" + path) << text;
  }
  bool there(const std::string& path) const { return fs::exists(root_ + "/" + path); }
  const Bind* bound(const Plan& plan, const std::string& path) const {
    const auto at = std::find_if(plan.binds.begin(), plan.binds.end(),
                                 [&](const Bind& bind) { return bind.path == root_ + "/" + path; });
    return at == plan.binds.end() ? nullptr : &*at;
  }

  std::string root_;
  Plan plan_;
};

TEST_F(LaterTest, WhatIsThereIsReadOnlyAndCannotBeMovedAway) {
  write("a/.git/hooks/pre-commit");
  write("a/.git/config");
  write("a/.git/objects/x");
  write(".mcp.json");
  const Plan kept = Later(plan_).keep();
  for (const char* path : {"a/.git/hooks", "a/.git/config", ".mcp.json"}) {
    ASSERT_NE(bound(kept, path), nullptr) << path;
    EXPECT_FALSE(bound(kept, path)->write) << path;
  }
  for (const char* path : {"a", "a/.git"}) {
    ASSERT_NE(bound(kept, path), nullptr) << path;
    EXPECT_TRUE(bound(kept, path)->write) << path;
  }
  EXPECT_EQ(bound(kept, "a/.git/objects"), nullptr);
  EXPECT_TRUE(std::is_sorted(kept.binds.begin(), kept.binds.end(),
                             [](const Bind& a, const Bind& b) { return a.path < b.path; }));
}

TEST_F(LaterTest, SubmodulesAndWorktreesToo) {
  write(".git/modules/deps/one/hooks/pre-commit");
  write(".git/modules/deps/one/config");
  write(".git/worktrees/w/config.worktree");
  write("w/.git", "gitdir: ../.git/worktrees/w\n");
  const Plan kept = Later(plan_).keep();
  for (const char* path : {".git/modules/deps/one/hooks", ".git/modules/deps/one/config",
                           ".git/worktrees/w/config.worktree", "w/.git"})
    EXPECT_NE(bound(kept, path), nullptr) << path;
}

TEST_F(LaterTest, WhatTheProfileNamesItIsGiven) {
  write(".vscode/tasks.json");
  plan_.binds.push_back({root_ + "/.vscode", true, true, Bind::From::profile});
  EXPECT_TRUE(bound(Later(plan_).keep(), ".vscode")->write);
}

TEST_F(LaterTest, WhatIsNewIsMovedAside) {
  write(".claude/settings.json");
  Later later(plan_);
  write("deep/er/.vscode/tasks.json");
  write("new/.git/hooks/post-checkout");
  write("new/.git/hooks/pre-push.sample");
  write("evil/.git/config", "[core]\n  FSMonitor = touch x\n");
  write("evil2/.git/config", "[core] fsmonitor = touch x\n");
  write("cloned/.git/config",
        "[remote \"origin\"]\n\turl = /srv/alias-helper/proxy\n[branch \"main\"]\n\tmerge = x\n");
  const auto held = later.sweep();
  EXPECT_EQ(held.size(), 4u);
  EXPECT_TRUE(there(".claude/settings.json")) << "it was there before";
  EXPECT_FALSE(there("deep/er/.vscode"));
  EXPECT_TRUE(there("deep/er/.vscode.held-by-weir/tasks.json"));
  EXPECT_FALSE(there("new/.git/hooks/post-checkout"));
  EXPECT_TRUE(there("new/.git/hooks/pre-push.sample"));
  EXPECT_FALSE(there("evil/.git/config"));
  EXPECT_FALSE(there("evil2/.git/config"));
  EXPECT_TRUE(there("cloned/.git/config")) << "a plain clone stays";
}

TEST_F(LaterTest, AtTheTopItIsMovedAsideWhileTheCommandRuns) {
  Later later(plan_);
  write(".envrc");
  write("notes.txt");
  EXPECT_EQ(later.look(), std::vector<std::string>{root_ + "/.envrc.held-by-weir"});
  write(".envrc");
  EXPECT_EQ(later.look(), std::vector<std::string>{root_ + "/.envrc.held-by-weir-1"});
  EXPECT_TRUE(there("notes.txt"));
}

TEST_F(LaterTest, LinksLeadNowhere) {
  write("real/.git/hooks/pre-commit");
  fs::create_directory_symlink("/", root_ + "/out");
  fs::create_directory_symlink(root_ + "/real", root_ + "/link");
  const Plan kept = Later(plan_).keep();
  for (const Bind& bind : kept.binds) EXPECT_TRUE(bind.path.starts_with(root_)) << bind.path;
  EXPECT_EQ(bound(kept, "link/.git/hooks"), nullptr);
}

}  // namespace
}  // namespace weir::sandbox
