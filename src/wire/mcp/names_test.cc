#include "wire/mcp/names.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <chrono>
#include <set>

#include "base/limits.h"

namespace weir::wire::mcp {
namespace {

TEST(McpNames, PrefixAndBack) {
  Names names;
  EXPECT_EQ(names.add({"files", "read_file"}, true), "files__read_file");
  EXPECT_EQ(names.add({"bank", "pay"}, false), "pay");
  EXPECT_EQ(names.add({"files", "read_file"}, true), "files__read_file");
  ASSERT_NE(names.find("files__read_file"), nullptr);
  EXPECT_EQ(names.find("files__read_file")->server, "files");
  EXPECT_EQ(names.find("files__read_file")->name, "read_file");
  EXPECT_EQ(names.find("read_file"), nullptr);
  EXPECT_EQ(names.find(""), nullptr);
  EXPECT_EQ(names.name_of({"bank", "pay"}), "pay");
  EXPECT_FALSE(names.name_of({"bank", "x"}).has_value());
}

TEST(McpNames, CollisionsAreNumbered) {
  Names names;
  EXPECT_EQ(names.add({"a", "b__c"}, true), "a__b__c");
  EXPECT_EQ(names.add({"a__b", "c"}, true), "a__b__c_2");
  EXPECT_EQ(names.add({"a__b__c", "x"}, false), "x");
  EXPECT_EQ(names.add({"q", "x"}, false), "x_2");
  EXPECT_EQ(names.add({"q", "x_3"}, false), "x_3");
  EXPECT_EQ(names.add({"r", "x"}, false), "x_4");
  EXPECT_EQ(names.find("a__b__c_2")->server, "a__b");
  EXPECT_EQ(names.find("x_4")->server, "r");
}

TEST(McpNames, CharactersAndLength) {
  Names names;
  EXPECT_EQ(names.add({"s", "a.b/c d"}, true), "s__a_b_c_d");
  EXPECT_EQ(names.add({"s", "größe"}, true), "s__gr__e");
  EXPECT_EQ(names.add({"s", ""}, false), "_");
  const std::string fits(limits::kMcpNameBytesMax - 3, 'x');
  EXPECT_EQ(names.add({"s", fits}, true), "s__" + fits);
  const std::string cut = names.add({"s", fits + "x"}, true);
  EXPECT_EQ(cut.size(), limits::kMcpNameBytesMax);
  EXPECT_EQ(cut, "s__" + fits.substr(2) + "_2");
}

// A server may list thousands of names that become one; each number is tried once.
TEST(McpNames, ManyThatCollideTakeNoSquare) {
  Names names;
  const auto begin = std::chrono::steady_clock::now();
  std::set<std::string> given;
  for (size_t i = 0; i < limits::kMcpNamesMax; ++i)
    given.insert(names.add({"s", std::string(80, 'x') + std::to_string(i)}, true));
  EXPECT_EQ(given.size(), limits::kMcpNamesMax);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(30));
  // One past the limit: a name that stands for nothing.
  const std::string over = names.add({"s", "y"}, true);
  EXPECT_EQ(names.find(over), nullptr);
  EXPECT_FALSE(names.name_of({"s", "y"}).has_value());
  const std::string taken = names.add({"t", std::string(80, 'x')}, false);
  EXPECT_EQ(names.find(taken), nullptr);
}

RC_GTEST_PROP(McpNamesProperty, EachNameStandsForItsOwnTarget,
              (const std::vector<std::pair<uint8_t, std::string>>& targets)) {
  Names names, again;
  std::set<std::string> given;
  std::set<std::pair<std::string, std::string>> distinct;
  for (const auto& [server, name] : targets) {
    const Target target{std::string(1, static_cast<char>('a' + server % 3)), name};
    const bool prefix = server % 2 == 0;
    const std::string client_name = names.add(target, prefix);
    RC_ASSERT(client_name == again.add(target, prefix));
    RC_ASSERT(!client_name.empty() && client_name.size() <= limits::kMcpNameBytesMax);
    RC_ASSERT(client_name.find_first_not_of(
                  "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") == std::string::npos);
    RC_ASSERT(names.find(client_name)->server == target.server);
    RC_ASSERT(names.find(client_name)->name == target.name);
    given.insert(client_name);
    distinct.emplace(target.server, target.name);
  }
  RC_ASSERT(given.size() == distinct.size());
}

TEST(McpTemplate, Table) {
  const struct {
    std::string_view uri, uri_template;
    int literal;  // -1: no match
  } rows[] = {
      {"file:///a", "file:///a", 9},
      {"file:///a", "file:///b", -1},
      {"file:///a", "file:///", -1},
      {"demo://r/text/1", "demo://r/text/{id}", 14},
      {"demo://r/text/1/2", "demo://r/text/{id}", -1},
      {"demo://r/text/1/2", "demo://r/text/{+id}", 14},
      {"demo://r/text/", "demo://r/text/{id}", 14},
      {"a/x/y", "a/{p}/y", 4},
      {"a/x-1-2.txt", "a/{p}-{q}.txt", 7},
      {"a/x-y/z-q", "a/{+p}-q", 4},
      {"aab", "{p}ab", 2},
      {"abab", "{p}ab{q}ab", 4},
      {"ab", "{p}ab{q}ab", -1},
      {"aaab", "{a}aab", 3},
      {"xaay/b", "{a}a{b}/b", 3},
      {"u:/s?q=1&r=a/b", "u:/s{?q,r}", 4},
      {"u:/s", "u:/s{?q,r}", 4},
      {"u:/sq=1", "u:/s{?q,r}", -1},
      {"u:/s#f", "u:/s{#f}", 4},
      {"u:/s/p", "u:/s{/p}", 4},
      {"u:/sp", "u:/s{/p}", -1},
      {"u:/s.p", "u:/s{.p}", 4},
      {"u:/s;x=1", "u:/s{;x}", 4},
      {"u:/s?a=1&x=1", "u:/s?a=1{&x}", 8},
      {"u:x", "u:{", -1},
      {"u:x", "u:}", -1},
      {"u:x", "u:{}", -1},
      {"u:x", "u:{a b}", -1},
      {"u:x", "u:{{a}}", -1},
      {"u:x", "u:{+}", -1},
      {"", "", 0},
      {"", "{a}", 0},
  };
  for (const auto& row : rows) {
    const auto matched = matches_template(row.uri, row.uri_template);
    EXPECT_EQ(matched ? static_cast<int>(*matched) : -1, row.literal) << row.uri << " " << row.uri_template;
  }
}

TEST(McpTemplate, Bounds) {
  const std::string fits(limits::kMcpUriBytesMax, 'a');
  EXPECT_TRUE(matches_template(fits, "{a}").has_value());
  EXPECT_FALSE(matches_template(fits + "a", "{a}").has_value());
  EXPECT_TRUE(matches_template(fits, fits).has_value());
  std::string expressions;
  for (size_t i = 0; i < limits::kMcpTemplateExpressionsMax; ++i) expressions += "{a}";
  EXPECT_TRUE(matches_template(fits, expressions).has_value());
  EXPECT_FALSE(matches_template(fits, expressions + "{a}").has_value());
}

// The plain way, for comparison: try every length.
bool matches_slowly(std::string_view uri, std::string_view rest) {
  if (rest.empty()) return uri.empty();
  if (rest[0] != '{')
    return !uri.empty() && uri[0] == rest[0] && matches_slowly(uri.substr(1), rest.substr(1));
  const bool slashes = rest[1] == '+';
  const std::string_view behind = rest.substr(rest.find('}') + 1);
  for (size_t length = 0; length <= uri.size(); ++length) {
    if (matches_slowly(uri.substr(length), behind)) return true;
    if (length < uri.size() && uri[length] == '/' && !slashes) return false;
  }
  return false;
}

RC_GTEST_PROP(McpTemplateProperty, AsTheSlowWay,
              (const std::vector<uint8_t>& a, const std::vector<uint8_t>& b)) {
  constexpr std::string_view kPieces[] = {"a", "b", "/", "ab", "{x}", "{+x}"};
  std::string uri, uri_template;
  for (size_t i = 0; i < a.size() && i < 12; ++i) uri += "ab/"[a[i] % 3];
  for (size_t i = 0; i < b.size() && i < 7; ++i) uri_template += kPieces[b[i] % 6];
  RC_ASSERT(matches_template(uri, uri_template).has_value() == matches_slowly(uri, uri_template));
}

}  // namespace
}  // namespace weir::wire::mcp
