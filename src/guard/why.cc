#include "guard/why.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/bytes.h"

namespace weir::guard {
namespace {

using session::Leaf;

constexpr size_t kValueBytes = 60;

const Leaf* first_untrusted(const Labels& labels, const std::vector<Leaf>& leaves, bool copied) {
  const Leaf* found = nullptr;
  for (const Leaf& leaf : leaves) {
    if (!manifest::authority_bearing(leaf.role) || labels.trusted(leaf.label)) continue;
    if (copied && !leaf.copied) continue;
    // A copied value names its source best, and what decides where data or money goes matters most.
    const auto rank = [](const Leaf& l) {
      return (l.copied ? 0 : 10) + (l.role == manifest::ArgRole::selector ? 5 : 0) -
             (l.role == manifest::ArgRole::recipient ? 1 : 0);
    };
    if (found == nullptr || rank(leaf) < rank(*found)) found = &leaf;
  }
  return found;
}

std::string role_and_value(const Leaf& leaf) {
  return fmt::format("{} {}", manifest::role_name(leaf.role), shown(leaf.value, kValueBytes));
}

std::string untrusted_argument(const Labels& labels, const std::vector<Leaf>& leaves) {
  const Leaf* leaf = first_untrusted(labels, leaves, false);
  if (leaf == nullptr) {
    const auto offered = std::find_if(leaves.begin(), leaves.end(), [&](const Leaf& each) {
      return each.made && !labels.trusted(each.offered);
    });
    if (offered == leaves.end()) return {};
    return fmt::format("{} stands for something of {}, which nobody vouched for, and this cannot be undone",
                       role_and_value(*offered), origins_in_words(labels.get(offered->offered)));
  }
  const std::string from = origins_in_words(labels.get(leaf->label));
  if (leaf->copied)
    return fmt::format("{} came from {}, which nobody vouched for", role_and_value(*leaf), from);
  return fmt::format("{} was written by the planner after it had read {}, and nobody vouched for it",
                     role_and_value(*leaf), from);
}

std::string leak_sentence(const Labels& labels, const Facts& facts) {
  if (facts.leaks.empty()) return {};
  const Leak& leak = facts.leaks.front();
  const Label& label = labels.get(leak.leaf->label);
  const std::vector<std::string> readers = label.readers.printed();
  return fmt::format("{} carries data of {} to {}, who is not among its readers ({})",
                     leak.leaf->pointer.empty() ? "the argument" : leak.leaf->pointer,
                     origins_in_words(label), shown(leak.recipient, kValueBytes),
                     readers.empty() ? "nobody" : shown(fmt::format("{}", fmt::join(readers, ", "))));
}

// In a mixed session of seal mode: why calls are decided so.
std::string_view in_the_open(const Situation& situation) {
  const bool mixed = situation.mode == Mode::seal &&
                     !situation.workspace->labels().trusted(situation.conversation->context());
  return mixed ? "; it was shown that text, so calls are decided as in guard mode" : "";
}

std::string allowed_sentence(const Situation& situation, const Facts& facts) {
  if (facts.granted != nullptr && facts.granted->planned)
    return fmt::format("planned from the user's words before anything else was read (grant {})",
                       shown(facts.granted->id));
  if (facts.granted != nullptr) return fmt::format("covered by grant {}", shown(facts.granted->id));
  if (!facts.side_effect) return "it only reads";
  if (situation.workspace->labels().trusted(facts.context)) return "the planner has seen only trusted data";
  return "no rule stands against it";
}

}  // namespace

std::string origins_in_words(const Label& label) {
  const bool all = label.trusted();
  std::vector<std::string> names;
  for (const Origin& origin : label.origins) {
    if (!all && origin.trusted) continue;
    std::string name = origin.kind == OriginKind::model ? std::string("what weir did not see")
                                                        : shown(origin.short_text(), kValueBytes);
    if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(std::move(name));
  }
  if (names.empty()) return "an unnamed origin";
  const bool more = all ? label.more_trusted : label.more_untrusted;
  if (names.size() == 1 && !more) return names[0];
  if (names.size() == 2 && !more) return names[0] + " and " + names[1];
  return fmt::format("{}, {} and {} more", names[0], names.size() > 1 ? names[1] : "others",
                     more ? "many" : std::to_string(names.size() - 2));
}

std::string why(const Situation& situation, const Facts& facts, const std::vector<Leaf>& leaves,
                const policy::Outcome& outcome, std::string_view tool_name) {
  const Labels& labels = situation.workspace->labels();
  if (!outcome.errors.empty() && outcome.decision != Decision::allow) {
    const policy::PolicyError& error = outcome.errors.front();
    return fmt::format("policy {} could not be evaluated ({}: {}), so the call is denied", error.policy_id,
                       error.where, error.message);
  }
  if (outcome.decision == Decision::allow) return allowed_sentence(situation, facts);
  if (outcome.determining.empty()) return fmt::format("no policy permits {}", shown(tool_name));
  const auto decided = [&](std::string_view id) {
    return std::any_of(outcome.determining.begin(), outcome.determining.end(),
                       [&](const policy::Determining& d) { return d.policy_id == id; });
  };
  if (decided("unknown-tool"))
    return fmt::format(
        "nobody declared the tool {}: no manifest and no tools list that weir has seen names it",
        shown(tool_name));
  if (decided("copied-command")) {
    if (const Leaf* leaf = first_untrusted(labels, leaves, true)) {
      return fmt::format("{} was copied from {}, which nobody vouched for", role_and_value(*leaf),
                         origins_in_words(labels.get(leaf->label)));
    }
  }
  if (decided("untrusted-authority") || decided("remote-selector")) {
    if (std::string sentence = untrusted_argument(labels, leaves); !sentence.empty()) {
      const Leaf* leaf = first_untrusted(labels, leaves, false);
      if (leaf != nullptr && !leaf->copied) sentence += in_the_open(situation);
      return sentence;
    }
  }
  if (decided("leak")) {
    if (std::string sentence = leak_sentence(labels, facts); !sentence.empty()) return sentence;
  }
  if (decided("untrusted-context")) {
    return fmt::format("the planner has read {}, and nobody allowed {} since{}",
                       origins_in_words(labels.get(facts.context)), shown(tool_name), in_the_open(situation));
  }
  const policy::Determining& first = outcome.determining.front();
  return first.approve ? fmt::format("policy {}: {}", first.policy_id, *first.approve)
                       : fmt::format("policy {} forbids it", first.policy_id);
}

}  // namespace weir::guard
