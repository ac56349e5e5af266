// Arbitrary bytes as a JSON policy set: an error with a place, or policies that are written the same again.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "policy/json_policy.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace weir::policy;
  const auto set = policies_from_json({reinterpret_cast<const char*>(data), size}, "fuzz");
  if (!set) {
    if (set.error().where.empty() && set.error().code != weir::Code::too_large) std::abort();
    return 0;
  }
  const Request request{{"User", "a"}, {"Action", "read"}, {"Doc", "d"}};
  const Decision decision = decide(*set, request).decision;
  const std::string text = to_json(*set);
  const auto again = policies_from_json(text, "fuzz");
  if (!again) {
    if (again.error().code != weir::Code::too_large) std::abort();
    return 0;
  }
  if (to_json(*again) != text || decide(*again, request).decision != decision) std::abort();
  return 0;
}
