// An archive. What comes out is a package: bounded, with paths that stay inside; packed again it is the same.
#include <cstdlib>

#include "skill/archive.h"
#include "skill/limits.h"
#include "skill/text.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  using namespace weir::skill;
  const auto out = unpack({reinterpret_cast<const char*>(bytes), size});
  if (!out) return 0;
  size_t total = 0;
  for (const File& file : out->package.files()) {
    total += file.bytes.size();
    if (!check_path(file.path)) std::abort();
  }
  if (total > kPackageBytesMax) std::abort();
  return 0;
}
