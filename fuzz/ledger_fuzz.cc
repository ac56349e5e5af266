// Everything of the ledger that reads bytes: notes, checkpoints, keys, proofs, tiles, bundles, the journal.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "ledger/journal.h"
#include "ledger/note.h"
#include "ledger/reader.h"
#include "ledger/tiles.h"

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace weir::ledger;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  static const VerifierKey key =
      *VerifierKey::parse("PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW");
  if (const auto note = parse_note(bytes)) (void)verify_note(*note, key).has_value();
  if (const auto checkpoint = parse_checkpoint(bytes)) require(checkpoint->text() == bytes);
  if (const auto vkey = VerifierKey::parse(bytes)) require(vkey->text() == bytes);
  (void)Key::parse(bytes).has_value();
  (void)verify_proof(bytes, "entry", key).has_value();
  if (const auto name = parse_tile_path(bytes)) require(name->path() == bytes);
  if (size > 0) {
    const auto bundle = parse_bundle(bytes.substr(1), data[0]);
    if (bundle) {
      std::string again;
      for (const std::string& entry : *bundle) append_bundled(again, entry);
      require(again == bytes.substr(1));
    }
    (void)parse_tile(bytes.substr(1), data[0]).has_value();
    (void)decode_journal(bytes.substr(1), data[0] % 4).has_value();
  }
  return 0;
}
