// Arbitrary bytes as policy text: parsing, the check, validation and decisions must be bounded and agree with
// each other, and with what the same policies do after a way through JSON.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "policy/json_policy.h"
#include "policy/label_attributes.h"
#include "policy/policy_set.h"
#include "policy/validate.h"

namespace {

using weir::policy::Decision;
using weir::policy::Request;
using weir::policy::Value;

// A call, and the same call with every label worse.
Request request(bool worse) {
  const Value roles = worse ? Value::set({"selector", "recipient", "command"}) : Value::set({});
  Request out{{"Agent", "a"}, {"Action", "files/read"}, {"Server", "files"}};
  out.context = Value::record({{"mode", "guard"},
                               {"effects", Value::set({"send", "read"})},
                               {"known", true},
                               {"drifted", worse},
                               {"side_effect", true},
                               {"trusted", !worse},
                               {"untrusted_roles", roles},
                               {"copied_roles", roles},
                               {"remote", true},
                               {"leaks", worse},
                               {"url_copied_whole", !worse},
                               {"granted", false},
                               {"released", false},
                               {"intent", "yes"},
                               {"over_budget", worse}});
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto set = weir::policy::PolicySet::parse(text, "fuzz");
  if (!set) {
    (void)weir::policy::with_caret(set.error(), text);
    return 0;
  }
  static const auto kTable = weir::policy::label_attributes();
  static const Request kBetter = request(false);
  static const Request kWorse = request(true);
  const Decision better = weir::policy::decide(*set, kBetter).decision;
  const Decision worse = weir::policy::decide(*set, kWorse).decision;
  if (weir::policy::check_monotone(*set, kTable) && worse < better) std::abort();
  (void)weir::policy::validate(*set, weir::policy::weir_schema());
  const auto again = weir::policy::policies_from_json(weir::policy::to_json(*set), "fuzz");
  if (!again) {
    // JSON nests where text need not.
    if (again.error().code != weir::Code::too_large) std::abort();
  } else if (weir::policy::decide(*again, kWorse).decision != worse) {
    std::abort();
  }
  return 0;
}
