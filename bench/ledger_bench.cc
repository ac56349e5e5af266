// Appends a second with group commit beside bare fdatasync on the same disk.
//
//   ledger_bench [DIR]     DIR: on the disk to be measured; default the current folder
//
// Each row is the median of five rounds, the rows interleaved. The bare row writes as many bytes as a record
// of one entry over allocated space and syncs, as the journal does; "waiting" is the number of clients that
// each wait for their entry before they send the next.
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <functional>
#include <future>
#include <thread>
#include <vector>

#include "ledger/log.h"
#include "ledger/verify.h"

namespace {

using namespace weir;
using namespace weir::ledger;
using Clock = std::chrono::steady_clock;

constexpr auto kRound = std::chrono::milliseconds(700);
constexpr int kRounds = 5;
constexpr size_t kEntryBytes = 300;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

template <class T>
T must(Result<T> result) {
  if (result) return std::move(*result);
  fmt::print(stderr, "{}\n", result.error().text());
  std::exit(3);
}

double bare_syncs(PosixFiles& files, const std::string& dir) {
  const auto file = must(files.open(dir + "/bare", OpenMode::write));
  const std::string record(kEntryBytes + 300, 'x');
  constexpr uint64_t kSpace = 2 << 20;
  (void)file->write_at(0, std::string(kSpace, '\0')).has_value();
  (void)file->sync().has_value();
  const auto start = Clock::now();
  uint64_t n = 0;
  for (; Clock::now() - start < kRound; ++n) {
    (void)file->write_at(n * record.size() % (kSpace - record.size()), record).has_value();
    if (!file->sync()) std::exit(3);
  }
  return static_cast<double>(n) / seconds_since(start);
}

double appends(Log& log, int waiting) {
  std::vector<std::thread> clients;
  std::vector<uint64_t> counts(static_cast<size_t>(waiting));
  std::atomic<int> open = waiting;
  std::promise<void> all_done;
  const auto start = Clock::now();
  // Each client's next append starts where the last one was acknowledged.
  std::function<void(size_t)> next = [&](size_t client) {
    log.append(std::string(kEntryBytes, 'e'), [&, client](Result<uint64_t> index) {
      if (!index) std::exit(3);
      ++counts[client];
      if (Clock::now() - start < kRound) return next(client);
      if (--open == 0) all_done.set_value();
    });
  };
  for (size_t i = 0; i < counts.size(); ++i) next(i);
  all_done.get_future().wait();
  uint64_t total = 0;
  for (const uint64_t count : counts) total += count;
  return static_cast<double>(total) / seconds_since(start);
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

}  // namespace

int main(int argc, char** argv) {
  const std::string dir = std::string(argc > 1 ? argv[1] : ".") + "/ledger_bench.data";
  PosixFiles files;
  if (!must(files.make_dir(dir))) {
    fmt::print(stderr, "{} is there already: remove it first\n", dir);
    return 3;
  }
  SystemRandom random;
  auto key = must(Key::load_or_create(files, dir + "/key", "bench.example/log", random));
  const std::string vkey = key.vkey();
  auto log = must(Log::open(files, dir + "/log", std::move(key)));
  const std::vector<int> waiting = {1, 8, 64, 256};
  std::vector<double> bare;
  std::vector<std::vector<double>> rates(waiting.size());
  for (int round = 0; round < kRounds; ++round) {
    bare.push_back(bare_syncs(files, dir));
    for (size_t i = 0; i < waiting.size(); ++i) rates[i].push_back(appends(*log, waiting[i]));
  }
  fmt::print("{:<28}{:>12}{:>16}\n", "", "per second", "of bare syncs");
  fmt::print("{:<28}{:>12.0f}{:>15.2f}x\n", "bare fdatasync", median(bare), 1.0);
  for (size_t i = 0; i < waiting.size(); ++i) {
    const double rate = median(rates[i]);
    fmt::print("{:<28}{:>12.0f}{:>15.2f}x\n", fmt::format("append, {} waiting", waiting[i]), rate,
               rate / median(bare));
  }
  const uint64_t size = log->size();
  log.reset();
  auto start = Clock::now();
  const auto report = must(verify_log(files, dir + "/log", vkey));
  fmt::print("{}: {} entries in {:.2f} s\n", report.ok() ? "verified" : "NOT SOUND", size,
             seconds_since(start));
  SystemRandom unused;
  start = Clock::now();
  log = must(Log::open(files, dir + "/log",
                       must(Key::load_or_create(files, dir + "/key", "bench.example/log", unused))));
  fmt::print("opened, all checked, in {:.2f} s\n", seconds_since(start));
  log.reset();
  return report.ok() ? 0 : 1;
}
