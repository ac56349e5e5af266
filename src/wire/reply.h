// What the replies of all dialects share. For the files of this folder.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "wire/dialect.h"

namespace weir::wire {

// JSON values of a document, and what the client gets in their place, raw.
using Replacements = std::vector<std::pair<json::Value, std::string>>;

// One text of the planner on its way to the client. The factory must outlive it.
class FilteredText {
 public:
  explicit FilteredText(const TextFilters& filters) : filters_(&filters) {}

  // What the client gets now.
  std::string feed(std::string_view piece);
  // The rest. A text that goes on all the same begins anew.
  std::string end();

 private:
  const TextFilters* filters_;
  std::unique_ptr<TextFilter> filter_;
};

// The verdict as far as it means something: answered only if not allowed, arguments only if allowed and not
// the planner's own. Error (internal): arguments that the client could not read.
Result<Verdict> settled(const Verdict& verdict, const exchange::Call& call);

}  // namespace weir::wire
