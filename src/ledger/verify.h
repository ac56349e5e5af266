// The offline audit: reads a log's files and recomputes everything from the entries.
//
// Finds any edit, truncation or insertion in any file under `tile/`, in `checkpoint` and `journal`, and,
// given a checkpoint that was retained elsewhere, any fork or rollback relative to it. It does not find the
// removal of newest entries that no retained checkpoint covers. It calls nothing of the writer (log, journal,
// reader, tiles, merkle); tests/ledger_verify.py is a second one that shares no code at all.
//
// May run while a writer is active; then it audits what is durable at one moment. Time is linear in the log,
// memory is one bundle a level.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"
#include "ledger/files.h"

namespace weir::ledger {

struct Problem {
  std::string where;  // the file, with ":entry 17" or "byte 40" where that is known
  std::string what;
};

struct VerifyReport {
  uint64_t size = 0;              // entries, those in the journal included
  uint64_t published_size = 0;    // of the `checkpoint` file
  Digest root = {};               // over `size` entries
  std::string checkpoint;         // the newest signed note
  bool unfinished_tail = false;   // the journal ends in an unfinished record, as a crash leaves it
  std::vector<Problem> problems;  // at most kLedgerProblemsMax

  bool ok() const { return problems.empty(); }
  // One line for each problem, or one that says what was verified.
  std::string text() const;
};

struct VerifyOptions {
  std::optional<std::string> retained = std::nullopt;  // a signed checkpoint kept elsewhere
  // What a crash may leave (an unfinished last record, unfinished tiles that no checkpoint covers) is no
  // problem; for the writer's own recovery.
  bool after_crash = false;
};

// An Error only when the vkey or the retained checkpoint is unusable or the disk fails; everything that is
// wrong with the log itself is in the report.
Result<VerifyReport> verify_log(Files& files, const std::string& dir, std::string_view vkey,
                                const VerifyOptions& options = {});

}  // namespace weir::ledger
