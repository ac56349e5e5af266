// skill.oms.sig and skill.minisig: no signature of noise is a known signer's. A statement that is read names
// only paths that may be.
#include <cstdlib>

#include "skill/minisign.h"
#include "skill/oms.h"
#include "skill/text.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  using namespace weir::skill;
  const std::string_view text(reinterpret_cast<const char*>(bytes), size);
  if (const auto bundle = parse_bundle(text)) {
    (void)parse_statement(bundle->payload).has_value();
    if (bundle->chain) (void)bundle->chain->leaf_names();
  }
  if (const auto statement = parse_statement(text)) {
    for (const auto& [path, digest] : statement->files) {
      if (!weir::skill::check_path(path)) std::abort();
    }
  }
  static const MinisignKey key =
      *MinisignKey::read_public("RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3");
  if (key.verify("weir", text)) std::abort();
  return 0;
}
