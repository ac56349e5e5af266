// Every edit, truncation, fork and rollback is found, by verify_log and by tests/ledger_verify.py, which
// shares no code with it; and none is found where there is none.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "ledger/crash_files.h"
#include "ledger/testing.h"
#include "ledger/tiles.h"
#include "ledger/verify.h"

namespace weir::ledger {
namespace {

using testing::entry_text;
using testing::small_options;
using testing::test_key;

// 600 entries: full and partial tiles, two levels; `journal` still holds some if not closed cleanly.
std::unique_ptr<CrashFiles> make_log(uint64_t entries, uint64_t salt = 0, bool leave_journal = false) {
  CrashFiles files;
  auto log = Log::open(files, "log", test_key(), small_options(150));
  EXPECT_TRUE(log);
  for (uint64_t i = 0; i < entries; ++i) EXPECT_TRUE((*log)->append_wait(entry_text(i + salt)));
  if (!leave_journal) log->reset();
  return files.after_kill();
}

std::string note_of(const CrashFiles& files) {
  return files.bytes("log/checkpoint");
}

std::unique_ptr<CrashFiles> copy(const CrashFiles& files) {
  return files.after_kill();
}

struct Case {
  std::string name;
  std::unique_ptr<CrashFiles> files;
  std::string retained;  // empty: none
  bool sound = false;
};

// Runs the Python verifier over all cases in one process.
std::vector<std::string> python_answers(const std::vector<Case>& cases) {
  char name[] = "/tmp/weir-tamper-XXXXXX";
  const std::string root = ::mkdtemp(name);
  std::ofstream list(root + "/list");
  for (size_t i = 0; i < cases.size(); ++i) {
    const std::string dir = root + "/" + std::to_string(i);
    for (const std::string& path : cases[i].files->paths()) {
      std::filesystem::create_directories(std::filesystem::path(dir + "/" + path).parent_path());
      std::ofstream(dir + "/" + path, std::ios::binary) << cases[i].files->bytes(path);
    }
    list << testing::kPublic << " " << dir << "/log";
    if (!cases[i].retained.empty()) {
      std::ofstream(dir + "/retained", std::ios::binary) << cases[i].retained;
      list << " " << dir << "/retained";
    }
    list << "\n";
  }
  list.close();
  const std::string command = std::string("python3 '") + WEIR_SOURCE_DIR +
                              "/tests/ledger_verify.py' --list '" + root + "/list' > '" + root + "/answers'";
  EXPECT_EQ(std::system(command.c_str()), 0);
  std::vector<std::string> out;
  std::ifstream answers(root + "/answers");
  for (std::string line; std::getline(answers, line);) out.push_back(line);
  std::filesystem::remove_all(root);
  return out;
}

void check(const std::vector<Case>& cases) {
  const auto python = python_answers(cases);
  ASSERT_EQ(python.size(), cases.size());
  for (size_t i = 0; i < cases.size(); ++i) {
    VerifyOptions options;
    if (!cases[i].retained.empty()) options.retained = cases[i].retained;
    const auto report = verify_log(*cases[i].files, "log", testing::kPublic, options);
    ASSERT_TRUE(report) << report.error().text();
    EXPECT_EQ(report->ok(), cases[i].sound) << cases[i].name << ": " << report->text();
    EXPECT_EQ(python[i] == "ok", cases[i].sound) << cases[i].name << ": python: " << python[i];
  }
}

TEST(Tamper, SoundLogsAreSound) {
  std::vector<Case> cases;
  for (const uint64_t size : {0, 1, 255, 256, 257, 600}) {
    auto files = make_log(size);
    const std::string note = note_of(*files);
    cases.push_back({"size " + std::to_string(size), std::move(files), note, true});
  }
  cases.push_back({"open journal", make_log(217, 0, true), note_of(*make_log(100)), true});
  cases.push_back({"earlier checkpoint", make_log(600), note_of(*make_log(300)), true});
  check(cases);
}

TEST(Tamper, EveryFlippedByteIsFound) {
  for (const bool journal : {false, true}) {
    const auto original = make_log(520, 0, journal);
    std::vector<Case> cases;
    for (const std::string& path : original->paths()) {
      if (path == "log/lock") continue;
      const std::string bytes = original->bytes(path);
      for (size_t at = 0; at < bytes.size(); at += 1 + bytes.size() / 5) {
        std::string changed = bytes;
        changed[at] = static_cast<char>(changed[at] ^ 0x20);
        auto files = copy(*original);
        files->set_bytes(path, changed);
        cases.push_back({path + " byte " + std::to_string(at), std::move(files), "", false});
      }
      auto shorter = copy(*original);
      shorter->set_bytes(path, bytes.substr(0, bytes.size() / 3));
      const bool zeros = path == "log/journal" && !journal;
      cases.push_back({path + " truncated", std::move(shorter), "", zeros});
      auto gone = copy(*original);
      ASSERT_TRUE(gone->remove(path));
      // Old partial forms may be dropped: a C2SP log does that itself.
      const auto name = parse_tile_path(path.substr(4));
      const bool dropped = name && tile_in_tree(name->level, name->index, 520) != name;
      if (!dropped) cases.push_back({path + " removed", std::move(gone), "", false});
      auto longer = copy(*original);
      longer->set_bytes(path, bytes + "x");
      cases.push_back({path + " longer", std::move(longer), "", false});
    }
    EXPECT_GT(cases.size(), 40u);
    if (!journal) check(cases);
    if (journal) {  // with unpublished entries what is not yet covered by the checkpoint is in the journal
                    // only
      std::vector<Case> of_journal;
      for (Case& one : cases) {
        if (one.name.starts_with("log/journal") || one.name.starts_with("log/checkpoint")) {
          of_journal.push_back(std::move(one));
        }
      }
      check(of_journal);
    }
  }
}

TEST(Tamper, SwapsForksAndRollbacksAreFound) {
  const auto original = make_log(520);
  std::vector<Case> cases;
  {
    auto files = copy(*original);
    std::string bytes = files->bytes("log/tile/entries/000");
    const size_t a = bytes.find(entry_text(150));
    const size_t b = bytes.find(entry_text(151));
    ASSERT_EQ(entry_text(150).size(), entry_text(151).size());
    bytes.replace(a, entry_text(151).size(), entry_text(151));
    bytes.replace(b, entry_text(150).size(), entry_text(150));
    files->set_bytes("log/tile/entries/000", bytes);
    cases.push_back({"swapped entries", std::move(files), "", false});
  }
  {
    auto files = copy(*original);
    files->set_bytes("log/tile/entries/000", original->bytes("log/tile/entries/001"));
    files->set_bytes("log/tile/0/000", original->bytes("log/tile/0/001"));
    cases.push_back({"swapped tiles", std::move(files), "", false});
  }
  {
    auto files = copy(*original);
    files->set_bytes("log/tile/0/002", "x");
    cases.push_back({"a tile too many", std::move(files), "", false});
  }
  {
    auto files = copy(*original);
    files->set_bytes("log/checkpoint", note_of(*make_log(512)));
    cases.push_back({"older checkpoint over newer tiles", std::move(files), "", false});
  }
  cases.push_back({"rollback to an older copy", make_log(300), note_of(*original), false});
  cases.push_back({"rollback by one", make_log(519), note_of(*original), false});
  cases.push_back({"rollback to nothing", make_log(0), note_of(*original), false});
  cases.push_back({"fork of the same size", make_log(520, 1), note_of(*original), false});
  cases.push_back({"longer fork", make_log(600, 1), note_of(*original), false});
  check(cases);
}

// The writer refuses as well: it never appends to, or reads past, what does not fit.
TEST(Tamper, ADamagedLogDoesNotOpen) {
  const auto original = make_log(520);
  for (const std::string path : {"log/checkpoint", "log/tile/entries/000", "log/tile/entries/002.p/8",
                                 "log/tile/0/000", "log/tile/0/002.p/8", "log/tile/1/000.p/2"}) {
    auto files = copy(*original);
    std::string bytes = files->bytes(path);
    bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 1);
    files->set_bytes(path, bytes);
    const auto log = Log::open(*files, "log", test_key(), small_options());
    ASSERT_FALSE(log) << path;
    EXPECT_EQ(log.error().code, Code::bad_input) << path;
    files->set_bytes(path, bytes.substr(0, bytes.size() / 2));
    EXPECT_FALSE(Log::open(*files, "log", test_key(), small_options())) << path;
    ASSERT_TRUE(files->remove(path));
    EXPECT_FALSE(Log::open(*files, "log", test_key(), small_options())) << path;
  }
  auto files = copy(*original);
  ASSERT_TRUE(files->remove("log/journal"));
  EXPECT_FALSE(Log::open(*files, "log", test_key(), small_options()));
  // Without check_all, the right edge still has to fit, and reading checks what it reads.
  files = copy(*original);
  std::string bytes = files->bytes("log/tile/entries/000");
  bytes[100] = static_cast<char>(bytes[100] ^ 1);
  files->set_bytes("log/tile/entries/000", bytes);
  LogOptions quick = small_options();
  quick.check_all = false;
  auto log = Log::open(*files, "log", test_key(), quick);
  ASSERT_TRUE(log);
  EXPECT_FALSE((*log)->entries(0, 300));
  EXPECT_TRUE((*log)->entries(256, 264));
}

}  // namespace
}  // namespace weir::ledger
