// The ledger of a data folder, found and read without a running weir.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "cli/command.h"

namespace weir::cli {

struct LedgerPlace {
  std::string data_dir;
  std::string dir;   // of the log
  std::string vkey;  // its verifier key
};
// Error: not_found, when there is none yet.
Result<LedgerPlace> find_ledger(const Common& common);

// Calls `each` for every entry that is durable, also while a weir writes: what is published, then what stands
// in the journal. Entries are checked against their hashes; the whole is what weir log verify is for.
Status each_entry(const LedgerPlace& place,
                  const std::function<void(uint64_t index, std::string_view entry)>& each);

}  // namespace weir::cli
