#include "wire/splice.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <set>

namespace weir::wire {
namespace {

TEST(Splices, ReplaceInsertKeepOrder) {
  Splices splices;
  splices.replace(2, 4, "XY!");
  splices.insert(4, "+");
  splices.insert(4, "-");
  splices.insert(0, ">");
  EXPECT_EQ(splices.apply("abcdef"), ">abXY!+-ef");
}

// Whatever is removed from an object, one call for all members: the rest parses and is what was to stay.
RC_GTEST_PROP(Splices, RemovedMembersAreGoneAndTheRestStays, ()) {
  const int count = *rc::gen::inRange(1, 9);
  std::set<std::string> remove;
  std::string text = "{ ";
  for (int i = 0; i < count; ++i) {
    const std::string key = "k" + std::to_string(i);
    text += (i == 0 ? "" : " , ") + json::quote(key) + ": [" + std::to_string(i) + "]";
    if (*rc::gen::arbitrary<bool>()) remove.insert(key);
  }
  text += " }";
  const auto document = json::parse(text);
  Splices splices;
  splices.remove_members(document->root(),
                         [&](std::string_view key) { return remove.contains(std::string(key)); });
  const auto after = json::parse(splices.apply(text));
  RC_ASSERT(after.has_value());
  RC_ASSERT(after->root().size() == count - remove.size());
  for (const json::Member& member : after->root().members())
    RC_ASSERT(!remove.contains(std::string(member.key)));
}

RC_GTEST_PROP(Splices, RemovedElementsAreGoneAndTheRestStays, (std::vector<bool> remove)) {
  std::string text = "[";
  std::string expected = "[";
  for (size_t i = 0; i < remove.size(); ++i) {
    text += (i == 0 ? "" : " ,") + std::to_string(i);
    if (!remove[i]) expected += (expected.size() == 1 ? "" : ",") + std::to_string(i);
  }
  const auto document = json::parse(text + "]");
  Splices splices;
  splices.remove_elements(document->root(), remove);
  const auto after = json::parse(splices.apply(text + "]"));
  RC_ASSERT(after.has_value());
  RC_ASSERT(json::canonical(after->root()) == expected + "]");
}

}  // namespace
}  // namespace weir::wire
