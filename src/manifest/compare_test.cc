#include "manifest/compare.h"

#include <gtest/gtest.h>

namespace weir::manifest {
namespace {

constexpr const char* kManifest = R"(
server = "s"
[tools.get]
effects = ["read"]
args = { id = "selector", old = "selector" }
[tools.free]
effects = ["write"]
args = { "/*" = "target" }
[tools.gone]
effects = ["read"]
[tools."mcp:resources/read"]
effects = ["read"]
)";

std::vector<std::string> gaps(const std::string& list, const std::string& server = "s") {
  auto manifests = Manifests::shipped();
  EXPECT_TRUE(manifests && manifests->add(kManifest, "s.toml"));
  const auto document = json::parse(list);
  std::vector<json::Value> entries;
  for (const json::Value entry : document->root().elements()) entries.push_back(entry);
  std::vector<std::string> out;
  for (const Gap& gap : compare(*manifests, server, entries)) {
    EXPECT_FALSE(gap.says().empty());
    out.push_back(std::string(gap_name(gap.kind)) + (gap.missing() ? "! " : " ") + gap.tool +
                  (gap.argument.empty() ? "" : " " + gap.argument));
  }
  return out;
}

using Names = std::vector<std::string>;

TEST(Compare, SaysWhatIsMissingAndWhatIsGone) {
  EXPECT_EQ(
      gaps(R"([{"name":"get","inputSchema":{"properties":{"id":{},"new":{}}}},{"name":"other"},
                     {"name":"free","inputSchema":{"properties":{"anything":{}}}}])"),
      (Names{"missing-argument! get new", "missing-tool! other", "gone-argument get old", "gone-tool gone"}));
  EXPECT_EQ(gaps("[]", "nobody"), Names{"no-manifest! "});
}

TEST(Compare, AServersWordCountsOnlyAgainstIt) {
  const auto with = [](const std::string& name, const std::string& annotations) {
    const std::string rest = R"(,{"name":"gone"},{"name":"free"}])";
    const std::string get = name == "get" ? R"("inputSchema":{"properties":{"id":{},"old":{}}},)" : "";
    const std::string other =
        name == "get" ? "" : R"(,{"name":"get","inputSchema":{"properties":{"id":{},"old":{}}}})";
    std::string list =
        R"([{"name":")" + name + R"(",)" + get + R"("annotations":)" + annotations + "}" + other;
    return gaps(list + (name == "free" ? R"(,{"name":"gone"}])" : rest));
  };
  EXPECT_EQ(with("get", R"({"readOnlyHint":false})"), Names{"worse-than-written get"});
  EXPECT_EQ(with("get", R"({"destructiveHint":true})"), Names{"worse-than-written get"});
  EXPECT_EQ(with("get", R"({"readOnlyHint":true,"destructiveHint":true})"), Names{});
  EXPECT_EQ(with("free", R"({"readOnlyHint":true})"), Names{}) << "nothing becomes better by it";
}

}  // namespace
}  // namespace weir::manifest
