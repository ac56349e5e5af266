// Stops the machine at every write and sync point, looks at many of the disks that could be found then, and
// expects every acknowledged entry on each of them. The same check must fail once a sync is left out.
#include <gtest/gtest.h>

#include <future>

#include "ledger/crash_files.h"
#include "ledger/testing.h"
#include "ledger/verify.h"

namespace weir::ledger {
namespace {

using testing::entry_text;
using testing::small_options;
using testing::test_key;

constexpr uint64_t kEntries = 14;
constexpr uint64_t kSeeds = 6;

// What a run was told: entry i was acknowledged if i < size, under that checkpoint.
struct Told {
  uint64_t size = 0;
  std::string checkpoint;
};

// Appends alone and in batches until the end or until the machine stops.
Told run(Files& files, uint64_t first) {
  Told told;
  auto log = Log::open(files, "log", test_key(), small_options());
  if (!log) return told;
  told.size = (*log)->size();
  told.checkpoint = (*log)->checkpoint();
  uint64_t next = told.size;
  while (next < first + kEntries) {
    const uint64_t together = next % 4 == 3 ? 3 : 1;
    std::vector<std::future<Result<uint64_t>>> answers;
    for (uint64_t i = 0; i < together; ++i, ++next) {
      auto promise = std::make_shared<std::promise<Result<uint64_t>>>();
      answers.push_back(promise->get_future());
      (*log)->append(entry_text(next), [promise](Result<uint64_t> r) { promise->set_value(std::move(r)); });
    }
    bool failed = false;
    for (auto& answer : answers) {
      const auto index = answer.get();
      if (!index) {
        failed = true;
        continue;
      }
      told.size = *index + 1;
      told.checkpoint = (*log)->checkpoint();
    }
    if (failed) break;
  }
  return told;
}

// What is wrong with a disk after a crash, given what was acknowledged; empty if nothing.
std::string fault_of(Files& files, const Told& told) {
  auto log = Log::open(files, "log", test_key(), small_options());
  if (!log) return "does not open: " + log.error().text();
  const uint64_t size = (*log)->size();
  if (size < told.size) {
    return std::to_string(told.size) + " entries were acknowledged, " + std::to_string(size) + " are left";
  }
  const auto entries = (*log)->entries(0, size);
  if (!entries) return "does not read: " + entries.error().text();
  for (uint64_t i = 0; i < size; ++i) {
    if ((*entries)[i] != entry_text(i)) return "entry " + std::to_string(i) + " differs";
  }
  if (!(*log)->append_wait(entry_text(size))) return "does not go on";
  log->reset();
  VerifyOptions options;
  if (told.size > 0) options.retained = told.checkpoint;
  const auto report = verify_log(files, "log", testing::kPublic, options);
  if (!report) return "does not verify: " + report.error().text();
  if (!report->ok()) return report->text();
  return report->size == size + 1 ? "" : "verifies another size";
}

struct Outcome {
  int disks = 0;
  int faulty = 0;
  std::string first_fault;
};

void look(CrashFiles& disk, const Told& told, const std::string& where, Outcome& outcome) {
  ++outcome.disks;
  const std::string fault = fault_of(disk, told);
  if (fault.empty()) return;
  if (outcome.faulty++ == 0) outcome.first_fault = where + ": " + fault;
}

Outcome crash_everywhere(const CrashFiles::Faults& faults) {
  Outcome outcome;
  for (uint64_t cut = 0;; ++cut) {
    CrashFiles files;
    files.set_faults(faults);
    files.cut_after(cut);
    const Told told = run(files, 0);
    for (uint64_t seed = 0; seed < kSeeds; ++seed) {
      const auto disk = files.after_power_loss(seed);
      look(*disk, told, "cut " + std::to_string(cut) + " seed " + std::to_string(seed), outcome);
    }
    if (files.operations() < cut) break;  // nothing was cut any more
  }
  return outcome;
}

TEST(Crash, NoAcknowledgedEntryIsLostAtAnyPoint) {
  const Outcome outcome = crash_everywhere({});
  EXPECT_GT(outcome.disks, 500);
  EXPECT_EQ(outcome.faulty, 0) << outcome.first_fault;
  RecordProperty("disks", outcome.disks);
}

// The process dies, a new one recovers and the machine stops while it does: what the first one had not synced
// must not be taken for durable.
TEST(Crash, KilledThenPowerLossDuringRecovery) {
  Outcome outcome;
  for (uint64_t cut = 12; cut < 130; cut += 3) {
    CrashFiles files;
    files.cut_after(cut);
    const Told told = run(files, 0);
    for (uint64_t second = 0; second < 40; second += 1 + cut % 3) {
      const auto revived = files.after_kill();
      revived->cut_after(second);
      Told later = told;
      if (auto log = Log::open(*revived, "log", test_key(), small_options())) {
        later.size = (*log)->size();
        later.checkpoint = (*log)->checkpoint();
      }
      for (const uint64_t seed : {0, 1, 2}) {
        const auto disk = revived->after_power_loss(seed);
        look(*disk, later, "cut " + std::to_string(cut) + " then " + std::to_string(second), outcome);
      }
      if (revived->operations() < second) break;
    }
  }
  EXPECT_GT(outcome.disks, 500);
  EXPECT_EQ(outcome.faulty, 0) << outcome.first_fault;
}

// The check above is worth something only if it notices what it is there for.
TEST(Crash, EverySyncThatIsLeftOutIsNoticed) {
  for (const CrashFiles::Faults& faults :
       {CrashFiles::Faults{"log/journal", ""}, CrashFiles::Faults{"log/checkpoint.tmp", ""},
        CrashFiles::Faults{"log/tile/0", ""}, CrashFiles::Faults{"log/tile/entries", ""},
        CrashFiles::Faults{"", "log/tile/entries"}, CrashFiles::Faults{"", "log/tile/0"},
        CrashFiles::Faults{"", "log"}}) {
    const Outcome outcome = crash_everywhere(faults);
    EXPECT_GT(outcome.faulty, 0) << faults.ignore_sync_of << " " << faults.ignore_sync_dir_of;
  }
}

}  // namespace
}  // namespace weir::ledger
