#include "ledger/log.h"

#include <chrono>
#include <condition_variable>
#include <cstring>
#include <deque>
#include <future>
#include <mutex>
#include <optional>
#include <thread>

#include "base/limits.h"
#include "ledger/journal.h"
#include "ledger/publisher.h"
#include "ledger/reader.h"
#include "ledger/tiles.h"
#include "ledger/verify.h"

namespace weir::ledger {
namespace {

using SteadyTime = std::chrono::steady_clock::time_point;

Error refused(std::string message, std::string where) {
  return bad_input(std::move(message), std::move(where),
                   "run weir log verify; restore the directory from a copy");
}

// The journal without most of the zeros at its end, and its size. Nearly all of it is zeros: they are
// compared in place, not copied, because every start waits for this. What is kept ends a piece behind the
// last piece that is not all zeros, so that a record whose last bytes are zeros stays whole.
Result<std::string> read_journal(Files& files, const std::string& path, uint64_t& size) {
  constexpr size_t kPiece = size_t{64} << 10;
  WEIR_TRY_ASSIGN(file, files.open(path, OpenMode::read));
  std::string out;
  for (size = 0;;) {
    WEIR_TRY_ASSIGN(piece, file->read_at(size, kPiece));
    const bool zeros = piece.empty() || (piece[0] == '\0' &&
                                         std::memcmp(piece.data(), piece.data() + 1, piece.size() - 1) == 0);
    if (!zeros) {
      out.resize(size, '\0');
      out += piece;
    }
    size += piece.size();
    if (size > limits::kLedgerJournalBytesMax) return too_large("the file is larger than it may be", path);
    if (piece.size() < kPiece) break;
  }
  out.resize(std::min<uint64_t>(size, out.size() + kPiece), '\0');
  return out;
}

struct Waiting {
  std::string entry;
  Log::Done done;
  bool on_writer;  // answer on the writer thread, not through post
};

}  // namespace

class Log::Impl {
 public:
  Impl(Files& files, std::string dir, Key key, LogOptions options)
      : files_(files), dir_(std::move(dir)), key_(std::move(key)), options_(std::move(options)) {}
  ~Impl();

  Status recover();
  void start() {
    thread_ = std::thread([this] { loop(); });
  }
  void append(Waiting waiting);
  Status publish();
  uint64_t size() const;
  std::string checkpoint() const;
  const VerifierKey& verifier() const { return key_.verifier(); }
  Result<std::vector<std::string>> entries(uint64_t from, size_t n) const;
  Result<Reader> reader() const { return Reader::open(files_, dir_, key_.verifier()); }

 private:
  struct Answer {
    Log::Done done;
    Result<uint64_t> result;
  };
  Status create();
  Status check_all();
  Status open_journal();
  Status replay(const std::string& bytes);
  void take(std::string entry);
  void loop();
  bool publish_is_due(bool idle) const;
  Status commit(std::vector<Waiting>& batch, uint64_t& first);
  Status publish_now();
  void answer(std::vector<Waiting>& batch, const Status& status, uint64_t first);
  void fail(Error error);

  Files& files_;
  const std::string dir_;
  const Key key_;
  const LogOptions options_;
  std::unique_ptr<FileLock> lock_;

  // The writer thread's own (and recover()'s, before it starts).
  std::unique_ptr<File> journal_;
  uint64_t journal_used_ = 0;
  std::optional<Publisher> publisher_;
  Edge edge_;
  std::vector<FullTile> completed_;
  SteadyTime unpublished_since_;

  mutable std::mutex mutex_;  // guards what follows
  std::condition_variable wake_;
  std::deque<Waiting> queue_;
  std::vector<std::promise<Status>> publish_waiters_;
  bool closing_ = false;
  std::optional<Error> failure_;
  uint64_t size_ = 0;
  std::string note_;
  uint64_t recent_first_ = 0;
  std::deque<std::string> recent_;  // entries from recent_first_ on; written by the writer thread only

