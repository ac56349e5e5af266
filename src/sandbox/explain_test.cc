#include "sandbox/explain.h"

#include <gtest/gtest.h>

namespace weir::sandbox {
namespace {

Plan planned(const Profile& profile) {
  const Around around{
      .home = "/home/ann", .user = "ann", .kind = [](const std::string&) { return Kind::nothing; }};
  const auto plan =
      make_plan(profile, around, {.words = {"sh"}, .program = "/bin/sh", .cwd = "/srv/project"});
  EXPECT_TRUE(plan.has_value());
  return plan ? *plan : Plan{};
}

TEST(Explain, SaysWhatIsGrantedAndNothingElse) {
  Profile profile = *find_profile({}, "shell");
  profile.read = {"/srv/docs"};
  const std::string text = explain(planned(profile));
  EXPECT_NE(text.find("write    /srv/project\n"), std::string::npos) << text;
  EXPECT_NE(text.find("         /srv/docs\n"), std::string::npos) << text;
  EXPECT_NE(text.find("network  no"), std::string::npos);
  EXPECT_NE(text.find("4 GiB of memory"), std::string::npos);
  EXPECT_EQ(text.find("/usr"), std::string::npos);
}

TEST(Explain, WeakeningsAreLoud) {
  Profile profile = *find_profile({}, "mcp-server");
  EXPECT_NE(explain(planned(profile)).find("nothing of this machine"), std::string::npos);
  profile.net = Net::host;
  EXPECT_NE(explain(planned(profile)).find("WEAKENED"), std::string::npos);
}

TEST(Explain, HostileNamesMoveNoCursor) {
  Profile profile = *find_profile({}, "mcp-server");
  profile.read = {"/srv/\x1b[2J"};
  EXPECT_EQ(explain(planned(profile)).find('\x1b'), std::string::npos);
}

}  // namespace
}  // namespace weir::sandbox
