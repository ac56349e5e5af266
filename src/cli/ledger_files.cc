#include "cli/ledger_files.h"

#include <unistd.h>

#include "base/limits.h"
#include "ledger/files.h"
#include "ledger/journal.h"
#include "ledger/note.h"
#include "ledger/reader.h"

namespace weir::cli {

Result<LedgerPlace> find_ledger(const Common& common) {
  std::vector<std::string> missing;
  WEIR_TRY_ASSIGN(config, load_config(common, &missing));
  WEIR_TRY_ASSIGN(dir, data_dir(config));
  ledger::PosixFiles files;
  if (access((dir + "/ledger.key").c_str(), R_OK) != 0) {
    return Error{Code::not_found, "there is no ledger yet", dir, "weir up makes one"};
  }
  SystemRandom random;
  auto key = ledger::Key::load_or_create(files, dir + "/ledger.key", "weir", random);
  if (!key) return key.error();
  return LedgerPlace{dir, dir + "/ledger", key->vkey()};
}

Status each_entry(const LedgerPlace& place, const std::function<void(uint64_t, std::string_view)>& each) {
  ledger::PosixFiles files;
  WEIR_TRY_ASSIGN(key, ledger::VerifierKey::parse(place.vkey));
  // The journal first: a writer publishes a checkpoint before it empties the journal.
  const auto journal = files.read(place.dir + "/journal", limits::kLedgerJournalBytesMax);
  WEIR_TRY_ASSIGN(reader, ledger::Reader::open(files, place.dir, key));
  uint64_t next = 0;
  while (next < reader.checkpoint().size) {
    WEIR_TRY_ASSIGN(entries, reader.entries(next, limits::kLedgerReadEntriesMax));
    if (entries.empty()) break;
    for (const std::string& entry : entries) each(next++, entry);
  }
  if (!journal) return {};
  const auto unpublished = ledger::decode_journal(*journal, next);
  if (!unpublished) return unpublished.error();
  for (const ledger::Batch& batch : unpublished->batches) {
    for (size_t i = 0; i < batch.entries.size(); ++i) {
      if (batch.first + i != next) continue;
      each(next++, batch.entries[i]);
    }
  }
  return {};
}

}  // namespace weir::cli
