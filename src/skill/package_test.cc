#include "skill/package.h"

#include <gtest/gtest.h>

#include "skill/archive.h"
#include "skill/limits.h"
#include "skill/permissions.h"

namespace weir::skill {
namespace {

const std::string kMd = "---\nname: pdf\ndescription: Fills PDF forms.\n---\nBody\n";

Package package(std::vector<File> more = {}) {
  more.push_back({"SKILL.md", kMd});
  auto made = Package::make(std::move(more));
  EXPECT_TRUE(made.has_value());
  return std::move(*made);
}

TEST(Package, DigestCoversPathsAndBytes) {
  const Digest before = package({{"a", "1"}}).digest();
  EXPECT_EQ(before, package({{"a", "1"}}).digest());
  EXPECT_NE(before, package({{"a", "2"}}).digest());
  EXPECT_NE(before, package({{"b", "1"}}).digest());
  EXPECT_NE(before, package({{"a", "1"}, {"b", ""}}).digest());
  EXPECT_EQ(
      before,
      package({{"a", "1"}, {std::string(kBundleFile), "x"}, {std::string(kMinisigFile), "y"}}).digest());
  EXPECT_EQ(before, package({{"a", "1"}, {".git/config", "x"}}).digest());
}

TEST(Package, ListingIsThatOfSha256sum) {
  EXPECT_EQ(package().listing(), to_hex(as_bytes(sha256(kMd))) + "  SKILL.md\n");
}

TEST(Package, RefusesWhatFileSystemsDisagreeOn) {
  EXPECT_FALSE(Package::make({{"a", ""}, {"A", ""}}).has_value());
  EXPECT_FALSE(Package::make({{"a", ""}, {"a", ""}}).has_value());
  EXPECT_FALSE(Package::make({{"a", ""}, {"a/b", ""}}).has_value());
  EXPECT_FALSE(Package::make({{"../a", ""}}).has_value());
}

TEST(Package, Bounds) {
  EXPECT_TRUE(Package::make({{"a", std::string(kFileBytesMax, 'x')}}).has_value());
  EXPECT_FALSE(Package::make({{"a", std::string(kFileBytesMax + 1, 'x')}}).has_value());
  std::vector<File> many;
  for (size_t i = 0; i < kFilesMax; ++i) many.push_back({"f" + std::to_string(i), ""});
  EXPECT_TRUE(Package::make(many).has_value());
  many.push_back({"one-more", ""});
  EXPECT_FALSE(Package::make(many).has_value());
}

TEST(Package, SkillNeedsItsFolder) {
  EXPECT_TRUE(read_skill(package(), "pdf").has_value());
  EXPECT_FALSE(read_skill(package(), "docx").has_value());
  auto lower = Package::make({{"skill.md", kMd}});
  EXPECT_FALSE(read_skill(std::move(*lower), "pdf").has_value());
}

TEST(Archive, ThereAndBack) {
  const Package before = package(
      {{"scripts/run.sh", "#!/bin/sh\n"}, {std::string(99, 'd') + "/" + std::string(99, 'f'), "deep"}});
  const auto packed = pack(before);
  ASSERT_TRUE(packed.has_value());
  EXPECT_EQ(*packed, *pack(before));
  const auto after = unpack(*packed);
  ASSERT_TRUE(after.has_value()) << after.error().text();
  EXPECT_EQ(after->package.files(), before.files());
}

TEST(Archive, RefusesNoise) {
  EXPECT_FALSE(unpack("").has_value());
  EXPECT_FALSE(unpack(std::string(1'000, 'x')).has_value());
  EXPECT_FALSE(unpack(pack(package())->substr(0, 40)).has_value());
}

constexpr std::string_view kDeclared = R"(
version = "1.2"
expires = "2027-06-30"
tools = ["files/read", "mail/*"]
effects = ["read", "send"]
hosts = ["API.example.com", "x.example.com:8443"]
secrets = ["KEY@api.example.com"]
[files]
read = ["."]
write = ["./out/"]
)";

TEST(Permissions, ReadsAndSays) {
  const auto declared = parse_permissions(kDeclared, "weir-skill.toml");
  ASSERT_TRUE(declared.has_value()) << declared.error().text();
  EXPECT_EQ(declared->hosts, (std::vector<std::string>{"api.example.com:443", "x.example.com:8443"}));
  EXPECT_EQ(declared->secrets, (std::vector<std::string>{"KEY@api.example.com:443"}));
  EXPECT_EQ(declared->write, (std::vector<std::string>{"./out"}));
  EXPECT_TRUE(declared->expired(*parse_day("2027-06-30")));
  EXPECT_FALSE(declared->expired(*parse_day("2027-06-30") - 1));
  EXPECT_EQ(*read_permissions_json(permissions_json(*declared)), *declared);
  EXPECT_EQ(in_words(*declared).size(), 9U);
}

TEST(Permissions, RefusesWhatIsTooMuch) {
  for (const char* text : {"hosts = [\"*\"]",
                           "hosts = [\"*.example.com\"]",
                           "hosts = [\"10.0.0.1\"]",
                           "hosts = [\"0x7f.1\"]",
                           "hosts = [\"localhost\"]",
                           "hosts = [\"a..b\"]",
                           "hosts = [\"example.com:0\"]",
                           "secrets = [\"KEY\"]",
                           "secrets = [\"KEY@example.com\"]",
                           "files = { read = [\"/\"] }",
                           "files = { read = [\"~\"] }",
                           "files = { read = [\"a\"] }",
                           "files = { write = [\"./../x\"] }",
                           "files = { write = [\"/home/*\"] }",
                           "tools = [\"*\"]",
                           "tools = [\"*/x\"]",
                           "effects = [\"all\"]",
                           "expires = \"2027-02-30\"",
                           "net = \"host\"",
                           "version = \"1 2\""})
    EXPECT_FALSE(parse_permissions(text, "w").has_value()) << text;
}

TEST(Permissions, AreWithinBounds) {
  const Permissions declared = *parse_permissions(kDeclared, "w");
  EXPECT_EQ(within(declared, {}), declared);
  Bounds bounds;
  bounds.hosts = std::vector<std::string>{"*.example.com"};
  bounds.write = std::vector<std::string>{"/srv"};
  bounds.tools = std::vector<std::string>{"mail/send", "files/*"};
  const Permissions kept = within(declared, bounds);
  EXPECT_EQ(kept.hosts, (std::vector<std::string>{"api.example.com:443"}));
  EXPECT_TRUE(kept.write.empty());
  EXPECT_EQ(kept.tools, (std::vector<std::string>{"files/read"}));  // mail/* is more than mail/send
  bounds.hosts = std::vector<std::string>{};
  EXPECT_TRUE(within(declared, bounds).secrets.empty());  // without its host
}

TEST(Permissions, WidenedSaysWhatIsNew) {
  const Permissions before = *parse_permissions(kDeclared, "w");
  Permissions now = before;
  EXPECT_TRUE(widened(before, now).empty());
  now.hosts.push_back("evil.example.net:443");
  now.expires_wall_ms.reset();
  EXPECT_EQ(widened(before, now).size(), 2U);
  now = before;
  now.hosts.clear();
  EXPECT_TRUE(widened(before, now).empty());
}

TEST(Permissions, Permit) {
  const Permissions declared = *parse_permissions(kDeclared, "w");
  EXPECT_TRUE(permits(declared, "mail/send", {"send"}));
  EXPECT_FALSE(permits(declared, "mail/send", {"send", "pay"}));
  EXPECT_FALSE(permits(declared, "bank/pay", {"send"}));
}

TEST(Permissions, Days) {
  EXPECT_EQ(parse_day("1970-01-01"), 0);
  EXPECT_EQ(parse_day("2000-03-01"), 951'868'800'000);
  EXPECT_EQ(parse_day("2026-11-28T20:00:00Z"), 1'795'896'000'000);
  for (const char* bad : {"", "2026", "2026-13-01", "2026-00-01", "2025-02-29", "2026-11-28T20:00:00",
                          "2026-11-28T25:00:00Z", "x026-11-28"})
    EXPECT_FALSE(parse_day(bad).has_value()) << bad;
}

}  // namespace
}  // namespace weir::skill
