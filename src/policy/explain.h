// What each rule of a set says of one request, down to the parts of its conditions.
#pragma once

#include <string>
#include <vector>

#include "policy/evaluate.h"
#include "policy/policy_set.h"

namespace weir::policy {

// A part of a condition: a disjunction, a conjunction or one test, with what it came to.
struct Part {
  std::string text;
  Match::Kind holds = Match::Kind::no;  // yes: it is true
  std::string error = {};
  bool all = false;                          // of its parts, all must hold (&&), else one (||)
  std::vector<Part> parts = {};              // of && and ||
  std::vector<std::string> attributes = {};  // of the context, that this part reads
};

struct Block {
  bool unless = false;
  Part part;
};

struct Explained {
  const Policy* policy = nullptr;  // of the set
  Match::Kind matches = Match::Kind::no;
  std::string error = {};
  bool in_scope = false;
  std::vector<Block> blocks = {};
};

// In the order of the set, which must outlive the result.
std::vector<Explained> explain(const PolicySet& policies, const Request& request);

}  // namespace weir::policy
