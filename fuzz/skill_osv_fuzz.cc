// OSV advisories. Versions are ordered: whatever stands in an advisory, comparing is antisymmetric.
#include <cstdlib>

#include "skill/osv.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  using namespace weir::skill;
  const std::string_view text(reinterpret_cast<const char*>(bytes), size);
  const auto half = text.size() / 2;
  const int order = compare_versions(text.substr(0, half), text.substr(half));
  const int back = compare_versions(text.substr(half), text.substr(0, half));
  if ((order < 0) != (back > 0) || (order == 0) != (back == 0)) std::abort();
  if (const auto advisories = parse_advisories(text))
    (void)find_advisory(*advisories, "pdf", "1.0", std::string(64, 'a'));
  return 0;
}
