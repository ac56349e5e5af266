// The few grants and trust rules that would have let through what happened.
//
// Each proposal is checked by deciding the recorded requests again with it; what none could let through (a
// copied command, an unknown tool) is listed as such: for what was denied, no source is proposed to be
// trusted. The smallest set is looked for greedily: it is short,
// not proven the shortest. Nothing is applied; each proposal says what it risks.
#pragma once

#include <string>
#include <vector>

#include "manifest/manifests.h"
#include "review/recorded.h"

namespace weir::review {

struct Proposal {
  enum class Kind : uint8_t { grant, trust };
  Kind kind = Kind::grant;
  std::string text;                     // the line for a shell, or the lines for weir.toml
  std::string risk;                     // one sentence without a full stop
  size_t calls = 0;                     // that it helped to let through
  std::vector<uint64_t> examples = {};  // some of their entries
};

struct Stuck {
  std::string tool;
  std::string why;  // of the first
  std::vector<std::string> policies = {};
  size_t calls = 0;
};

struct Lesson {
  size_t looked_at = 0;                  // decisions
  size_t passed = 0;                     // allowed as they were
  size_t without_request = 0;            // nothing to decide again
  std::vector<Proposal> proposals = {};  // what helps most first
  std::vector<Stuck> stuck = {};
};

// Of decisions that were not allowed: all, whatever a person answered. The manifests say which principals a
// trust rule can go by.
Lesson learn(const std::vector<Recorded>& recorded, const policy::PolicySet& policies,
             const manifest::Manifests& manifests);

}  // namespace weir::review
