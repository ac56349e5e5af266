// Edits of a config file by the spans of its Tree: what is not named by an edit stays as it was, byte for
// byte.
//
// Each function gives the new text of the whole file, or an Error and nothing changed. The callers read the
// result again and compare (client.h): an edit that would say something else than meant is not made.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "setup/tree.h"

namespace weir::setup {

struct Edit {
  size_t begin = 0;  // [begin, end) of the old text is replaced
  size_t end = 0;
  std::string text = {};
};

// Edits in any order; they must lie within the text and not overlap (else an internal Error). Two insertions
// at one place keep their order.
Result<std::string> apply_edits(std::string_view text, std::vector<Edit> edits);

// "\r\n" when the first line of the text ends so, else "\n".
std::string_view line_end(std::string_view text);

// JSON and JSON5. `value` is JSON text. Sets the member at `path` below the root, an object; objects that are
// missing on the way are made. Error: bad_input when something on the way is no object.
Status set_member(const Node& root, std::string_view text, const std::vector<std::string_view>& path,
                  std::string_view value, std::vector<Edit>& edits);

// JSON and JSON5. Takes the members `gone` (indices into object.children, ascending) out of the object and
// puts
// `"key": value` in their place, unless `key` is empty.
void replace_members(const Node& object, std::string_view text, const std::vector<size_t>& gone,
                     std::string_view key, std::string_view value, std::vector<Edit>& edits);

// YAML blocks: takes whole lines of members out and puts `lines` (complete, with their line ends) in their
// place.
void replace_lines(const Node& object, const std::vector<size_t>& gone, std::string lines,
                   std::vector<Edit>& edits);

}  // namespace weir::setup
