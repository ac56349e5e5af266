#include "store/store.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <future>
#include <sstream>

#include "base/limits.h"
#include "store/store_thread.h"

namespace weir {
namespace {

class TemporaryDir {
 public:
  TemporaryDir() {
    char name[] = "/tmp/weir-store-XXXXXX";
    path_ = ::mkdtemp(name);
  }
  ~TemporaryDir() { (void)!std::system(("rm -rf '" + path_ + "'").c_str()); }
  std::string file() const { return path_ + "/weir.db"; }

 private:
  std::string path_;
};

std::unique_ptr<Store> must_open(const std::string& path, const StoreOptions& options = {}) {
  auto store = Store::open(path, options);
  EXPECT_TRUE(store) << store.error().text();
  return store ? std::move(*store) : nullptr;
}

Digest key_of(int i) {
  return sha256(std::to_string(i));
}

TEST(Store, EverythingSurvivesARestart) {
  const TemporaryDir dir;
  {
    auto store = must_open(dir.file());
    ASSERT_TRUE(store->put_grant({"g1", "{\"a\":1}", 1000}, 0));
    ASSERT_TRUE(store->put_ticket("t1", "value", 1000, 0));
    ASSERT_TRUE(store->put_shadow(key_of(1), std::string("bin\0ary", 7)));
    ASSERT_TRUE(store->put_emitted({{key_of(2), "label"}, {key_of(3), "label"}}));
    ASSERT_TRUE(store->put_session({"s1", "{}", 5}));
    ASSERT_TRUE(store->append_trace({{UINT64_MAX, 255, "l"}, {0, 0, "m"}, {7, 1, "l"}}));
    ASSERT_TRUE(store->put_meta("token", "hash"));
  }
  auto store = must_open(dir.file());
  ASSERT_TRUE(store->check_integrity());
  EXPECT_EQ(store->grants(0)->at(0).json, "{\"a\":1}");
  EXPECT_EQ(*store->take_ticket("t1", 0), std::optional<std::string>("value"));
  EXPECT_EQ(*store->shadow(key_of(1)), std::optional<std::string>(std::string("bin\0ary", 7)));
  EXPECT_EQ(*store->shadow(key_of(9)), std::nullopt);
  const auto emitted = store->emitted({key_of(3), key_of(4), key_of(2)});
  EXPECT_EQ(emitted->at(0), std::optional<std::string>("label"));
  EXPECT_EQ(emitted->at(1), std::nullopt);
  EXPECT_EQ((*store->session("s1"))->touched_wall_ms, 5);
  EXPECT_FALSE((*store->session("s2")).has_value());
  std::string seen;
  ASSERT_TRUE(store->each_trace(0, [&](uint64_t hash, uint8_t flags, std::string_view label) {
    seen += std::to_string(hash) + "/" + std::to_string(flags) + "/" + std::string(label) + " ";
  }));
  EXPECT_EQ(seen, "18446744073709551615/255/l 0/0/m 7/1/l ");
  EXPECT_EQ(*store->trace_size(), 3u);
  EXPECT_EQ(*store->meta("token"), std::optional<std::string>("hash"));
  struct stat info = {};
  ASSERT_EQ(::stat(dir.file().c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
}

TEST(Store, ATicketIsTakenOnceAndInTime) {
  auto store = must_open(":memory:", {.tickets_max = 3});
  ASSERT_TRUE(store->put_ticket("a", "1", 100, 0));
  EXPECT_FALSE(store->put_ticket("a", "2", 100, 0));
  EXPECT_EQ(*store->take_ticket("b", 0), std::nullopt);
  EXPECT_EQ(*store->take_ticket("a", 99), std::optional<std::string>("1"));
  EXPECT_EQ(*store->take_ticket("a", 99), std::nullopt);
  EXPECT_FALSE(store->put_ticket("a", "again", 200, 50));  // used, and not expired
  ASSERT_TRUE(store->put_ticket("late", "1", 100, 0));
  EXPECT_EQ(*store->take_ticket("late", 100), std::nullopt);
  ASSERT_TRUE(store->put_ticket("third", "1", 100, 0));
  EXPECT_EQ(store->put_ticket("fourth", "1", 100, 0).error().code, Code::too_large);
  EXPECT_TRUE(store->put_ticket("fourth", "1", 300, 100));  // the others expired
}

TEST(Store, GrantsAreBoundedAndRefused) {
  auto store = must_open(":memory:", {.grants_max = 3});
  for (const char* id : {"a", "b", "c"}) ASSERT_TRUE(store->put_grant({id, "{}", 100}, 0));
  EXPECT_EQ(store->put_grant({"d", "{}", 100}, 0).error().code, Code::too_large);
  EXPECT_TRUE(store->put_grant({"c", "{\"new\":1}", 200}, 0));
  EXPECT_EQ(store->grants(0)->size(), 3u);
  EXPECT_EQ(store->grants(100)->size(), 1u);
  EXPECT_TRUE(*store->remove_grant("a"));
  EXPECT_FALSE(*store->remove_grant("a"));
  EXPECT_TRUE(store->put_grant({"d", "{}", 300}, 0));
  EXPECT_TRUE(store->put_grant({"e", "{}", 300}, 150));  // b expired
}

TEST(Store, OldestAreDroppedPastTheBound) {
  auto store = must_open(":memory:", {.sessions_max = 3,
                                      .shadow_entries_max = 3,
                                      .shadow_bytes_max = 100,
                                      .emitted_max = 3,
                                      .trace_max = 3});
  for (int i = 0; i < 4; ++i) {
    ASSERT_TRUE(store->put_shadow(key_of(i), "x"));
    ASSERT_TRUE(store->put_emitted({{key_of(i), "l"}}));
    ASSERT_TRUE(store->put_session({std::to_string(i), "{}", 10 - i}));
  }
  EXPECT_EQ(*store->shadow(key_of(0)), std::nullopt);
  EXPECT_NE(*store->shadow(key_of(1)), std::nullopt);
  EXPECT_EQ(store->emitted({key_of(0)})->at(0), std::nullopt);
  EXPECT_NE(store->emitted({key_of(1)})->at(0), std::nullopt);
  EXPECT_TRUE((*store->session("3")).has_value());  // just put, though touched longest ago
  EXPECT_FALSE((*store->session("2")).has_value());
  EXPECT_EQ(store->sessions(2)->at(0).id, "0");
  EXPECT_EQ(store->sessions(100)->size(), 3u);
  EXPECT_EQ(*store->prune_sessions(10), 2u);
  // By bytes; replacing counts once.
  ASSERT_TRUE(store->put_shadow(key_of(3), std::string(98, 'y')));
  EXPECT_NE(*store->shadow(key_of(2)), std::nullopt);
  ASSERT_TRUE(store->put_shadow(key_of(4), std::string(2, 'z')));
  EXPECT_EQ(*store->shadow(key_of(2)), std::nullopt);
  EXPECT_NE(*store->shadow(key_of(3)), std::nullopt);
  ASSERT_TRUE(store->put_shadow(key_of(5), std::string(100, 'y')));
  EXPECT_EQ(*store->shadow(key_of(3)), std::nullopt);
  EXPECT_EQ(store->put_shadow(key_of(6), std::string(101, 'y')).error().code, Code::too_large);
  // The trace never forgets quietly: all or nothing.
  ASSERT_TRUE(store->append_trace({{1, 0, "l"}, {2, 0, "l"}}));
  EXPECT_EQ(store->append_trace({{3, 0, "l"}, {4, 0, "l"}}).error().code, Code::too_large);
  EXPECT_TRUE(store->append_trace({{3, 0, "l"}}));
  EXPECT_EQ(store->append_trace({{4, 0, "l"}}).error().code, Code::too_large);
  EXPECT_EQ(*store->trace_size(), 3u);
}

TEST(Store, ValuesAreBounded) {
  auto store = must_open(":memory:");
  EXPECT_TRUE(store->put_meta("k", std::string(limits::kStoreValueBytesMax, 'x')));
  EXPECT_FALSE(store->put_meta("k", std::string(limits::kStoreValueBytesMax + 1, 'x')));
}

TEST(Store, ANewerVersionIsRefused) {
  const TemporaryDir dir;
  must_open(dir.file());
  sqlite3* db = nullptr;
  ASSERT_EQ(sqlite3_open(dir.file().c_str(), &db), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(db, "PRAGMA user_version = 99", nullptr, nullptr, nullptr), SQLITE_OK);
  sqlite3_close(db);
  const auto store = Store::open(dir.file());
  ASSERT_FALSE(store);
  EXPECT_EQ(store.error().code, Code::unsupported);
}

TEST(Store, AnOlderFileIsMigrated) {
  const TemporaryDir dir;
  ASSERT_TRUE(must_open(dir.file())->put_grant({"g", "{}", 100}, 0));
  sqlite3* db = nullptr;
  ASSERT_EQ(sqlite3_open(dir.file().c_str(), &db), SQLITE_OK);
  const char* as_version_1 =
      "DROP TABLE responses; DELETE FROM counters WHERE name = 'response_bytes'; "
      "DROP TABLE arrivals; DROP TABLE pins; DELETE FROM counters WHERE name = 'pins'; PRAGMA user_version = "
      "1";
  ASSERT_EQ(sqlite3_exec(db, as_version_1, nullptr, nullptr, nullptr), SQLITE_OK);
  sqlite3_close(db);
  auto store = must_open(dir.file());
  EXPECT_TRUE(store->put_pin({"s", "a", 0, "{}", "", ""}));
  EXPECT_TRUE(store->put_arrivals({{"s", key_of(1), "{}"}}));
  EXPECT_EQ(store->grants(0)->size(), 1U);
}

TEST(Store, DamagedFilesAreErrors) {
  const TemporaryDir dir;
  {
    auto store = must_open(dir.file());
    for (int i = 0; i < 200; ++i)
      ASSERT_TRUE(store->put_session({std::to_string(i), std::string(500, 'x'), i}));
  }
  std::stringstream original;
  original << std::ifstream(dir.file(), std::ios::binary).rdbuf();
  const std::string bytes = original.str();
  int noticed = 0;
  int round = 0;
  for (size_t at = 0; at < bytes.size(); at += 997, ++round) {
    std::string damaged = bytes;
    for (size_t i = at; i < at + 400 && i < damaged.size(); ++i) damaged[i] = static_cast<char>(i * 31 + at);
    if (round % 5 == 4) damaged.resize(at);
    std::ofstream(dir.file(), std::ios::binary | std::ios::trunc) << damaged;
    auto store = Store::open(dir.file());
    bool error = !store;
    if (store) {
      error |= !(*store)->check_integrity();
      error |= !(*store)->sessions(1000);
      error |= !(*store)->put_session({"new", "{}", 1});
    }
    noticed += error ? 1 : 0;
  }
  EXPECT_GT(noticed, round / 4);  // the others hit free space or row text
  std::ofstream(dir.file(), std::ios::binary | std::ios::trunc) << "this is no database, it is a text file";
  EXPECT_EQ(Store::open(dir.file()).error().code, Code::bad_input);
  EXPECT_FALSE(Store::open("/nonexistent/weir.db"));
}

TEST(Store, AtomicallyUndoesAll) {
  auto store = must_open(":memory:");
  EXPECT_FALSE(store->atomically([&]() -> Status {
    WEIR_TRY(store->put_meta("a", "1"));
    return bad_input("no");
  }));
  EXPECT_EQ(*store->meta("a"), std::nullopt);
  EXPECT_TRUE(store->put_meta("a", "2"));
}

TEST(StoreThread, JobsRunInOrderAndAnswersArePosted) {
  std::mutex mutex;
  std::vector<std::function<void()>> posted;
  int good = 0;
  int bad = 0;
  std::string read;
  {
    StoreThread thread(must_open(":memory:"), [&](std::function<void()> job) {
      const std::lock_guard lock(mutex);
      posted.push_back(std::move(job));
    });
    for (int i = 0; i < 100; ++i) {
      thread.write(
          [i](Store& store) -> Status {
            if (i == 50) return bad_input("this one is wrong");
            return store.put_meta("k", std::to_string(i));
          },
          [&](Status status) { ++(status ? good : bad); });
    }
    thread.run<std::optional<std::string>>([](Store& store) { return store.meta("k"); },
                                           [&](Result<std::optional<std::string>> r) { read = **r; });
  }
  for (auto& job : posted) job();
  EXPECT_EQ(good, 99);
  EXPECT_EQ(bad, 1);
  EXPECT_EQ(read, "99");
}

TEST(StoreThread, TheQueueIsBounded) {
  std::promise<void> gate;
  std::mutex mutex;
  int refused = 0;
  int done = 0;
  {
    StoreThread thread(must_open(":memory:"), [&](std::function<void()> job) {
      const std::lock_guard lock(mutex);
      job();
    });
    std::promise<void> started;
    thread.write([&](Store&) -> Status {
      started.set_value();
      gate.get_future().wait();
      return {};
    });
    started.get_future().wait();
    for (size_t i = 0; i < limits::kStoreQueueMax + 1; ++i) {
      thread.write([](Store&) -> Status { return {}; }, [&](Status status) { ++(status ? done : refused); });
    }
    EXPECT_EQ(refused, 1);
    gate.set_value();
  }
  EXPECT_EQ(done, static_cast<int>(limits::kStoreQueueMax));
}

TEST(Store, MemoryIsReadBackWhole) {
  StoreOptions options;
  options.details_max = 3;
  auto store = Store::open(":memory:", options);
  ASSERT_TRUE(store.has_value());
  ASSERT_TRUE((*store)->put_emitted({{key_of(1), "a"}, {key_of(2), "b"}, {key_of(3), "a"}}));
  std::string seen;
  ASSERT_TRUE((*store)->each_emitted(2, [&](const Digest& key, std::string_view label) {
    seen += std::string(label) + (key == key_of(3) ? "3" : "");
  }));
  EXPECT_EQ(seen, "ba3");
  ASSERT_TRUE((*store)->put_shadow(key_of(7), "shadow"));
  seen.clear();
  ASSERT_TRUE((*store)->each_shadow([&](const Digest& key, std::string_view value) {
    seen = std::string(value) + (key == key_of(7) ? "!" : "?");
  }));
  EXPECT_EQ(seen, "shadow!");
  ASSERT_TRUE((*store)->put_place("files\nnotes.txt", "a"));
  ASSERT_TRUE((*store)->put_place("files\nnotes.txt", "b"));
  seen.clear();
  ASSERT_TRUE((*store)->each_place([&](std::string_view place, std::string_view label) {
    seen += std::string(place) + "=" + std::string(label);
  }));
  EXPECT_EQ(seen, "files\nnotes.txt=b");
  for (uint64_t entry = 0; entry < 5; ++entry)
    ASSERT_TRUE((*store)->put_detail(entry, std::to_string(entry)));
  const auto details = (*store)->details(0, 100);
  ASSERT_TRUE(details.has_value());
  ASSERT_EQ(details->size(), 3u);
  EXPECT_EQ(details->front().first, 2u);
  EXPECT_EQ((*store)->details(3, 1)->size(), 1u);
}

TEST(Store, ArrivalsAreKeptOnceAndTheOldestGo) {
  StoreOptions options;
  options.arrivals_max = 3;
  auto store = Store::open(":memory:", options);
  ASSERT_TRUE(store.has_value());
  ASSERT_TRUE((*store)->put_arrivals({{"s", key_of(1), "1"}, {"t", key_of(1), "2"}, {"s", key_of(1), "x"}}));
  const auto all = [&](std::string_view session) {
    std::string out;
    EXPECT_TRUE((*store)->each_arrival(
        session, [&](std::string_view of, std::string_view json) { out += fmt::format("{}{} ", of, json); }));
    return out;
  };
  EXPECT_EQ(all(""), "s1 t2 ");
  EXPECT_EQ(all("t"), "t2 ");
  ASSERT_TRUE((*store)->put_arrivals({{"s", key_of(2), "3"}}));
  EXPECT_EQ(all("s"), "s1 s3 ");  // at the limit, and one past it
  ASSERT_TRUE((*store)->put_arrivals({{"s", key_of(3), "4"}}));
  EXPECT_EQ(all(""), "t2 s3 s4 ");
}

TEST(Store, Pins) {
  const TemporaryDir dir;
  {
    auto store = must_open(dir.file());
    ASSERT_TRUE(store->put_pin({"s", "a", 0, "{\"x\":1}", "", ""}));
    ASSERT_TRUE(store->put_pin({"s", "b", 3, "", "{}", "one\ntwo"}));
    ASSERT_TRUE(store->put_pin({"s", "a", 2, "{\"x\":1}", "{\"x\":2}", "one"}));
    ASSERT_TRUE(store->put_pin({"s", "c", 1, "", "{}", ""}));
    ASSERT_TRUE(store->remove_pin("s", "c"));
    ASSERT_TRUE(store->remove_pin("s", "no such tool"));
    const StoredPin long_one{"s", "d", 0, std::string(limits::kStoreValueBytesMax, 'x'), "", ""};
    EXPECT_TRUE(store->put_pin(long_one));
    EXPECT_TRUE(store->remove_pin("s", "d"));
    StoredPin longer = long_one;
    longer.seen = "y";
    EXPECT_EQ(store->put_pin(longer).error().code, Code::too_large);
  }
  StoreOptions options;
  options.pins_max = 3;
  auto store = must_open(dir.file(), options);
  std::vector<std::string> rows;
  ASSERT_TRUE(store->each_pin([&](const StoredPin& pin) {
    rows.push_back(pin.server + "/" + pin.tool + " " + std::to_string(pin.state) + " " + pin.accepted + " " +
                   pin.seen + " " + pin.findings);
  }));
  EXPECT_EQ(rows, (std::vector<std::string>{"s/a 2 {\"x\":1} {\"x\":2} one", "s/b 3  {} one\ntwo"}));
  // At the limit, and one past it; what is there may change.
  EXPECT_TRUE(store->put_pin({"s", "c", 0, "", "", ""}));
  EXPECT_EQ(store->put_pin({"s", "d", 0, "", "", ""}).error().code, Code::too_large);
  EXPECT_TRUE(store->put_pin({"s", "c", 1, "", "", ""}));
  EXPECT_TRUE(store->remove_pin("s", "c"));
  EXPECT_TRUE(store->remove_pin("s", "c"));
  EXPECT_TRUE(store->put_pin({"s", "d", 0, "", "", ""}));
  EXPECT_FALSE(store->put_pin({"s", "e", 0, "", "", ""}));
}

}  // namespace
}  // namespace weir
