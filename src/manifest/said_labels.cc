#include "manifest/said_labels.h"

#include <string>

namespace weir::manifest {

void apply_said(const SaidLabels& said, bool believed, const ToolFacts& facts, std::string_view server_tool,
                const TrustRules& trust, Labels& labels, size_t texts, std::vector<LabelledText>& pieces) {
  const std::string tool(server_tool);
  const auto rule = trust.judge(tool, {}, true);
  const bool may_improve = believed && facts.result.origin.empty() && rule.trusted.value_or(true);
  for (LabelledText& piece : pieces) {
    const SaidLabel here = said.of(piece.text_index, texts, piece.pointer);
    if (may_improve && here.trusted == std::optional(true)) {
      const Readers old = labels.get(piece.label).readers;
      const Readers now = rule.readers ? *rule.readers : here.readers.value_or(old);
      piece.label = labels.intern(Label::of(Origin::tool(tool, {}, true), now));
    } else if (believed && facts.result.origin.empty() && here.readers && !rule.readers) {
      Label label = labels.get(piece.label);
      label.readers = *here.readers;
      piece.label = labels.intern(label);
    }
    if (here.trusted == std::optional(false)) {
      const Label untrusted = Label::of(Origin::tool(tool, {}, false), Readers::everyone());
      piece.label = labels.join(piece.label, labels.intern(untrusted));
    }
    if (here.readers) {
      Label readers = Label::none();
      readers.readers = *here.readers;
      piece.label = labels.join(piece.label, labels.intern(readers));
    }
  }
}

}  // namespace weir::manifest
