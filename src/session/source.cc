#include "session/source.h"

#include <algorithm>

namespace weir::session {
namespace {

bool has_trusted(const Label& label, const manifest::TrustRules& vouched, const Origin& origin) {
  // A trusted skill's text is the untrusted one's that trace knows: see skills.h.
  if (origin.kind == OriginKind::skill) {
    return std::any_of(label.origins.begin(), label.origins.end(), [&](const Origin& each) {
      return each.trusted && each.kind == OriginKind::skill && each.name == origin.name;
    });
  }
  if (origin.kind != OriginKind::tool) return false;
  if (!vouched.judge(origin.name, origin.principal, true).trusted.value_or(false)) return false;
  return std::any_of(label.origins.begin(), label.origins.end(), [&](const Origin& each) {
    return each.trusted && each.kind == origin.kind && each.name == origin.name &&
           each.principal == origin.principal;
  });
}

}  // namespace

bool same_source(const Labels& labels, const manifest::TrustRules& vouched, LabelId label, LabelId by) {
  if (labels.trusted(label)) return false;
  const Label untrusted = labels.get(label);
  const auto is_skill = [](const Origin& origin) { return origin.kind == OriginKind::skill; };
  if (vouched.size() == 0 && std::none_of(untrusted.origins.begin(), untrusted.origins.end(), is_skill))
    return false;
  const Label trusted = labels.get(by);
  return !untrusted.more_untrusted &&
         std::all_of(untrusted.origins.begin(), untrusted.origins.end(), [&](const Origin& origin) {
           return origin.trusted || has_trusted(trusted, vouched, origin);
         });
}

LabelId settled(Labels& labels, const manifest::TrustRules& vouched, LabelId label, LabelId by) {
  if (by == kNoLabel || labels.trusted(label)) return label;
  const Label trusted = labels.get(by);
  Label out = labels.get(label);
  bool changed = false;
  for (Origin& origin : out.origins) {
    if (origin.trusted || !has_trusted(trusted, vouched, origin)) continue;
    origin.trusted = changed = true;
  }
  if (!changed) return label;
  std::sort(out.origins.begin(), out.origins.end());
  out.origins.erase(std::unique(out.origins.begin(), out.origins.end()), out.origins.end());
  return labels.intern(out);
}

}  // namespace weir::session
