#include "sandbox/draft.h"

#include <gtest/gtest.h>

namespace weir::sandbox {
namespace {

const std::set<std::string> kFolders = {"/srv/docs",  "/srv/repo", "/srv/repo/.git",
                                        "/srv",       "/home/ann", "/home/ann/.ssh",
                                        "/var/cache", "/tmp",      "/tmp/box"};
const std::set<std::string> kFiles = {"/srv/docs/a",       "/srv/docs/b",     "/srv/docs/c",     "/srv/one",
                                      "/home/ann/.ssh/id", "/srv/repo/src/x", "/home/ann/notes", "/tmp/kept"};

Kind kind(const std::string& path) {
  return kFolders.contains(path) ? Kind::folder : kFiles.contains(path) ? Kind::file : Kind::nothing;
}

Plan plan() {
  return {.profile = "p",
          .binds = {{"/srv/desk", true}, {"/usr", false, true, Bind::From::system}},
          .scratch = {"/tmp", "/home/ann"},
          .home = "/home/ann"};
}

TEST(Draft, TellsWhatIsMissing) {
  const Plan planned = plan();
  Asking asking(planned, {"x", "--store=/tmp/box/db"}, {"/home/ann/.ssh"}, kind);
  asking.touch(Touch::read, "/usr/lib/x");      // there
  asking.touch(Touch::read, "/srv/nothing");    // nowhere
  asking.touch(Touch::read, "/srv/docs/a");     // missing
  asking.touch(Touch::look, "/srv/one");        // missing, perhaps
  asking.touch(Touch::look, "/srv");            // on the way to what is granted
  asking.touch(Touch::write, "/srv/desk/x");    // may be written
  asking.touch(Touch::write, "/srv/docs/new");  // may not
  asking.touch(Touch::write, "/tmp/own");       // scratch
  asking.touch(Touch::write, "/tmp/kept");      // its own file of that name
  asking.touch(Touch::read, "/tmp/kept");
  asking.touch(Touch::read, "/home/ann/.ssh/id");
  asking.touch(Touch::read, "/home/ann/notes");
  asking.touch(Touch::write, "/tmp/box/db");   // named, and its folder is outside
  asking.touch(Touch::write, "/var/cache/x");  // the system's
  EXPECT_EQ(asking.asked().read, (std::set<std::string>{"/srv/docs/a", "/home/ann/notes"}));
  EXPECT_EQ(asking.asked().write, (std::set<std::string>{"/srv/docs/new", "/tmp/box/db"}));
  EXPECT_EQ(asking.asked().look, (std::set<std::string>{"/srv/one", "/tmp/kept"}));
  EXPECT_EQ(asking.asked().system, (std::set<std::string>{"/var/cache/x"}));
  EXPECT_EQ(asking.asked().secret, (std::set<std::string>{"/home/ann/.ssh/id"}));
}

TEST(Draft, GrantsAsAPersonWould) {
  const auto grants = [](std::set<std::string> paths, std::vector<std::string> words = {}) {
    return as_grants(paths, words, "/home/ann", kind);
  };
  using Strings = std::vector<std::string>;
  EXPECT_EQ(grants({"/srv/docs/a"}), Strings{"/srv/docs/a"});
  EXPECT_EQ(grants({"/srv/docs/a", "/srv/docs/b", "/srv/docs/c"}), Strings{"/srv/docs"});
  EXPECT_EQ(grants({"/srv/docs/a"}, {"x", "/srv/docs"}), Strings{"/srv/docs"});
  EXPECT_EQ(grants({"/srv/repo/src/x"}), Strings{"/srv/repo"});
  EXPECT_EQ(grants({"/opt/x/node_modules/a/b.js"}), Strings{"/opt/x/node_modules"});
  EXPECT_EQ(grants({"/srv/docs/new"}), Strings{"/srv/docs"});
  EXPECT_EQ(grants({"/home/ann", "/srv"}), Strings{});
}

TEST(Draft, WritesWhatThePresetHasNot) {
  const Profile like = *find_profile({}, "shell");
  Profile profile = like;
  profile.read.push_back("/home/ann/notes");
  profile.net = Net::hosts;
  profile.hosts.push_back({.name = "a.example"});
  const std::string text = profile_text("mine", like, profile, "/home/ann", {"/home/ann/.ssh/id"});
  EXPECT_EQ(text,
            "[sandbox.mine]\nlike = \"shell\"\nread = [\"~/notes\"]\nnet = [\"a.example:443\"]\n"
            "# asked for, and done without:\n#   \"~/.ssh/id\"\n");
}

}  // namespace
}  // namespace weir::sandbox