  std::thread thread_;
};

Log::Impl::~Impl() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

// A new log: the journal first, then the checkpoint over nothing. From then on, a missing checkpoint or
// journal is damage.
Status Log::Impl::create() {
  const auto tiles = files_.list(dir_ + "/tile");
  if (tiles) return refused("the log has tiles but no checkpoint", dir_ + "/checkpoint");
  if (tiles.error().code != Code::not_found) return tiles.error();
  const auto journal = files_.read(dir_ + "/journal", limits::kLedgerJournalBytesMax);
  if (journal && journal->find_first_not_of('\0') != std::string::npos) {
    return refused("the log has a journal but no checkpoint", dir_ + "/checkpoint");
  }
  if (!journal && journal.error().code != Code::not_found) return journal.error();
  {
    WEIR_TRY_ASSIGN(file, files_.open(dir_ + "/journal", OpenMode::write));
    WEIR_TRY(file->sync());
  }
  WEIR_TRY(files_.sync_dir(dir_));
  WEIR_TRY_ASSIGN(note, key_.sign_note(Checkpoint{key_.name(), 0, empty_root()}.text()));
  return files_.replace(dir_ + "/checkpoint", note);
}

Status Log::Impl::check_all() {
  VerifyOptions options;
  options.after_crash = true;
  WEIR_TRY_ASSIGN(report, verify_log(files_, dir_, key_.vkey(), options));
  if (!report.ok()) return refused(report.problems.front().what, report.problems.front().where);
  return {};
}

void Log::Impl::take(std::string entry) {
  edge_.append(leaf_hash(entry), completed_);
  recent_.push_back(std::move(entry));
}

Status Log::Impl::replay(const std::string& bytes) {
  WEIR_TRY_ASSIGN(journal, decode_journal(bytes, size_));
  for (Batch& batch : journal.batches) {
    for (std::string& entry : batch.entries) take(std::move(entry));
    const auto checkpoint = open_checkpoint(batch.checkpoint, key_.verifier());
    if (!checkpoint || checkpoint->size != edge_.size() || checkpoint->root != edge_.root()) {
      return refused("a journal record does not fit its checkpoint: it was edited", dir_ + "/journal");
    }
    size_ = checkpoint->size;
    note_ = std::move(batch.checkpoint);
  }
  return {};
}

Status Log::Impl::open_journal() {
  const std::string path = dir_ + "/journal";
  uint64_t size = 0;
  const auto bytes = read_journal(files_, path, size);
  if (!bytes && bytes.error().code == Code::not_found) return refused("the log's journal is missing", path);
  if (!bytes) return bytes.error();
  WEIR_TRY_ASSIGN(file, files_.open(path, OpenMode::write));
  journal_ = std::move(file);
  // What a process wrote that died before its sync must not be built on before it is durable: it would be
  // there now, and gone after a power loss.
  WEIR_TRY(journal_->sync());
  WEIR_TRY(replay(*bytes));
  const size_t last = bytes->find_last_not_of('\0');
  journal_used_ = last == std::string::npos ? 0 : last + 1;
  WEIR_TRY(publish_now());
  if (size < options_.journal_bytes) {
    WEIR_TRY(journal_->write_at(size, std::string(options_.journal_bytes - size, '\0')));
  }
  return journal_->sync();
}

Status Log::Impl::recover() {
  WEIR_TRY(files_.make_dir(dir_));
  WEIR_TRY(files_.sync_dir(parent_path(dir_)));
  WEIR_TRY_ASSIGN(lock, files_.lock(dir_ + "/lock"));
  lock_ = std::move(lock);
  // A process that died may have renamed the checkpoint and not synced the name: before anything is built on
  // it, above all before the journal is zeroed, it has to be durable.
  WEIR_TRY(files_.sync_dir(dir_));
  const auto checkpoint = files_.read(dir_ + "/checkpoint", limits::kNoteBytesMax);
  if (!checkpoint && checkpoint.error().code == Code::not_found) {
    WEIR_TRY(create());
  } else if (!checkpoint) {
    return checkpoint.error();
  } else if (options_.check_all) {
    WEIR_TRY(check_all());
  }
  WEIR_TRY_ASSIGN(published, reader());
  WEIR_TRY_ASSIGN(edge, published.edge());
  edge_ = std::move(edge);
  size_ = edge_.size();
  note_ = published.note();
  publisher_.emplace(files_, dir_, size_);
  recent_first_ = publisher_->recent_first();
  if (size_ > recent_first_) {
    WEIR_TRY_ASSIGN(unfinished, published.bundle(size_ / kTileWidth));
    recent_.assign(std::make_move_iterator(unfinished.begin()), std::make_move_iterator(unfinished.end()));
  }
  return open_journal();
}

Status Log::Impl::publish_now() {
  if (publisher_->published_size() != edge_.size()) {
    WEIR_TRY(publisher_->publish(edge_, completed_, recent_, note_));
    completed_.clear();
    const std::lock_guard lock(mutex_);
    while (recent_first_ < publisher_->recent_first()) {
      recent_.pop_front();
      ++recent_first_;
    }
  }
  if (journal_used_ == 0) return {};
  // Needs no sync of its own: records that come back are of entries that are published.
  WEIR_TRY(journal_->write_at(0, std::string(journal_used_, '\0')));
  if (journal_used_ > options_.journal_bytes) WEIR_TRY(journal_->truncate(options_.journal_bytes));
  journal_used_ = 0;
  return {};
}

Status Log::Impl::commit(std::vector<Waiting>& batch, uint64_t& first) {
  first = edge_.size();
  std::vector<std::string> entries;
  entries.reserve(batch.size());
  for (Waiting& waiting : batch) entries.push_back(std::move(waiting.entry));
  for (const std::string& entry : entries) edge_.append(leaf_hash(entry), completed_);
  WEIR_TRY_ASSIGN(note, key_.sign_note(Checkpoint{key_.name(), edge_.size(), edge_.root()}.text()));
  const std::string record = encode_batch(first, entries, note);
  WEIR_TRY(journal_->write_at(journal_used_, record));
  WEIR_TRY(journal_->sync());
  if (first == publisher_->published_size()) unpublished_since_ = std::chrono::steady_clock::now();
  journal_used_ += record.size();
  const std::lock_guard lock(mutex_);
  size_ = edge_.size();
  note_ = std::move(note);
  for (std::string& entry : entries) recent_.push_back(std::move(entry));
  return {};
}

void Log::Impl::answer(std::vector<Waiting>& batch, const Status& status, uint64_t first) {
  auto answers = std::make_shared<std::vector<Answer>>();  // shared: std::function must be copyable
  for (size_t i = 0; i < batch.size(); ++i) {
    Result<uint64_t> result = status ? Result<uint64_t>(first + i) : Result<uint64_t>(status.error());
    if (batch[i].on_writer || !options_.post) {
      batch[i].done(std::move(result));
    } else {
      answers->push_back({std::move(batch[i].done), std::move(result)});
    }
  }
  if (answers->empty()) return;
  options_.post([answers] {
    for (Answer& one : *answers) one.done(std::move(one.result));
  });
}

void Log::Impl::fail(Error error) {
  error.code = Code::unavailable;
  error.message = "the ledger cannot be written, so nothing is decided any more: " + error.message;
  error.hint = "free the disk or repair it, then start weir again";
  const std::lock_guard lock(mutex_);
  if (!failure_) failure_ = std::move(error);
}

bool Log::Impl::publish_is_due(bool idle) const {
  const uint64_t unpublished = edge_.size() - publisher_->published_size();
  if (unpublished == 0) return false;
  if (unpublished >= options_.publish_entries || journal_used_ >= options_.journal_bytes) return true;
  if (options_.publish_after_ms < 0) return false;
  const auto age = std::chrono::steady_clock::now() - unpublished_since_;
  return (idle || options_.publish_after_ms > 0) &&
         age >= std::chrono::milliseconds(options_.publish_after_ms);
}

void Log::Impl::loop() {
  std::unique_lock lock(mutex_);
  while (true) {
    const auto work = [this] { return !queue_.empty() || closing_ || !publish_waiters_.empty(); };
    if (options_.publish_after_ms >= 0 && edge_.size() != publisher_->published_size() && !failure_) {
      wake_.wait_until(lock, unpublished_since_ + std::chrono::milliseconds(options_.publish_after_ms), work);
    } else {
      wake_.wait(lock, work);
    }
    std::vector<Waiting> batch;
    size_t bytes = 0;
    while (!queue_.empty() && batch.size() < limits::kLedgerBatchEntriesMax &&
           bytes < limits::kLedgerBatchBytesMax) {
      bytes += queue_.front().entry.size();
      batch.push_back(std::move(queue_.front()));
      queue_.pop_front();
    }
    std::vector<std::promise<Status>> publishers;
    publishers.swap(publish_waiters_);
    const bool last = closing_ && queue_.empty();
    std::optional<Error> failure = failure_;
    lock.unlock();

    if (!batch.empty()) {
      uint64_t first = 0;
      Status status = failure ? Status(*failure) : commit(batch, first);
      if (!status && !failure) {
        fail(status.error());
        const std::lock_guard relock(mutex_);
        failure = failure_;
        status = *failure;
      }
      answer(batch, status, first);
    }
    if (!failure && (last || !publishers.empty() || publish_is_due(batch.empty()))) {
      if (Status status = publish_now(); !status) {
        fail(status.error());
        const std::lock_guard relock(mutex_);
        failure = failure_;
      }
    }
    for (auto& waiter : publishers) waiter.set_value(failure ? Status(*failure) : Status());
    lock.lock();
    if (last && queue_.empty() && publish_waiters_.empty()) return;
  }
}

void Log::Impl::append(Waiting waiting) {
  std::optional<Error> error;
  if (waiting.entry.size() > limits::kLedgerEntryBytesMax) {
    error = too_large("a ledger entry may have at most " + std::to_string(limits::kLedgerEntryBytesMax) +
                      " bytes");
  } else {
    const std::lock_guard lock(mutex_);
    if (failure_) {
      error = failure_;
    } else if (queue_.size() >= limits::kLedgerQueueMax) {
      error = unavailable("the ledger has too much to write", "", "try again in a moment");
    } else {
      queue_.push_back(std::move(waiting));
    }
  }
  if (!error) {
    wake_.notify_one();
    return;
  }
  std::vector<Waiting> one;
  one.push_back(std::move(waiting));
  answer(one, Status(*error), 0);
}

Status Log::Impl::publish() {
  std::future<Status> done;
  {
    const std::lock_guard lock(mutex_);
    if (failure_) return *failure_;
    publish_waiters_.emplace_back();
    done = publish_waiters_.back().get_future();
  }
  wake_.notify_one();
  return done.get();
}

uint64_t Log::Impl::size() const {
  const std::lock_guard lock(mutex_);
  return size_;
}

std::string Log::Impl::checkpoint() const {
  const std::lock_guard lock(mutex_);
  return note_;
}

Result<std::vector<std::string>> Log::Impl::entries(uint64_t from, size_t n) const {
  std::vector<std::string> out;
  n = std::min(n, limits::kLedgerReadEntriesMax);
  while (out.size() < n) {
    {
      const std::lock_guard lock(mutex_);
      if (from >= recent_first_) {
        for (; from < size_ && out.size() < n; ++from) out.push_back(recent_[from - recent_first_]);
        return out;
      }
    }
    WEIR_TRY_ASSIGN(published, reader());
    WEIR_TRY_ASSIGN(some, published.entries(from, n - out.size()));
    if (some.empty()) return Error{Code::internal, "the published log is shorter than the log"};
    from += some.size();
    std::move(some.begin(), some.end(), std::back_inserter(out));
  }
  return out;
}

Log::Log(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Log::~Log() = default;

Result<std::unique_ptr<Log>> Log::open(Files& files, std::string dir, Key key, LogOptions options) {
  auto impl = std::make_unique<Impl>(files, std::move(dir), std::move(key), std::move(options));
  WEIR_TRY(impl->recover());
  impl->start();
  return std::unique_ptr<Log>(new Log(std::move(impl)));
}

void Log::append(std::string entry, Done done) {
  impl_->append({std::move(entry), std::move(done), false});
}

Result<uint64_t> Log::append_wait(std::string entry) {
  std::promise<Result<uint64_t>> promise;
  auto future = promise.get_future();
  impl_->append(
      {std::move(entry), [&promise](Result<uint64_t> r) { promise.set_value(std::move(r)); }, true});
  return future.get();
}

Status Log::publish() {
  return impl_->publish();
}
uint64_t Log::size() const {
  return impl_->size();
}
std::string Log::checkpoint() const {
  return impl_->checkpoint();
}
const VerifierKey& Log::verifier() const {
  return impl_->verifier();
}

Result<std::vector<std::string>> Log::entries(uint64_t from, size_t n) const {
  return impl_->entries(from, n);
}

Result<std::string> Log::proof(uint64_t index) {
  WEIR_TRY(impl_->publish());
  WEIR_TRY_ASSIGN(published, impl_->reader());
  return published.proof(index);
}

}  // namespace weir::ledger
