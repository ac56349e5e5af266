#include "skill/run_profile.h"

#include <gtest/gtest.h>

namespace weir::skill {
namespace {

sandbox::Profile wide() {
  sandbox::Profile base = *sandbox::find_profile({}, "skill");
  base.read = {"/home/me"};
  base.write = {"."};
  base.env = {"HOME_OF_SECRETS"};
  base.net = sandbox::Net::host;
  base.limits.processes = 7;
  return base;
}

TEST(RunProfile, OnlyTheBoundsOfTheProfileStay) {
  const auto profile = run_profile({}, wide(), "/tmp/s");
  ASSERT_TRUE(profile.has_value());
  EXPECT_EQ(profile->read, std::vector<std::string>{"/tmp/s"});
  EXPECT_TRUE(profile->write.empty());
  EXPECT_TRUE(profile->env.empty());
  EXPECT_TRUE(profile->secrets.empty());
  EXPECT_EQ(profile->net, sandbox::Net::none);
  EXPECT_EQ(profile->limits.processes, 7U);
}

TEST(RunProfile, HasWhatWasGranted) {
  Permissions granted;
  granted.read = {"."};
  granted.write = {"./out"};
  granted.hosts = {"api.example.com:443", "x.example.com:8443"};
  granted.secrets = {"API_KEY@api.example.com:443"};
  const auto profile = run_profile(granted, wide(), "/tmp/s");
  ASSERT_TRUE(profile.has_value()) << profile.error().text();
  EXPECT_EQ(profile->net, sandbox::Net::hosts);
  ASSERT_EQ(profile->hosts.size(), 2U);
  EXPECT_EQ(profile->hosts[1].name, "x.example.com");
  EXPECT_EQ(profile->hosts[1].port, 8443);
  EXPECT_FALSE(profile->hosts[0].raw);
  ASSERT_EQ(profile->secrets.size(), 1U);
  EXPECT_EQ(profile->secrets[0].env, "API_KEY");
  EXPECT_EQ(profile->secrets[0].host.name, "api.example.com");
  EXPECT_EQ(profile->write, std::vector<std::string>{"./out"});
}

TEST(RunProfile, ScriptsRunByWhatTheyAre) {
  const auto package =
      Package::make({{"scripts/a", "#!/bin/sh\n"}, {"scripts/b.py", "x"}, {"c.sh", "x"}, {"d.bin", "x"}});
  EXPECT_EQ(*script_command(*package, "/s", "a"), std::vector<std::string>{"/s/scripts/a"});
  EXPECT_EQ(*script_command(*package, "/s", "scripts/b.py"),
            (std::vector<std::string>{"python3", "/s/scripts/b.py"}));
  EXPECT_EQ(*script_command(*package, "/s", "c.sh"), (std::vector<std::string>{"sh", "/s/c.sh"}));
  for (const char* bad : {"d.bin", "none", "../x", "/bin/sh", ""})
    EXPECT_FALSE(script_command(*package, "/s", bad).has_value()) << bad;
}

}  // namespace
}  // namespace weir::skill
