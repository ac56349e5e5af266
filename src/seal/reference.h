// References: how the planner names content that it was not shown (DESIGN section 6): {{weir:v7}} is a whole
// value, {{weir:v7.subject}} or {{weir:v7.items.0}} a place in one that is JSON.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace weir::seal {

struct Reference {
  uint32_t number = 0;
  std::vector<std::string> path = {};  // member names and indexes, outermost first
  size_t begin = 0;                    // where it stands in the text that was read
  size_t end = 0;

  // "{{weir:v7.subject}}".
  std::string text() const;
};

// All references in `text`, in order; what only looks like one (no number, an odd path, longer than
// limits::kReferenceBytesMax) is plain text. Linear.
std::vector<Reference> references_in(std::string_view text);

// `text` is one reference from end to end, without or with its braces ("v7.subject").
bool read_reference(std::string_view text, Reference& out);

// Where a reference may begin that has not ended yet, or text.size(): what a stream has to keep back.
size_t open_reference(std::string_view text);

// Text that is no planner's, with all that looks like a reference broken up, so that nobody can plant one.
std::string without_references(std::string_view text);

}  // namespace weir::seal
