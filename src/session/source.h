// Sources: when two labels speak of the same one.
//
// Whether an origin is trusted is part of its identity and fixed when it is labelled. A person may vouch for
// a source later; then text that it said before is still known under the untrusted origin, and here that is
// seen to be the same source's, as far as `vouched` (the sources that persons vouch for) says so. One thread.
#pragma once

#include "label/label.h"
#include "manifest/trust.h"

namespace weir::session {

// Every untrusted origin of `label` is a vouched one that `by` has as a trusted origin (same tool, same
// principal), and there is at least one.
bool same_source(const Labels& labels, const manifest::TrustRules& vouched, LabelId label, LabelId by);
// `label` with those untrusted origins made trusted that are vouched for and that `by` has as trusted ones.
LabelId settled(Labels& labels, const manifest::TrustRules& vouched, LabelId label, LabelId by);

}  // namespace weir::session
