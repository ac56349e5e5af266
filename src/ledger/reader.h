// Reads a published log from its directory, also while another process writes it: what the `checkpoint` file
// covers, not what is still in the journal only.
//
// Every answer is checked before it is given: entries against the tile of their hashes, proofs against the
// checkpoint's root. It is no audit of the whole: that is verify_log. One thread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/error.h"
#include "ledger/files.h"
#include "ledger/note.h"
#include "ledger/tiles.h"

namespace weir::ledger {

class Reader {
 public:
  // `files` must outlive the reader. Fails unless the checkpoint is signed by `key`.
  static Result<Reader> open(Files& files, std::string dir, const VerifierKey& key);

  const Checkpoint& checkpoint() const { return checkpoint_; }
  const std::string& note() const { return note_; }

  // Entries [from, from + n), fewer at the end; n is cut to kLedgerReadEntriesMax.
  Result<std::vector<std::string>> entries(uint64_t from, size_t n) const;
  // A c2sp.org/tlog-proof@v1 file.
  Result<std::string> proof(uint64_t index) const;
  // Shows that the checkpoint continues a tree of `old_size` leaves (c2sp.org/tlog-witness wants it).
  Result<std::vector<Digest>> consistency(uint64_t old_size) const;
  // The unfinished tiles, checked against the root.
  Result<Edge> edge() const;
  // Entries of the unfinished bundle.
  Result<std::vector<std::string>> bundle(uint64_t index) const;

 private:
  Reader(Files& files, std::string dir) : files_(&files), dir_(std::move(dir)) {}
  Result<std::vector<Digest>> tile(int level, uint64_t index) const;
  Result<Digest> node(int height, uint64_t index) const;

  Files* files_;
  std::string dir_;
  Checkpoint checkpoint_;
  std::string note_;
};

struct VerifiedProof {
  uint64_t index = 0;
  Checkpoint checkpoint;
};
// Checks a proof file offline: the checkpoint is signed by `key` and has `entry` at the index it says.
Result<VerifiedProof> verify_proof(std::string_view proof, std::string_view entry, const VerifierKey& key);

}  // namespace weir::ledger
