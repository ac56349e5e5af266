#include <gtest/gtest.h>

#include "store/limits.h"
#include "store/store.h"

namespace weir {
namespace {

StoredResponse of(std::string id, int64_t at = 10, size_t bytes = 10) {
  return {"me", std::move(id), "", "", std::string(bytes, 'x'), at};
}
bool has(Store& store, std::string_view id) {
  const auto one = store.response("me", id);
  return one && one->has_value();
}

TEST(StoredResponses, AreTheirOwners) {
  auto store = *Store::open(":memory:");
  ASSERT_TRUE(store->put_response({"me", "r1", "r0", "in", "out", 10}, 0));
  const auto one = store->response("me", "r1");
  ASSERT_TRUE(one && *one);
  EXPECT_EQ((*one)->previous, "r0");
  EXPECT_EQ((*one)->input, "in");
  EXPECT_EQ((*one)->response, "out");
  EXPECT_FALSE(store->response("you", "r1")->has_value());
  EXPECT_FALSE(*store->remove_response("you", "r1"));
  EXPECT_TRUE(*store->remove_response("me", "r1"));
  EXPECT_FALSE(*store->remove_response("me", "r1"));
  EXPECT_FALSE(has(*store, "r1"));
}

TEST(StoredResponses, AreBounded) {
  auto store = *Store::open(":memory:", {.responses_max = 3, .responses_bytes_max = 100});
  for (const char* id : {"a", "b", "c"}) ASSERT_TRUE(store->put_response(of(id), 0));
  EXPECT_TRUE(has(*store, "a"));
  ASSERT_TRUE(store->put_response(of("d"), 0));
  EXPECT_FALSE(has(*store, "a"));
  ASSERT_TRUE(store->put_response(of("e", 10, 80), 0));
  EXPECT_FALSE(has(*store, "b"));
  EXPECT_TRUE(has(*store, "c") && has(*store, "d") && has(*store, "e"));
  ASSERT_TRUE(store->put_response(of("d", 10, 20), 0));  // one that is there is put anew, at the end
  EXPECT_FALSE(has(*store, "c"));
  EXPECT_TRUE(has(*store, "d") && has(*store, "e"));
  EXPECT_FALSE(store->put_response(of("f", 10, 101), 0));
  ASSERT_TRUE(store->put_response(of("g", 30), 20));  // what is too old goes
  EXPECT_FALSE(has(*store, "d") || has(*store, "e"));
  EXPECT_TRUE(has(*store, "g"));
}

TEST(StoredResponses, OneIsBounded) {
  auto store = *Store::open(":memory:");
  EXPECT_TRUE(store->put_response(of("a", 10, kStoredResponseBytesMax), 0));
  const auto longer = store->put_response(of("b", 10, kStoredResponseBytesMax + 1), 0);
  ASSERT_FALSE(longer);
  EXPECT_EQ(longer.error().code, Code::too_large);
}

}  // namespace
}  // namespace weir
