// The log as its users see it.
#include "ledger/log.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <future>
#include <thread>

#include "base/limits.h"
#include "ledger/crash_files.h"
#include "ledger/reader.h"
#include "ledger/testing.h"
#include "ledger/verify.h"

namespace weir::ledger {
namespace {

using testing::entry_text;
using testing::small_options;
using testing::test_key;

std::unique_ptr<Log> must_open(Files& files, const std::string& dir, LogOptions options) {
  auto log = Log::open(files, dir, test_key(), std::move(options));
  EXPECT_TRUE(log) << log.error().text();
  return log ? std::move(*log) : nullptr;
}

void expect_sound(Files& files, const std::string& dir, uint64_t size) {
  const auto report = verify_log(files, dir, testing::kPublic);
  ASSERT_TRUE(report) << report.error().text();
  EXPECT_TRUE(report->ok()) << report->text();
  EXPECT_EQ(report->size, size);
}

class TemporaryDir {
 public:
  TemporaryDir() {
    char name[] = "/tmp/weir-ledger-XXXXXX";
    path_ = ::mkdtemp(name);
  }
  ~TemporaryDir() { (void)!std::system(("rm -rf '" + path_ + "'").c_str()); }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

TEST(Log, AppendsReadsAndOpensAgain) {
  CrashFiles files;
  uint64_t next = 0;
  std::string retained;
  for (const int more : {0, 1, 254, 1, 1, 300, 0, 700}) {
    auto log = must_open(files, "log", small_options(100));
    ASSERT_TRUE(log);
    ASSERT_EQ(log->size(), next);
    for (int i = 0; i < more; ++i) {
      const auto index = log->append_wait(entry_text(next));
      ASSERT_TRUE(index);
      ASSERT_EQ(*index, next++);
    }
    const auto all = log->entries(0, 5000);
    ASSERT_TRUE(all) << all.error().text();
    ASSERT_EQ(all->size(), next);
    for (uint64_t i = 0; i < next; ++i) ASSERT_EQ((*all)[i], entry_text(i));
    EXPECT_EQ(log->entries(next, 1)->size(), 0u);
    retained = log->checkpoint();
    log.reset();
    expect_sound(files, "log", next);
    VerifyOptions options;
    options.retained = retained;
    EXPECT_TRUE(verify_log(files, "log", testing::kPublic, options)->ok());
  }
}

TEST(Log, ProofsOfEveryEntryVerifyOffline) {
  CrashFiles files;
  auto log = must_open(files, "log", small_options(64));
  for (uint64_t i = 0; i < 600; ++i) ASSERT_TRUE(log->append_wait(entry_text(i)));
  const auto key = log->verifier();
  for (uint64_t i = 0; i < 600; i += 13) {
    const auto proof = log->proof(i);
    ASSERT_TRUE(proof) << proof.error().text();
    const auto verified = verify_proof(*proof, entry_text(i), key);
    ASSERT_TRUE(verified) << verified.error().text();
    EXPECT_EQ(verified->index, i);
    EXPECT_EQ(verified->checkpoint.size, 600u);
    EXPECT_FALSE(verify_proof(*proof, entry_text(i + 1), key));
  }
  EXPECT_EQ(log->proof(600).error().code, Code::not_found);
  const std::string proof = *log->proof(7);
  for (size_t at = 0; at < proof.size(); ++at) {
    std::string changed = proof;
    changed[at] = static_cast<char>(changed[at] ^ 1);
    EXPECT_FALSE(verify_proof(changed, entry_text(7), key)) << at;
    EXPECT_FALSE(verify_proof(proof.substr(0, at), entry_text(7), key)) << at;
  }
  std::string extra = proof;
  extra.insert(proof.find('\n') + 1, "extra aGVsbG8=\n");
  EXPECT_TRUE(verify_proof(extra, entry_text(7), key));
  const auto reader = Reader::open(files, "log", key);
  for (uint64_t old = 0; old <= 600; old += 29) EXPECT_TRUE(reader->consistency(old));
}

TEST(Log, EntryBounds) {
  CrashFiles files;
  auto log = must_open(files, "log", small_options());
  EXPECT_TRUE(log->append_wait(std::string(limits::kLedgerEntryBytesMax, 'x')));
  const auto over = log->append_wait(std::string(limits::kLedgerEntryBytesMax + 1, 'x'));
  ASSERT_FALSE(over);
  EXPECT_EQ(over.error().code, Code::too_large);
  EXPECT_TRUE(log->append_wait(""));
  log.reset();
  expect_sound(files, "log", 2);
}

TEST(Log, PostCarriesAnswersInOrder) {
  CrashFiles files;
  std::mutex mutex;
  std::vector<std::function<void()>> posted;
  LogOptions options = small_options(1000);
  options.post = [&](std::function<void()> job) {
    const std::lock_guard lock(mutex);
    posted.push_back(std::move(job));
  };
  auto log = must_open(files, "log", options);
  std::vector<uint64_t> indices;
  for (int i = 0; i < 500; ++i) {
    log->append(entry_text(i), [&](Result<uint64_t> index) { indices.push_back(*index); });
  }
  EXPECT_EQ(*log->append_wait("last"), 500u);
  log.reset();
  EXPECT_TRUE(indices.empty());
  for (auto& job : posted) job();
  ASSERT_EQ(indices.size(), 500u);
  for (uint64_t i = 0; i < 500; ++i) EXPECT_EQ(indices[i], i);
}

// A disk that waits in sync, so that the queue fills up.
class GatedFiles final : public Files {
 public:
  explicit GatedFiles(Files& files) : files_(files) {}
  Result<std::unique_ptr<File>> open(const std::string& path, OpenMode mode) override {
    auto file = files_.open(path, mode);
    if (!file) return file.error();
    return std::unique_ptr<File>(std::make_unique<Gated>(*this, std::move(*file)));
  }
  Status rename(const std::string& a, const std::string& b) override { return files_.rename(a, b); }
  Status remove(const std::string& path) override { return files_.remove(path); }
  Result<bool> make_dir(const std::string& path) override { return files_.make_dir(path); }
  Status sync_dir(const std::string& path) override { return files_.sync_dir(path); }
  Result<std::vector<DirEntry>> list(const std::string& path) override { return files_.list(path); }
  Result<std::unique_ptr<FileLock>> lock(const std::string& path) override { return files_.lock(path); }
  std::mutex gate;

