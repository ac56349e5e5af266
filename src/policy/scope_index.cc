#include "policy/scope_index.h"

#include <algorithm>

#include "policy/mutant.h"

namespace weir::policy {

uint32_t ScopeIndex::find(const Key& key) const {
  const auto it = numbers_.find(key);
  return it == numbers_.end() ? kNone : it->second;
}

uint32_t ScopeIndex::intern(const Key& key) {
  if (const uint32_t known = find(key); known != kNone) return known;
  const auto number = static_cast<uint32_t>(buckets_.size());
  numbers_.try_emplace({std::string(key.type), std::string(key.id), key.is_type}, number);
  buckets_.emplace_back();
  return number;
}

ScopeIndex::Scope ScopeIndex::compile(const Policy& policy) {
  Scope out;
  for (const uint32_t root : policy.scope) {
    const Node& node = policy.nodes[root];
    const Op variable = policy.nodes[node.a].op;
    Constraint& constraint = out.of[variable == Op::principal ? 0 : variable == Op::action ? 1 : 2];
    if (node.op == Op::is) {
      constraint.type = intern({policy.strings[node.b], {}, true});
      if (node.c == kNone) continue;
    }
    const Value& of = *policy.constant(node.op == Op::is ? node.c : node.b);
    const auto number = [&](const EntityUid& uid) { return intern({uid.type, uid.id, false}); };
    if (node.op == Op::equal) {
      constraint.equal = number(of.entity());
      continue;
    }
    constraint.in_first = static_cast<uint32_t>(targets_.size());
    if (of.is(Value::Kind::entity)) {
      targets_.push_back(number(of.entity()));
    } else {
      for (const Value& element : of.set()) targets_.push_back(number(element.entity()));
    }
    constraint.in_count = static_cast<uint32_t>(targets_.size()) - constraint.in_first;
  }
  return out;
}

std::vector<std::vector<std::vector<uint32_t>*>> ScopeIndex::choices(const Scope& scope) {
  std::vector<std::vector<std::vector<uint32_t>*>> out;
  for (int v = 0; v < kVariables; ++v) {
    const Constraint& c = scope.of[v];
    if (c.equal != kNone) out.push_back({&buckets_[c.equal].equal[v]});
    if (c.type != kNone) out.push_back({&buckets_[c.type].is[v]});
    if (c.in_count == kNone) continue;
    out.emplace_back();
    for (uint32_t i = 0; i < c.in_count; ++i) out.back().push_back(&buckets_[targets_[c.in_first + i]].in[v]);
  }
  return out;
}

ScopeIndex::ScopeIndex(const std::vector<Policy>& policies) {
  for (const Policy& policy : policies) scopes_.push_back(compile(policy));
  // First all under all their constraints, to see how many come together under each.
  std::unordered_map<const std::vector<uint32_t>*, size_t> population;
  for (const Scope& scope : scopes_) {
    for (const auto& lists : choices(scope)) {
      for (const std::vector<uint32_t>* list : lists) ++population[list];
    }
  }
  const auto crowd = [&](const std::vector<std::vector<uint32_t>*>& lists) {
    size_t sum = 0;
    for (const std::vector<uint32_t>* list : lists) sum += population[list];
    return sum;
  };
  for (uint32_t i = 0; i < scopes_.size(); ++i) {
    auto all = choices(scopes_[i]);
    if (all.empty()) {
      always_.push_back(i);
      continue;
    }
    const auto rarest = std::min_element(all.begin(), all.end(),
                                         [&](const auto& a, const auto& b) { return crowd(a) < crowd(b); });
    for (std::vector<uint32_t>* list : *rarest) list->push_back(i);
  }
}

void ScopeIndex::add(const Policy& policy) {
  const auto position = static_cast<uint32_t>(scopes_.size());
  scopes_.push_back(compile(policy));
  const auto all = choices(scopes_.back());
  if (all.empty()) {
    always_.push_back(position);
  } else {
    for (std::vector<uint32_t>* list : all.front()) list->push_back(position);
  }
}

bool ScopeIndex::fits(const Constraint& c, uint32_t self, uint32_t type, const std::vector<uint32_t>& seen,
                      uint32_t search) const {
  if (c.equal != kNone && c.equal != self) return false;
  if (c.type != kNone && c.type != type) return false;
  if (c.in_count == kNone) return true;
  for (uint32_t i = 0; i < c.in_count; ++i) {
    if (seen[targets_[c.in_first + i]] == search) return true;
  }
  return false;
}

void ScopeIndex::search(const Request& request, const Entities& entities, Scratch& scratch) const {
  const EntityUid* const uids[] = {&request.principal, &request.action, &request.resource};
  uint32_t self[kVariables];
  uint32_t type[kVariables];
  if (++scratch.search == 0) {  // wrapped: what is remembered could be taken for new
    for (std::vector<uint32_t>& seen : scratch.seen) seen.clear();
    scratch.search = 1;
  }
  std::vector<uint32_t>& found = scratch.found;
  found.assign(always_.begin(), always_.end());
  const auto take = [&](const std::vector<uint32_t>& list) {
    found.insert(found.end(), list.begin(), list.end());
  };
  for (int v = 0; v < kVariables; ++v) {
    std::vector<uint32_t>& seen = scratch.seen[v];
    if (seen.size() < buckets_.size()) seen.resize(buckets_.size());
    self[v] = find({uids[v]->type, uids[v]->id, false});
    type[v] = find({uids[v]->type, {}, true});
    if (type[v] != kNone) take(buckets_[type[v]].is[v]);
    if (self[v] != kNone) {
      take(buckets_[self[v]].equal[v]);
      take(buckets_[self[v]].in[v]);
      seen[self[v]] = scratch.search;
    }
    entities.each_ancestor(*uids[v], [&](const EntityUid& ancestor) {
      const uint32_t number = find({ancestor.type, ancestor.id, false});
      // In itself over a cycle: it has been.
      if (number == kNone || seen[number] == scratch.search || WEIR_MUTANT(11)) return;
      take(buckets_[number].in[v]);
      seen[number] = scratch.search;
    });
  }
  std::erase_if(found, [&](uint32_t position) {
    const Scope& scope = scopes_[position];
    for (int v = 0; v < kVariables; ++v) {
      if (!fits(scope.of[v], self[v], type[v], scratch.seen[v], scratch.search)) return true;
    }
    return false;
  });
  std::sort(found.begin(), found.end());
  found.erase(std::unique(found.begin(), found.end()), found.end());
}

}  // namespace weir::policy
