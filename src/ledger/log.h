// The tamper-evident log: one writer, group commit, C2SP tiles.
//
// Guarantee: `done` is called with an index only when the entry, every entry before it and a signed
// checkpoint over them survive a crash. An entry that was acknowledged is never lost; one that was not may or
// may not be there after a crash. A log that does not fit its checkpoint is refused, never read past the
// damage. After one I/O error every later append fails: the wall closes, and opening again recovers.
//
// How: a batch is one record in `journal` (entries and the checkpoint over them, signed) and ONE fdatasync;
// the journal is written over space that is already allocated, so that the sync carries no metadata. Tiles,
// entry bundles and `checkpoint` are published from it when it is full, after `publish_after_ms`, on
// publish() and on close; only when they are durable is the journal zeroed. Recovery replays the journal. A
// whole record is kept although nobody may have been told; a torn last record was told to nobody and is cut.
//
// Not guaranteed: that a rollback of the whole directory to an older copy is noticed (give verify_log a
// retained checkpoint); that a torn last record and an edited last record of an unpublished journal can be
// told apart (both are cut; a retained checkpoint tells them apart).
//
// Threads: all public functions from any thread. A thread of its own writes. Closing waits for the queue.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/error.h"
#include "ledger/files.h"
#include "ledger/note.h"

namespace weir::ledger {

struct LogOptions {
  // Runs a job on the caller's loop; called on the writer thread, once a batch. Absent: `done` runs on the
  // writer thread itself.
  std::function<void(std::function<void()>)> post = {};
  // true: recompute the whole log from its entries before the first append (linear in the log); false: only
  // the right edge, which is what appending rests on; verify_log can check the rest at any time.
  bool check_all = true;
  // Publish when the journal holds so many entries or would outgrow its size, or after so long.
  uint64_t publish_entries = 8192;
  int64_t publish_after_ms = 1'000;  // negative: never by time
  size_t journal_bytes = size_t{2} << 20;
};

class Log {
 public:
  using Done = std::function<void(Result<uint64_t>)>;

  // Opens or makes the log in `dir` (made if its parent exists) and recovers it. The checkpoint's origin is
  // the key's name. `files` must outlive the log. Code::denied: another weir is running on it.
  // Code::bad_input: it does not fit its checkpoint; `where` names the file.
  static Result<std::unique_ptr<Log>> open(Files& files, std::string dir, Key key, LogOptions options = {});

  // Publishes what is left, unless there was an I/O error.
  ~Log();
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  // Queues an entry of at most kLedgerEntryBytesMax bytes and returns at once; `done` gets its index, or the
  // error. A full queue is Code::unavailable. Entries get indices in the order of the calls.
  void append(std::string entry, Done done);
  // As append, and waits. Not to be called from `post`ed jobs while they hold up `done`s of others.
  Result<uint64_t> append_wait(std::string entry);
  // Makes tiles and `checkpoint` show everything that is durable now. Waits.
  Status publish();

  // Of what is durable.
  uint64_t size() const;
  std::string checkpoint() const;  // a signed note
  const VerifierKey& verifier() const;

  // Entries [from, from + n), fewer at the end; n is cut to kLedgerReadEntriesMax. Read from disk and checked
  // against the tile of their hashes.
  Result<std::vector<std::string>> entries(uint64_t from, size_t n) const;
  // The proof file (c2sp.org/tlog-proof@v1) of one entry, against the checkpoint that is published by it.
  Result<std::string> proof(uint64_t index);

 private:
  class Impl;
  explicit Log(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace weir::ledger