 private:
  class Gated final : public File {
   public:
    Gated(GatedFiles& owner, std::unique_ptr<File> file) : owner_(owner), file_(std::move(file)) {}
    Result<std::string> read_at(uint64_t offset, size_t n) override { return file_->read_at(offset, n); }
    Status write_at(uint64_t offset, std::string_view bytes) override {
      return file_->write_at(offset, bytes);
    }
    Status truncate(uint64_t bytes) override { return file_->truncate(bytes); }
    Status sync() override {
      const std::lock_guard lock(owner_.gate);
      return file_->sync();
    }
    Result<uint64_t> size() override { return file_->size(); }

   private:
    GatedFiles& owner_;
    std::unique_ptr<File> file_;
  };
  Files& files_;
};

TEST(Log, TheQueueIsBounded) {
  CrashFiles disk;
  GatedFiles files(disk);
  auto log = must_open(files, "log", small_options(100'000));
  std::atomic<int> refused = 0;
  std::atomic<int> accepted = 0;
  {
    const std::lock_guard lock(files.gate);
    const auto count = [&](const Result<uint64_t>& r) { ++(r ? accepted : refused); };
    const int most = static_cast<int>(limits::kLedgerQueueMax + limits::kLedgerBatchEntriesMax);
    for (int i = 0; i < most + 1; ++i) log->append("x", count);
    EXPECT_GE(refused.load(), 1);
    EXPECT_LE(refused.load(), static_cast<int>(limits::kLedgerBatchEntriesMax) + 1);
  }
  log.reset();
  EXPECT_GE(accepted.load(), static_cast<int>(limits::kLedgerQueueMax));
  expect_sound(disk, "log", static_cast<uint64_t>(accepted.load()));
}

TEST(Log, OneWriterOnly) {
  const TemporaryDir dir;
  PosixFiles files;
  auto log = must_open(files, dir.path() + "/log", small_options());
  const auto second = Log::open(files, dir.path() + "/log", test_key());
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, Code::denied);
  EXPECT_NE(second.error().message.find("another weir is running"), std::string::npos);
  log.reset();
  EXPECT_TRUE(Log::open(files, dir.path() + "/log", test_key()));
}

TEST(Log, AnInputOutputErrorClosesTheWall) {
  CrashFiles files;
  auto log = must_open(files, "log", small_options(100));
  ASSERT_TRUE(log->append_wait("kept"));
  files.fail_syncs(true);
  const auto failed = log->append_wait("lost");
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code, Code::unavailable);
  files.fail_syncs(false);
  EXPECT_FALSE(log->append_wait("still refused"));  // the disk may have dropped anything
  EXPECT_FALSE(log->publish());
  EXPECT_EQ(log->size(), 1u);
  log.reset();
  log = must_open(files, "log", small_options(100));
  ASSERT_TRUE(log);
  EXPECT_EQ((*log->entries(0, 1))[0], "kept");
}

TEST(Log, AnotherKeyIsRefused) {
  CrashFiles files;
  must_open(files, "log", small_options())->append_wait("x").value();
  SystemRandom random;
  auto key = Key::load_or_create(files, "key", "PeterNeumann", random);
  const auto other = Log::open(files, "log", std::move(*key));
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().code, Code::bad_input);
}

TEST(Log, VerifiesWhileItIsWritten) {
  const TemporaryDir dir;
  PosixFiles files;
  LogOptions options;
  options.publish_entries = 40;
  options.publish_after_ms = 1;
  auto log = must_open(files, dir.path() + "/log", options);
  std::atomic<bool> stop = false;
  std::thread writer([&] {
    for (uint64_t i = 0; !stop && i < 1500; ++i) log->append_wait(entry_text(i)).value();
  });
  for (int round = 0; round < 15; ++round) {
    VerifyOptions verify;
    verify.retained = log->checkpoint();
    const auto report = verify_log(files, dir.path() + "/log", testing::kPublic, verify);
    EXPECT_TRUE(report && report->ok()) << report->text();
    const uint64_t size = log->size();
    const auto some = log->entries(size > 300 ? size - 300 : 0, 300);
    EXPECT_TRUE(some) << some.error().text();
    EXPECT_TRUE(size == 0 || log->proof(size / 2));
  }
  stop = true;
  writer.join();
}

TEST(Log, SurvivesKillNine) {
  const TemporaryDir dir;
  const std::string path = dir.path() + "/log";
  uint64_t acknowledged = 0;
  for (int round = 0; round < 8; ++round) {
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    const pid_t child = ::fork();
    if (child == 0) {
      PosixFiles files;
      LogOptions options = small_options(20);
      auto log = Log::open(files, path, test_key(), options);
      if (!log) ::_exit(1);
      while (true) {
        const auto index = (*log)->append_wait(entry_text((*log)->size()));
        if (!index || ::write(ends[1], &*index, sizeof(uint64_t)) != sizeof(uint64_t)) ::_exit(1);
      }
    }
    ::close(ends[1]);
    uint64_t index = 0;
    for (int i = 0; i < 30 + round * 17; ++i) {
      ASSERT_EQ(::read(ends[0], &index, sizeof index), static_cast<ssize_t>(sizeof index));
    }
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    while (::read(ends[0], &index, sizeof index) == static_cast<ssize_t>(sizeof index)) {
    }
    ::close(ends[0]);
    acknowledged = index + 1;
    PosixFiles files;
    auto log = must_open(files, path, small_options());
    ASSERT_TRUE(log);
    ASSERT_GE(log->size(), acknowledged);
    ASSERT_LE(log->size(), acknowledged + 1);
    const uint64_t size = log->size();
    EXPECT_EQ((*log->entries(acknowledged - 1, 1))[0], entry_text(acknowledged - 1));
    log.reset();
    expect_sound(files, path, size);
  }
}

}  // namespace
}  // namespace weir::ledger
