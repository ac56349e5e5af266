// Arbitrary bytes as a schema (JSON where they begin with "{", else the human-readable form), and the
// validator with whatever it means.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "policy/validate.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace weir::policy;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto schema = text.starts_with("{") ? Schema::from_json(text, "fuzz") : Schema::parse(text, "fuzz");
  if (!schema) {
    if (schema.error().where.empty()) std::abort();
    (void)with_caret(schema.error(), text);
    return 0;
  }
  static const auto kPolicies = PolicySet::parse(
      "permit(principal == ?principal, action, resource in ?resource) when { context has a && context.a == "
      "context.b };\n"
      "permit(principal is User, action in [Action::\"a\", Action::\"b\"], resource) when { principal.a.b "
      "has c.d };\n"
      "forbid(principal, action == Action::\"a\", resource is Doc in Folder::\"x\") unless { "
      "resource.hasTag(\"t\") && "
      "[resource.getTag(\"t\")].contains(principal) || ip(\"::1\").isInRange(context.ip) };",
      "policies");
  for (const Finding& finding : validate(*kPolicies, *schema)) {
    if (finding.where.empty() || finding.message.empty()) std::abort();
  }
  return 0;
}
