#include "skill/skill_md.h"

#include <gtest/gtest.h>

#include "skill/limits.h"
#include "skill/text.h"

namespace weir::skill {
namespace {

std::string with(std::string_view front) {
  return "---\n" + std::string(front) + "---\n\n# Body\n";
}

const std::string kGood = with("name: pdf-forms\ndescription: Fills PDF forms.\n");

TEST(SkillMd, ReadsAllFields) {
  const auto skill =
      parse_skill_md(with("name: pdf-forms\ndescription: >-\n  Fills PDF\n  forms.\nlicense: "
                          "MIT\ncompatibility: needs python3\n"
                          "metadata:\n  author: acme\n  version: 1.0\nallowed-tools: Bash(git:*) Read\n"),
                     "pdf-forms");
  ASSERT_TRUE(skill.has_value()) << skill.error().text();
  EXPECT_EQ(skill->name, "pdf-forms");
  EXPECT_EQ(skill->description, "Fills PDF forms.");
  EXPECT_EQ(skill->license, "MIT");
  EXPECT_EQ(skill->metadata[1].second, "1.0");
  EXPECT_EQ(skill->allowed_tools, (std::vector<std::string>{"Bash(git:*)", "Read"}));
  EXPECT_EQ(skill->body, "\n# Body\n");
}

TEST(SkillMd, EmojiWithTheirSelectorsAreNoProblem) {
  EXPECT_TRUE(parse_skill_md(with("name: a\ndescription: Done \xE2\x9C\x94\xEF\xB8\x8F\n"), "a").has_value());
}

struct Refused {
  const char* what;
  std::string text;
  const char* says;
};

class RefusedSkillMd : public testing::TestWithParam<Refused> {};

TEST_P(RefusedSkillMd, SaysWhy) {
  const Reading reading = read_skill_md(GetParam().text, "a");
  ASSERT_FALSE(reading.problems.empty()) << GetParam().what;
  std::string all;
  for (const Error& each : reading.problems) all += each.text() + "\n";
  EXPECT_NE(all.find(GetParam().says), std::string::npos) << all;
}

INSTANTIATE_TEST_SUITE_P(
    Shapes, RefusedSkillMd,
    testing::Values(
        Refused{"no front matter", "# Hello\n", "does not begin"},
        Refused{"bom", "\xEF\xBB\xBF" + kGood, "does not begin"},
        Refused{"never closed", "---\nname: a\ndescription: b\n", "no closing line"},
        Refused{"closed within a line", "---\nname: a\ndescription: x --- y\n---\n",
                "within the front matter"},
        Refused{"closing line with more on it", "---\nname: a\ndescription: b\n---x\n", "no closing line"},
        Refused{"carriage returns", "---\nname: a\r\ndescription: b\n---\n", "carriage return"},
        Refused{"anchor", with("name: &x a\ndescription: b\n"), "an anchor"},
        Refused{"alias", with("name: a\ndescription: *x\n"), "alias"},
        Refused{"tag", with("name: !!str a\ndescription: b\n"), "a tag"},
        Refused{"binary tag", with("name: a\ndescription: !!binary aGk=\n"), "a tag"},
        Refused{"merge key", with("name: a\n<<: {description: b}\n"), "merge key"},
        Refused{"duplicate", with("name: a\nname: b\ndescription: c\n"), "twice"},
        Refused{"directive", with("%YAML 1.1\nname: a\ndescription: b\n"), "front matter"},
        Refused{"list", with("name: a\ndescription: b\nallowed-tools: [Read, Bash]\n"), "a list"},
        Refused{"deep map", with("name: a\ndescription: b\nmetadata: {x: {y: z}}\n"), "map within a map"},
        Refused{"unknown key", with("name: a\ndescription: b\nhooks: c\n"), "unknown key \"hooks\""},
        Refused{"no name", with("description: b\n"), "no name"},
        Refused{"no description", with("name: a\n"), "no description"},
        Refused{"number for a name", with("name: 123\ndescription: b\n"), "not a string to every reader"},
        Refused{"boolean for a name", with("name: on\ndescription: b\n"), "not a string to every reader"},
        Refused{"upper case", with("name: A\ndescription: b\n"), "cannot be the name"},
        Refused{"two dashes", with("name: a--b\ndescription: b\n"), "cannot be the name"},
        Refused{"another folder", with("name: b\ndescription: b\n"), "and its folder"},
        Refused{"cyrillic name", with("name: p\xD0\xB0y\ndescription: b\n"), "cannot be the name"},
        Refused{"bidi", with("name: a\ndescription: b \xE2\x80\xAE c\n"), "invisible"},
        Refused{"tag characters", with("name: a\ndescription: b\n") + "\xF3\xA0\x81\x81\n", "U+E0041"},
        Refused{"zero width in the body",
                kGood + "a\xE2\x80\x8B"
                        "b",
                "U+200B"},
        Refused{"variation selectors as a channel", kGood + "\xF3\xA0\x84\x80", "U+E0100"},
        Refused{"a joiner behind a letter", kGood + "a\xE2\x80\x8D", "U+200D"},
        Refused{"escaped bidi", with("name: a\ndescription: \"b \\u202e c\"\n"), "written as an escape"},
        Refused{"escaped control", with("name: a\ndescription: \"b \\e[2J\"\n"), "written as an escape"},
        Refused{"system mark", with("name: a\ndescription: x <system> y\n"), "begin a mark"},
        Refused{"model's mark", with("name: a\ndescription: x <|im_start|> y\n"), "begin a mark"},
        Refused{"bad UTF-8", kGood + "\xFF", "not UTF-8"},
        Refused{"a list for all", with("- a\n- b\n"), "no map"},
        Refused{"two documents", with("name: a\n...\nname: b\n"), "document"}));

TEST(SkillMd, Bounds) {
  const auto described = [](size_t chars) {
    return parse_skill_md(with("name: a\ndescription: " + std::string(chars, 'x') + "\n"), "a");
  };
  EXPECT_TRUE(described(kDescriptionCharsMax).has_value());
  EXPECT_FALSE(described(kDescriptionCharsMax + 1).has_value());
  EXPECT_TRUE(is_name(std::string(kNameBytesMax, 'a')));
  EXPECT_FALSE(is_name(std::string(kNameBytesMax + 1, 'a')));
  const std::string front = kGood.substr(0, kGood.size());
  EXPECT_TRUE(parse_skill_md(front + std::string(kSkillMdBytesMax - front.size(), 'x'), "").has_value());
  EXPECT_FALSE(parse_skill_md(front + std::string(kSkillMdBytesMax - front.size() + 1, 'x'), "").has_value());
}

TEST(Text, LookAlikes) {
  EXPECT_EQ(look_alike_key("pdf-tools"), look_alike_key("pdf-t00ls"));
  EXPECT_EQ(look_alike_key("modern"), look_alike_key("rnodern"));
  EXPECT_EQ(look_alike_key("pdftools"), look_alike_key("pdf-tools"));
  EXPECT_NE(look_alike_key("pdf-tools"), look_alike_key("pdf-fools"));
}

TEST(Text, Paths) {
  EXPECT_TRUE(check_path("scripts/fill_form.py").has_value());
  for (const char* path : {"", "/a", "../a", "a/../b", "a//b", "./a", "a/.", "a\\b", "a:b", "a\nb", "a ",
                           "a.", "caf\xC3\xA9", "a/b/c/d/e/f/g/h/i/j/k"})
    EXPECT_FALSE(check_path(path).has_value()) << path;
}

}  // namespace
}  // namespace weir::skill
