// The bytes of `journal`: one record a batch.
//
//   "weirlog1"  u32be body length  body  SHA-256 of all before
//   body: u64be index of the first entry, u32be count, count × (u16be length, entry), the signed checkpoint
//         over everything up to the last entry
//
// Records follow one another; behind the last one the file is zeros (or stale records, whose entries are
// all published: after a crash while it was being zeroed).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace weir::ledger {

struct Batch {
  uint64_t first = 0;
  std::vector<std::string> entries;
  std::string checkpoint;
};

std::string encode_batch(uint64_t first, const std::vector<std::string>& entries,
                         std::string_view checkpoint);

struct JournalContents {
  std::vector<Batch> batches;  // contiguous, the first begins at or before `from`
  bool unfinished_tail = false;
};
// The batches of a journal over a published log of `from` entries: those that are published already are left
// out. Fails if a damaged record is followed by a whole one that is not yet published: a crash does not do
// that.
Result<JournalContents> decode_journal(std::string_view bytes, uint64_t from);

}  // namespace weir::ledger
