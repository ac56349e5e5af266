#include "manifest/trust.h"

#include <gtest/gtest.h>

#include <chrono>

#include "base/limits.h"

namespace weir::manifest {
namespace {

bool matches(std::string pattern, std::string_view principal, std::string_view tool = "s/t",
             bool counts = true) {
  TrustRules rules;
  const Status added = rules.add({std::move(pattern), true, {}, "weir.toml:1:1"});
  EXPECT_TRUE(added.has_value()) << added.error().text();
  return rules.judge(tool, principal, counts).trusted == true;
}

struct Case {
  const char* pattern;
  const char* principal;
};

class Trusts : public testing::TestWithParam<Case> {};
TEST_P(Trusts, WhatThePatternMeans) {
  EXPECT_TRUE(matches(GetParam().pattern, GetParam().principal));
}

INSTANTIATE_TEST_SUITE_P(
    Table, Trusts,
    testing::Values(Case{"mailto:*@mycorp.example", "mailto:bob@mycorp.example"},
                    Case{"mailto:*@MyCorp.example", "mailto:Bob@MYCORP.example"},
                    Case{"mailto:bob@x.org", "mailto:Bob B. <bob@X.org>"},
                    Case{"mailto:j@x.org", "mailto:\"Doe, John\" <j@x.org>"},
                    Case{"mailto:*@*.mycorp.example", "mailto:a@b.c.mycorp.example"},
                    Case{"mailto:**", "mailto:a@b.c"}, Case{"file:/srv/docs/**", "file:/srv/docs/a/b.txt"},
                    Case{"file:/srv/docs/**", "file:/srv/./docs//a/../b"},
                    Case{"file:///srv/docs/*", "file:/srv/docs/b"}, Case{"file:/srv/docs/", "file:/srv/docs"},
                    Case{"file:docs/**", "file:./docs/a"},
                    Case{"https://docs.example/**", "https://docs.example"},
                    Case{"https://docs.example/**", "HTTPS://Docs.Example:443/a/b?c=/d#e"},
                    Case{"https://docs.example", "https://docs.example/"},
                    Case{"https://docs.example/a/**", "https://docs.example/%61/b"},
                    Case{"https://*.docs.example/**", "https://a.docs.example/x"},
                    Case{"https://docs.example:8443/**", "https://docs.example:8443/x"},
                    Case{"bank:UK*", "bank:UK12"}, Case{"tool:s/t", ""}, Case{"tool:s/*", "file:/etc/passwd"},
                    Case{"tool:s/* file:/srv/**", "file:/srv/a"}, Case{"tool:**", "x"}));

class Attacks : public testing::TestWithParam<Case> {};
TEST_P(Attacks, MatchNothing) {
  EXPECT_FALSE(matches(GetParam().pattern, GetParam().principal));
}

INSTANTIATE_TEST_SUITE_P(
    Table, Attacks,
    testing::Values(
        // Paths.
        Case{"file:/srv/docs/**", "file:/srv/docs/../etc/passwd"},
        Case{"file:/srv/docs/**", "file:/srv/docs/a/../../x"}, Case{"file:/srv/docs/**", "file:/srv/docs"},
        Case{"file:/srv/docs/**", "file:/srv/docs-evil/x"}, Case{"file:/srv/docs/**", "file:srv/docs/x"},
        Case{"file:/srv/docs/**", "file:../srv/docs/x"}, Case{"file:/srv/docs/**", "file:/srv/docs/%2e%2e/x"},
        Case{"file:/srv/docs/**", "file:/srv/docs/..%2fx"},
        Case{"file:/srv/docs/**", "file:/srv/docs/%252e%252e/x"},
        Case{"file:/srv/docs/**", "file:/srv/docs/..\\x"}, Case{"file:/srv/docs/**", "file:/SRV/docs/x"},
        Case{"file:/srv/docs/*", "file:/srv/docs/a/b"}, Case{"file:/srv/docs/**", "file:file:///srv/docs/x"},
        Case{"file:/srv/docs/**", "FILE/srv/docs/x"}, Case{"file:/srv/docs/**", "file:/srv/docs/a\nb"},
        Case{"file:/srv/docs/**", "file:~/srv/docs/x"}, Case{"file:docs/**", "file:docs/../../x"},
        Case{"file:docs/**", "file:/docs/x"},
        // URLs.
        Case{"https://docs.example/**", "https://docs.example.evil.com/"},
        Case{"https://docs.example/**", "https://docs.example@evil.com/"},
        Case{"https://docs.example/**", "https://evil.com/docs.example/"},
        Case{"https://docs.example/**", "https://evil.com#https://docs.example/"},
        Case{"https://docs.example/**", "https://evil.com?https://docs.example/"},
        Case{"https://docs.example/**", "https://evil.com\\@docs.example/"},
        Case{"https://docs.example/**", "https://docs.example\\.evil.com/"},
        Case{"https://docs.example/**", "https://docs.example:443@evil.com/"},
        Case{"https://docs.example/**", "https://docs.example:8443/"},
        Case{"https://docs.example/**", "https://docs.example:0443/"},
        Case{"https://docs.example/**", "https://docs.example./"},
        Case{"https://docs.example/**", "http://docs.example/"},
        Case{"https://docs.example/**", "https://docs%2eexample/"},
        Case{"https://docs.example/**", "https:/docs.example/"},
        Case{"https://docs.example/**", "https://docs.example\t.evil.com/"},
        Case{"https://docs.example/**", "https://docs.ex\xC3\xA4mple/"},
        Case{"https://docs.example/**", "https:///docs.example/"},
        Case{"https://docs.example/a/**", "https://docs.example/a/%2e%2e/b"},
        Case{"https://docs.example/a/**", "https://docs.example/a/.%2E/b"},
        Case{"https://docs.example/a/**", "https://docs.example/a/..%2fb"},
        Case{"https://docs.example/a/**", "https://docs.example/a/%252e%252e/b"},
        Case{"https://docs.example/a/**", "https://docs.example/a/..;/b"},
        Case{"https://docs.example/a/**", "https://docs.example/a//../../b"},
        Case{"https://docs.example/a/*", "https://docs.example/a/b/c"},
        Case{"https://docs.example/a/*", "https://docs.example/a/b?c"},
        Case{"https://docs.example", "https://docs.example/a"},
        Case{"https://*.docs.example/**", "https://docs.example/"},
        Case{"https://*.docs.example/**", "https://evil.com/.docs.example/"},
        Case{"https://*.docs.example/**", "https://x@y.docs.example/"},
        // Addresses.
        Case{"mailto:*@mycorp.example", "mailto:bob@mycorp.example.evil.com"},
        Case{"mailto:*@mycorp.example", "mailto:bob@evil.com@mycorp.example"},
        Case{"mailto:*@mycorp.example", "mailto:\"bob@evil.com\"@mycorp.example"},
        Case{"mailto:*@mycorp.example", "mailto:bob@evil.com <x@mycorp.example>"},
        Case{"mailto:*@mycorp.example", "mailto:bob@mycorp.example <x@evil.com>"},
        Case{"mailto:*@mycorp.example", "mailto:\"bob@mycorp.example\" <x@evil.com>"},
        Case{"mailto:*@mycorp.example", "mailto:<x@evil.com> <bob@mycorp.example>"},
        Case{"mailto:*@mycorp.example", "mailto:x@evil.com, bob@mycorp.example"},
        Case{"mailto:*@mycorp.example", "mailto:bob@mycorp.example (x@evil.com)"},
        Case{"mailto:*@mycorp.example", "mailto:bob@mycorp.example\r\nx"},
        Case{"mailto:*@mycorp.example", "mailto:@mycorp.example"},
        Case{"mailto:*@mycorp.example", "mailto:bob@mycorp.example."},
        Case{"mailto:*@mycorp.example", "mailto:bob@xmycorp.example"},
        Case{"mailto:*@mycorp.example", "mailto:bob@a.mycorp.example"},
        Case{"mailto:Bob@x.org", "mailto:bob@x.org"}, Case{"mailto:*@x.org", "bob@x.org"},
        Case{"mailto:*@x.org", ""},
        // Tools and others.
        Case{"tool:s/t2", ""}, Case{"tool:*/u", ""}, Case{"tool:s/* file:/srv/**", "file:/etc"},
        Case{"tool:x/* file:/srv/**", "file:/srv/a"}, Case{"bank:UK*", "bank:UK/12"},
        Case{"bank:UK*", "bankx:UK1"}));

TEST(Trust, AToolPatternKeepsToItsSegment) {
  EXPECT_TRUE(matches("tool:files/*", "", "files/read"));
  EXPECT_FALSE(matches("tool:files/*", "", "files/a/b"));
  EXPECT_FALSE(matches("tool:files/*", "", "myfiles/read"));
}

TEST(Trust, APrincipalThatNobodyCheckedCanOnlyMakeWorse) {
  EXPECT_FALSE(matches("mailto:*@x.org", "mailto:a@x.org", "s/t", false));
  EXPECT_TRUE(matches("tool:s/t", "mailto:a@x.org", "s/t", false));
  TrustRules rules;
  ASSERT_TRUE(rules.add({"mailto:*@x.org", false, Readers::everyone(), ""}).has_value());
  EXPECT_EQ(rules.judge("s/t", "mailto:a@x.org", false).trusted, false);
  EXPECT_FALSE(rules.judge("s/t", "mailto:a@x.org", false).readers.has_value());
  EXPECT_EQ(rules.judge("s/t", "mailto:a@x.org", true).readers, Readers::everyone());
}

TEST(Trust, DistrustWinsAndAlsoMeansWhatCannotBeCompared) {
  TrustRules rules;
  ASSERT_TRUE(rules.add({"tool:files/*", true, {}, "a"}).has_value());
  ASSERT_TRUE(rules.add({"file:/tmp/**", false, {}, "b"}).has_value());
  EXPECT_EQ(rules.judge("files/read", "file:/srv/x", true).trusted, true);
  EXPECT_EQ(rules.judge("files/read", "file:/srv/x", true).by->where, "a");
  for (const char* principal : {"file:/tmp/x", "file:/srv/../tmp/x", "file:x", "file:/srv/%2e%2e/tmp/x"}) {
    EXPECT_EQ(rules.judge("files/read", principal, true).trusted, false) << principal;
    EXPECT_EQ(rules.judge("files/read", principal, true).by->where, "b");
  }
}

TEST(Trust, ReadersOfSeveralRulesIntersect) {
  TrustRules rules;
  ASSERT_TRUE(rules.add({"tool:s/*", {}, Readers::of({"owner", "mailto:a@x"}), ""}).has_value());
  ASSERT_TRUE(rules.add({"file:/srv/**", {}, Readers::of({"owner", "mailto:b@x"}), ""}).has_value());
  const auto verdict = rules.judge("s/t", "file:/srv/x", true);
  EXPECT_EQ(verdict.readers, Readers::owner());
  EXPECT_FALSE(verdict.trusted.has_value());
}

TEST(Trust, RefusesPatternsThatMeanNothing) {
  TrustRules rules;
  for (const char* pattern : {"",
                              "**",
                              "*",
                              "mycorp.example",
                              ":x",
                              "mailto:",
                              "mailto:mycorp.example",
                              "mailto:*@*@x",
                              "file:",
                              "file:/srv/../x",
                              "https:/x",
                              "https://",
                              "https://a@b/",
                              "https://a b/",
                              "tool:files",
                              "tool:files/* ",
                              "user",
                              "skill:pdf@*",
                              "tool:a/b tool:c/d",
                              "FILE:/x"}) {
    const Status added = rules.add({pattern, true, {}, "weir.toml:3:1"});
    ASSERT_FALSE(added.has_value()) << pattern;
    EXPECT_EQ(added.error().where, "weir.toml:3:1");
  }
  EXPECT_FALSE(rules.add({"tool:a/b", {}, {}, "w"}).has_value());
  std::string pattern = "file:/" + std::string(limits::kTrustPatternBytesMax - 6, 'x');
  EXPECT_TRUE(rules.add({pattern, true, {}, "w"}).has_value());
  EXPECT_EQ(rules.add({pattern + "x", true, {}, "w"}).error().code, Code::too_large);
  EXPECT_EQ(rules.size(), 1U);
}

TEST(Trust, APrincipalPastTheBoundMatchesNothing) {
  std::string principal = "file:/srv/";
  principal.resize(limits::kPrincipalBytesMax, 'x');
  EXPECT_TRUE(matches("file:/srv/**", principal));
  EXPECT_FALSE(matches("file:/srv/**", principal + "x"));
}

TEST(Glob, AgreesWithWhatItsStarsMean) {
  EXPECT_TRUE(glob_matches("", "", "/"));
  EXPECT_FALSE(glob_matches("", "a", "/"));
  EXPECT_TRUE(glob_matches("*", "", "/"));
  EXPECT_TRUE(glob_matches("a*b*c", "aXbYbZc", "/"));
  EXPECT_FALSE(glob_matches("a*c", "a/c", "/"));
  EXPECT_TRUE(glob_matches("a**c", "a/b/c", "/"));
  EXPECT_TRUE(glob_matches("**/*.md", "a/b/c.md", "/"));
  EXPECT_FALSE(glob_matches("*/*.md", "a/b/c.md", "/"));
  EXPECT_TRUE(glob_matches("***", "a/b", "/"));
}

// Against the plainest definition, over all short texts.
bool naive(std::string_view p, std::string_view t) {
  if (p.empty()) return t.empty();
  if (p[0] != '*') return !t.empty() && p[0] == t[0] && naive(p.substr(1), t.substr(1));
  const bool any = p.size() > 1 && p[1] == '*';
  const std::string_view rest = p.substr(any ? 2 : 1);
  return naive(rest, t) || (!t.empty() && (any || t[0] != '/') && naive(p, t.substr(1)));
}

TEST(Glob, AgreesWithTheNaiveOneOnAllShortInputs) {
  const auto words = [](std::string_view letters, size_t length) {
    std::vector<std::string> all = {""};
    for (size_t i = 0, begin = 0; i < length; ++i) {
      const size_t end = all.size();
      for (; begin < end; ++begin) {
        for (const char c : letters) all.push_back(all[begin] + c);
      }
    }
    return all;
  };
  const auto texts = words("ab/", 5);
  for (const std::string& pattern : words("a/*", 5)) {
    for (const std::string& text : texts) {
      ASSERT_EQ(glob_matches(pattern, text, "/"), naive(pattern, text)) << pattern << " " << text;
    }
  }
}

TEST(Glob, TakesLinearTimeInTheText) {
  std::string pattern;
  for (int i = 0; i < 20; ++i) pattern += "**a*";
  pattern += "b";
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_FALSE(glob_matches(pattern, std::string(200'000, 'a'), "/"));
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(10));
}

}  // namespace
}  // namespace weir::manifest
