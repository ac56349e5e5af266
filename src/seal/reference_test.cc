#include "seal/reference.h"

#include <gtest/gtest.h>

#include <string>

#include "base/limits.h"

namespace weir::seal {
namespace {

std::vector<std::string> found(std::string_view text) {
  std::vector<std::string> all;
  for (const Reference& reference : references_in(text)) all.push_back(reference.text());
  return all;
}

TEST(Reference, IsFoundWithItsPath) {
  EXPECT_EQ(found("a {{weir:v7}} b {{weir:v12.items.0.from}}"),
            (std::vector<std::string>{"{{weir:v7}}", "{{weir:v12.items.0.from}}"}));
  const auto all = references_in("x{{weir:v3.a b}}");
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0].number, 3U);
  EXPECT_EQ(all[0].path, std::vector<std::string>{"a b"});
  EXPECT_EQ(all[0].begin, 1U);
  EXPECT_EQ(all[0].end, 16U);
}

TEST(Reference, WhatOnlyLooksLikeOneIsText) {
  for (const std::string_view text :
       {"{{weir:7}}", "{{weir:v}}", "{{weir:v07}}", "{{weir:v1234567890}}", "{{weir:v7.}}", "{{weir:v7..a}}",
        "{{weir:v7.a{b}}", "{{ weir:v7 }}", "{{weir:v7\n}}", "{weir:v7}", "{{weir:v-1}}", "{{WEIR:v7}}"})
    EXPECT_TRUE(found(text).empty()) << text;
  // One inside what looked like one.
  EXPECT_EQ(found("{{weir:v{{weir:v2}}"), std::vector<std::string>{"{{weir:v2}}"});
}

TEST(Reference, IsBounded) {
  const std::string longest(limits::kReferenceBytesMax - 5, 'a');
  EXPECT_EQ(found("{{weir:v1." + longest + "}}").size(), 1U);
  EXPECT_TRUE(found("{{weir:v1." + longest + "aaaa}}").empty());
  std::string deep = "v1";
  for (size_t i = 0; i < limits::kReferencePathMax; ++i) deep += ".a";
  Reference reference;
  EXPECT_TRUE(read_reference(deep, reference));
  EXPECT_FALSE(read_reference(deep + ".a", reference));
}

TEST(Reference, IsReadWithAndWithoutBraces) {
  Reference reference;
  for (const std::string_view text : {"{{weir:v7.subject}}", "weir:v7.subject", "v7.subject"}) {
    ASSERT_TRUE(read_reference(text, reference)) << text;
    EXPECT_EQ(reference.text(), "{{weir:v7.subject}}");
  }
  EXPECT_FALSE(read_reference("v7 ", reference) && reference.path.empty());
  EXPECT_FALSE(read_reference("{{weir:v7}} and more", reference));
}

TEST(Reference, AStreamKeepsBackWhatMayBecomeOne) {
  const std::string text = "see {{weir:v12.subject}} and {{ more";
  // However it is cut: what is passed on early holds no part of a reference.
  for (size_t cut = 0; cut <= text.size(); ++cut) {
    const std::string head = text.substr(0, cut);
    const size_t open = open_reference(head);
    const size_t begin = text.find("{{weir:");
    const size_t end = text.find("}}") + 2;
    if (cut > begin && cut < end) {
      EXPECT_EQ(open, begin) << cut;
    }
    if (cut <= begin) {
      EXPECT_EQ(open, cut) << cut;
    }
  }
  EXPECT_EQ(open_reference("no {{ braces }} here"), 20U);
  const std::string endless = "{{weir:v" + std::string(2 * limits::kReferenceBytesMax, 'a');
  EXPECT_EQ(open_reference(endless), endless.size());
}

TEST(Reference, OthersTextCannotHoldOne) {
  EXPECT_TRUE(found(without_references("a {{weir:v1}} {{weir:{{weir:v2}}")).empty());
  EXPECT_EQ(without_references("nothing to do"), "nothing to do");
}

}  // namespace
}  // namespace weir::seal
