#include "trace/table.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

#include "trace/bits.h"
#include "trace/text_store.h"

namespace weir::trace {
namespace {

struct Entry {
  uint32_t hash;
  uint32_t value;  // never 0
  uint32_t place() const { return hash; }
  bool empty() const { return value == 0; }
  bool is(uint32_t key) const { return hash == key && value != 0; }
};

std::vector<uint32_t> values(const Table<Entry>& table, uint32_t key) {
  std::vector<uint32_t> out;
  table.walk(key, key, [&](const Entry& entry) {
    out.push_back(entry.value);
    return true;
  });
  return out;
}

// Against a map, while the table grows many times: with spread hashes, and with all of them at one end.
TEST(Table, HoldsWhatWasAddedInOrder) {
  for (const uint32_t mask : {0xFFFFFFFFU, 0x0003FFFFU, 0xFFFC0000U}) {
    std::mt19937 random(mask);
    Table<Entry> table;
    std::map<uint32_t, std::vector<uint32_t>> expected;
    std::vector<uint32_t> keys;
    for (uint32_t value = 1; value <= 6'000; ++value) {
      const bool again = !keys.empty() && random() % 4 == 0;
      const uint32_t key = again ? keys[random() % keys.size()] : static_cast<uint32_t>(random()) & mask;
      keys.push_back(key);
      table.add({key, value});
      expected[key].push_back(value);
      const uint32_t asked = keys[random() % keys.size()];
      ASSERT_EQ(values(table, asked), expected[asked]) << value;
      const auto absent = static_cast<uint32_t>(random()) & mask;
      ASSERT_EQ(values(table, absent).size(), expected.contains(absent) ? expected[absent].size() : 0);
    }
    for (const auto& [key, all] : expected) ASSERT_EQ(values(table, key), all);
    EXPECT_EQ(table.size(), 6'000U);
  }
}

TEST(Table, AddsNoMoreThanItIsTold) {
  Table<Entry> table;
  const auto never = [](const Entry&) { return false; };
  for (uint32_t i = 1; i <= 3; ++i) EXPECT_TRUE(table.add_below({7, i}, 7U, 3, never));
  EXPECT_FALSE(table.add_below({7, 4}, 7U, 3, never));
  EXPECT_EQ(values(table, 7), (std::vector<uint32_t>{1, 2, 3}));
  // Known by one of them: done, though nothing is added.
  EXPECT_TRUE(table.add_below({7, 4}, 7U, 3, [](const Entry& entry) { return entry.value == 2; }));
  EXPECT_EQ(table.size(), 3U);
}

TEST(Table, IsDense) {
  std::mt19937 random(5);
  Table<Entry> table;
  for (uint32_t i = 1; i <= 1'000'000; ++i) {
    table.add({static_cast<uint32_t>(random()), i});
    if (i >= 500'000 && i % 10'000 == 0) {
      ASSERT_LT(static_cast<double>(table.bytes()), 17.0 * i) << i;
    }
  }
}

TEST(Bits, AgreeWithOneByteAtATime) {
  std::mt19937 random(6);
  for (int round = 0; round < 300; ++round) {
    std::string text;
    const size_t size = random() % 300;
    for (size_t i = 0; i < size; ++i) text += random() % 8 == 0 ? '-' : 'x';
    const Bits bits(text, [](Bytes16 c) -> Bytes16 { return c == 'x'; });
    Bits eights = bits;
    eights.keep_eights();
    for (size_t at = 0; at <= size; ++at) {
      EXPECT_EQ(bits.next(at), std::min(text.find('x', at), size));
      EXPECT_EQ(bits.next_clear(at), std::min(text.find('-', at), size));
      const size_t eight = text.find("xxxxxxxx", at);
      EXPECT_EQ(eights.next(at), std::min(eight, size)) << text;
      if (at < size && text[at] == 'x') {
        const size_t before = at == 0 ? std::string::npos : text.rfind('-', at - 1);
        EXPECT_EQ(bits.run_begin(at), before == std::string::npos ? 0 : before + 1);
      }
    }
  }
}

TEST(TextStore, FindsTheSegmentOfAPosition) {
  std::mt19937 random(8);
  TextStore store;
  std::vector<std::pair<TextStore::Segment, std::string>> added;
  for (LabelId label = 1; label < 400; ++label) {
    const size_t size = label % 97 == 0 ? (size_t{3} << 20) + random() % 1000 : 24 + random() % 30'000;
    const std::string text(size, static_cast<char>('a' + label % 26));
    const auto segment = store.add(text, label);
    ASSERT_TRUE(segment.has_value());
    added.emplace_back(*segment, text);
  }
  for (const auto& [segment, text] : added) {
    EXPECT_EQ(std::string_view(store.at(segment.begin), text.size()), text);
    for (const uint32_t position : {segment.begin, segment.begin + 11, segment.end - 1})
      EXPECT_EQ(store.segment_at(position).label, segment.label);
  }
}

}  // namespace
}  // namespace weir::trace
