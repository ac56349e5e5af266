#include "sandbox/profile.h"

#include <gtest/gtest.h>

namespace weir::sandbox {
namespace {

Result<Profiles> read(std::string_view text) {
  static toml::Document document;  // the errors do not point into it; the profiles neither
  WEIR_TRY_ASSIGN(parsed, toml::parse(text, "weir.toml"));
  document = std::move(parsed);
  return read_profiles(document.root()["sandbox"]);
}

TEST(Profile, ReadsWhatItGrants) {
  const auto profiles = read(R"(
[sandbox.docs]
like = "skill"
read = ["/srv/docs/", "~/notes", "."]
write = ["/srv/out"]
env = ["LANG", "API_BASE"]
run_written = true
limits = { memory = "64MiB", processes = 32, wall = "90s", output = 0 }
)");
  ASSERT_TRUE(profiles.has_value()) << profiles.error().text();
  ASSERT_EQ(profiles->size(), 1u);
  const Profile& docs = profiles->front();
  EXPECT_EQ(docs.name, "docs");
  EXPECT_EQ(docs.read, (std::vector<std::string>{"/srv/docs", "~/notes", "."}));
  EXPECT_EQ(docs.write, (std::vector<std::string>{"/srv/out"}));
  EXPECT_EQ(docs.env, (std::vector<std::string>{"LANG", "API_BASE"}));
  EXPECT_TRUE(docs.run_written);
  EXPECT_EQ(docs.net, Net::none);
  EXPECT_EQ(docs.limits.memory_bytes, uint64_t{64} << 20);
  EXPECT_EQ(docs.limits.processes, 32u);
  EXPECT_EQ(docs.limits.wall_ms, 90'000);
  EXPECT_EQ(docs.limits.output_bytes, 0u);
  // The rest is the preset's.
  EXPECT_EQ(docs.limits.cpu_ms, find_profile({}, "skill")->limits.cpu_ms);
}

TEST(Profile, ReadsHostsAndSecrets) {
  const auto profiles = read(R"(
[sandbox.api]
net = ["Docs.example.org", "tcp://git.example.org:22"]
secrets = { TOKEN = { env = "API_TOKEN", host = "api.example.org" } }
[sandbox.none-again]
like = "api"
net = "none"
)");
  ASSERT_TRUE(profiles.has_value()) << profiles.error().text();
  const Profile& api = profiles->front();
  EXPECT_EQ(api.net, Net::hosts);
  ASSERT_EQ(api.hosts.size(), 3u);
  EXPECT_EQ(api.hosts[0], (Host{.name = "docs.example.org", .port = 443}));
  EXPECT_EQ(api.hosts[1], (Host{.name = "git.example.org", .port = 22, .raw = true}));
  EXPECT_EQ(api.hosts[2], (Host{.name = "api.example.org", .port = 443}));
  ASSERT_EQ(api.secrets.size(), 1u);
  EXPECT_EQ(api.secrets[0].env, "API_TOKEN");
  EXPECT_EQ(api.secrets[0].host, api.hosts[2]);
  const Profile& none = profiles->back();
  EXPECT_EQ(none.net, Net::none);
  EXPECT_TRUE(none.hosts.empty() && none.secrets.empty());
}

TEST(Profile, BuildsOnOneFurtherUp) {
  const auto profiles = read(R"(
[sandbox.base]
read = ["/srv/a"]
[sandbox.more]
like = "base"
read = ["/srv/b"]
)");
  ASSERT_TRUE(profiles.has_value()) << profiles.error().text();
  EXPECT_EQ(find_profile(*profiles, "more")->read, (std::vector<std::string>{"/srv/a", "/srv/b"}));
  EXPECT_FALSE(read("[sandbox.more]\nlike = \"later\"\n[sandbox.later]\n").has_value());
}

TEST(Profile, PresetsGrantNoNetworkAndNoFileOfTheHost) {
  for (const Profile& preset : presets()) {
    EXPECT_EQ(preset.net, preset.name == "fetched" ? Net::hosts : Net::none) << preset.name;
    EXPECT_TRUE(preset.read.empty()) << preset.name;
    const bool works_here = preset.name == "shell" || preset.name == "build";
    const bool serves = preset.name == "mcp-server" || preset.name == "fetched";
    std::vector<std::string> write;
    if (works_here) write = {"."};
    if (serves) write = {"command"};
    EXPECT_EQ(preset.write, write) << preset.name;
    EXPECT_GT(preset.limits.memory_bytes, 0u);
    EXPECT_GT(preset.limits.scratch_bytes, 0u);
  }
}

TEST(Profile, RefusesWhatItDoesNotKnowOrCannotDo) {
  const std::pair<const char*, Code> cases[] = {
      {"[sandbox.a]\nreed = [\"/x\"]\n", Code::bad_input},
      {"[sandbox.a]\nread = [\"x\"]\n", Code::bad_input},
      {"[sandbox.a]\nread = [\"/x/../y\"]\n", Code::bad_input},
      {"[sandbox.a]\nread = [\"~other/x\"]\n", Code::bad_input},
      {"[sandbox.a]\nwrite = [\"/\"]\n", Code::bad_input},
      {"[sandbox.a]\nnet = \"full\"\n", Code::bad_input},
      {"[sandbox.a]\nnet = [\"https://example.com\"]\n", Code::bad_input},
      {"[sandbox.a]\nnet = [\"127.1:80\"]\n", Code::bad_input},
      {"[sandbox.a]\nnet = [\"a.example=10.0.0.1\", \"a.example\"]\n", Code::bad_input},
      {"[sandbox.a]\nsecrets = [\"KEY\"]\n", Code::bad_input},
      {"[sandbox.a]\nsecrets = { KEY = { env = \"KEY\" } }\n", Code::bad_input},
      {"[sandbox.a]\nsecrets = { KEY = { host = \"a.example\" } }\n", Code::bad_input},
      {"[sandbox.a]\nsecrets = { KEY = { env = \"KEY\", host = \"*.a.example\" } }\n", Code::bad_input},
      {"[sandbox.a]\nnet = \"host\"\nsecrets = { KEY = { env = \"KEY\", host = \"a.example\" } }\n",
       Code::bad_input},
      {"[sandbox.a]\nlike = \"nobody\"\n", Code::bad_input},
      {"[sandbox.a]\nenv = [\"A=B\"]\n", Code::bad_input},
      {"[sandbox.a]\nlimits = { memory = 0 }\n", Code::bad_input},
      {"[sandbox.a]\nlimits = { processes = 0 }\n", Code::bad_input},
      {"[sandbox.a]\nlimits = { memory = \"lots\" }\n", Code::bad_input},
      {"[sandbox.a]\nlimits = { time = \"1s\" }\n", Code::bad_input},
      {"[sandbox.none]\n", Code::bad_input},
      {"[sandbox.\"a b\"]\n", Code::bad_input},
      {"[sandbox]\na = 1\n", Code::bad_input},
  };
  for (const auto& [text, code] : cases) {
    const auto profiles = read(text);
    ASSERT_FALSE(profiles.has_value()) << text;
    EXPECT_EQ(profiles.error().code, code) << text << profiles.error().text();
    EXPECT_TRUE(profiles.error().where.starts_with("weir.toml:")) << text;
  }
}

TEST(Profile, UnknownNameSaysWhatThereIs) {
  const auto found = find_profile({}, "shel");
  ASSERT_FALSE(found.has_value());
  EXPECT_NE(found.error().hint.find("shell"), std::string::npos);
}

}  // namespace
}  // namespace weir::sandbox
