#include "guard/holds.h"

#include <fmt/format.h>

#include "guard/why.h"

namespace weir::guard {

std::string holds_in_words(Mode mode, const Standing& standing, const Labels& labels) {
  const bool trusted = labels.trusted(standing.context);
  const std::string shown = trusted ? std::string() : origins_in_words(labels.get(standing.context));
  if (mode == Mode::watch)
    return trusted ? "nothing is stopped; the planner has been shown no text that nobody vouched for"
                   : fmt::format("nothing is stopped; the planner was shown untrusted text from {}", shown);
  if (mode == Mode::guard)
    return trusted ? "the planner has been shown no text that nobody vouched for: it acts on the user's words"
                   : fmt::format(
                         "the planner was shown untrusted text from {}: a side effect needs a person, "
                         "or a grant",
                         shown);
  if (!trusted)
    return fmt::format(
        "the planner was shown untrusted text from {}: calls are decided as in guard; the rest "
        "stays sealed",
        shown);
  if (standing.bits > 0)
    return fmt::format(
        "nothing that a stranger wrote reached the planner but {:.1f} bits of answers about {}",
        standing.bits, origins_in_words(labels.get(standing.revealed)));
  return "nothing that a stranger wrote reached the planner";
}

}  // namespace weir::guard
