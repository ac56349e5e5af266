#include "sandbox/plan.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace weir::sandbox {
namespace {

using From = Bind::From;

Around machine() {
  return {.home = "/home/ann",
          .user = "ann",
          .env = {{"PATH", "/usr/bin"}, {"LANG", "C.UTF-8"}, {"API_KEY", "secret"}, {"HOME", "/home/ann"}},
          .kind = [](const std::string& path) {
            if (path.ends_with(".js") || path.ends_with(".py")) return Kind::file;
            return path.starts_with("/srv") || path == "/home/ann" || path == "/" ? Kind::folder
                                                                                  : Kind::nothing;
          }};
}

Command command(std::vector<std::string> words, bool by_operator = false) {
  return {.words = words, .program = "/usr/bin/node", .cwd = "/srv/project", .by_operator = by_operator};
}

const Bind* find(const Plan& plan, const std::string& path) {
  const auto at =
      std::find_if(plan.binds.begin(), plan.binds.end(), [&](const Bind& bind) { return bind.path == path; });
  return at == plan.binds.end() ? nullptr : &*at;
}

Plan planned(const Profile& profile, const Command& what) {
  auto plan = make_plan(profile, machine(), what);
  EXPECT_TRUE(plan.has_value()) << plan.error().text();
  return plan ? *plan : Plan{};
}

TEST(Plan, NothingOfTheUsersIsThereUnasked) {
  const Plan plan = planned(*find_profile({}, "mcp-server"), command({"node"}));
  for (const Bind& bind : plan.binds) {
    EXPECT_FALSE(bind.write) << bind.path;
    EXPECT_EQ(bind.from, From::system) << bind.path;
    EXPECT_NE(bind.path, "/etc");
  }
  EXPECT_NE(std::find(plan.scratch.begin(), plan.scratch.end(), "/home/ann"), plan.scratch.end());
}

TEST(Plan, FoldersComeBeforeWhatIsInThem) {
  Profile profile{.name = "p", .read = {"/srv/a/b", "/srv/a-c"}, .write = {"/srv/a"}};
  const Plan plan = planned(profile, command({"node"}));
  EXPECT_TRUE(std::is_sorted(plan.binds.begin(), plan.binds.end(),
                             [](const Bind& a, const Bind& b) { return a.path < b.path; }));
  EXPECT_TRUE(find(plan, "/srv/a")->write);
  EXPECT_FALSE(find(plan, "/srv/a/b")->write) << "read inside write stays read";
  EXPECT_FALSE(find(plan, "/srv/a")->run) << "what it writes is no program";
}

TEST(Plan, DotIsWhereItStartsButNeverTheHome) {
  const Profile shell = *find_profile({}, "shell");
  EXPECT_TRUE(find(planned(shell, command({"sh"})), "/srv/project")->write);
  for (const char* cwd : {"/home/ann", "/home", "/", "/srv"}) {
    Command there = command({"sh"});
    there.cwd = cwd;
    EXPECT_FALSE(make_plan(shell, machine(), there).has_value()) << cwd;
  }
}

TEST(Plan, ThePersonsWordsGrantNothing) {
  const std::vector<std::string> words = {"node", "/srv/app/node_modules/x/index.js", "/srv/docs"};
  const Profile server = *find_profile({}, "mcp-server");
  EXPECT_EQ(find(planned(server, command(words)), "/srv/docs"), nullptr);
  // What the operator wrote into weir.toml may be read, and a folder changed.
  const Plan plan = planned(server, command(words, true));
  ASSERT_NE(find(plan, "/srv/docs"), nullptr);
  EXPECT_TRUE(find(plan, "/srv/docs")->write);
  EXPECT_FALSE(find(plan, "/srv/docs")->run);
  EXPECT_FALSE(find(planned(*find_profile({}, "mcp-reader"), command(words, true)), "/srv/docs")->write);
  ASSERT_NE(find(plan, "/srv/app/node_modules"), nullptr);
  EXPECT_FALSE(find(plan, "/srv/app/node_modules")->write);
  EXPECT_EQ(find(plan, "/srv/app"), nullptr);
}

TEST(Plan, WhatAServerRunsItMayNotChange) {
  const Profile server = *find_profile({}, "mcp-server");
  for (const std::vector<std::string>& words :
       {std::vector<std::string>{"node", "/srv/app/main.js", "/srv/app"},
        {"node", "--root", "/srv/app", "/srv/app/main.js"}}) {
    const Plan plan = planned(server, command(words, true));
    ASSERT_NE(find(plan, "/srv/app"), nullptr);
    EXPECT_FALSE(find(plan, "/srv/app")->write);
  }
}

TEST(Plan, WhatAWordNamesIsNeverBroad) {
  const Profile server = *find_profile({}, "mcp-server");
  const Plan plan = planned(server, command({"node", "/home/ann", "/", "/home/ann/server.py"}, true));
  EXPECT_EQ(find(plan, "/home/ann"), nullptr);
  EXPECT_EQ(find(plan, "/"), nullptr);
  EXPECT_NE(find(plan, "/home/ann/server.py"), nullptr) << "the file alone";
}

TEST(Plan, WhereAProgramIsInstalledItMayBeRead) {
  const Profile server = *find_profile({}, "mcp-server");
  Command node = command({"node"});
  node.program = "/home/ann/.nvm/v20/bin/node";
  EXPECT_NE(find(planned(server, node), "/home/ann/.nvm/v20"), nullptr);
  node.program = "/home/ann/bin/node";  // would be the home
  const Plan plan = planned(server, node);
  EXPECT_EQ(find(plan, "/home/ann"), nullptr);
  EXPECT_NE(find(plan, "/home/ann/bin/node"), nullptr);
}

TEST(Plan, SecretsAreCoveredUnlessNamed) {
  const auto covered = [](std::vector<std::string> read) {
    return planned({.name = "p", .read = std::move(read)}, command({"node"})).covered;
  };
  const auto has = [](const std::vector<std::string>& all, const char* one) {
    return std::find(all.begin(), all.end(), one) != all.end();
  };
  EXPECT_TRUE(covered({"/srv/docs"}).empty());
  EXPECT_TRUE(has(covered({"~"}), "/home/ann/.ssh"));
  EXPECT_TRUE(has(covered({"/home"}), "/home/ann/.config/weir"));
  EXPECT_FALSE(has(covered({"~", "~/.ssh"}), "/home/ann/.ssh"));
  EXPECT_FALSE(has(covered({"~", "~/.ssh/known_hosts"}), "/home/ann/.ssh"));
}

TEST(Plan, TheKernelsFoldersCannotBeGranted) {
  for (const char* path : {"/proc", "/dev", "/dev/kvm", "/proc/1"})
    EXPECT_FALSE(make_plan({.name = "p", .read = {path}}, machine(), command({"node"})).has_value()) << path;
}

TEST(Plan, EnvironmentIsWhatWasNamed) {
  const Profile server = *find_profile({}, "mcp-server");
  auto env = make_env(server, machine(), {{"MODE", "x"}});
  EXPECT_FALSE(env.contains("API_KEY"));
  EXPECT_EQ(env["MODE"], "x");
  EXPECT_EQ(env["LANG"], "C.UTF-8");
  EXPECT_EQ(env["TMPDIR"], "/tmp");
  Profile named = server;
  named.env = {"API_KEY"};
  EXPECT_EQ(make_env(named, machine(), {})["API_KEY"], "secret");
}

TEST(Plan, TextReadsBackEqual) {
  Profile profile = *find_profile({}, "skill");
  profile.read = {"~", "/srv/with \"quotes\" and \n"};
  profile.net = Net::host;
  const Plan plan = planned(profile, command({"node"}));
  const auto back = parse_plan(plan_text(plan));
  ASSERT_TRUE(back.has_value()) << back.error().text();
  EXPECT_EQ(*back, plan);
  for (const char* bad : {"", "{}", "[]", "{\"profile\":1}"})
    EXPECT_FALSE(parse_plan(bad).has_value()) << bad;
}

}  // namespace
}  // namespace weir::sandbox
