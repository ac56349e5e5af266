// What a server says of its results' labels, applied to the pieces of one.
#pragma once

#include <string_view>
#include <vector>

#include "label/said.h"
#include "manifest/label_result.h"

namespace weir::manifest {

// Whatever is said can make a piece's label worse. Only where the server is `believed` can it make one
// better: then "trusted" and the readers stand in place of what the manifest says of the tool, unless a trust
// rule or a manifest that tells origins apart by their principals says otherwise. `texts`: how many the
// result has.
void apply_said(const SaidLabels& said, bool believed, const ToolFacts& facts, std::string_view server_tool,
                const TrustRules& trust, Labels& labels, size_t texts, std::vector<LabelledText>& pieces);

}  // namespace weir::manifest
