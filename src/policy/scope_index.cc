#include "policy/scope_index.h"

#include <algorithm>

namespace weir::policy {

std::vector<std::vector<ScopeIndex::Key>> ScopeIndex::choices(const Policy& policy) {
  std::vector<std::vector<Key>> out;
  for (const uint32_t root : policy.scope) {
    const Node& node = policy.nodes[root];
    const Op variable = policy.nodes[node.a].op;
    const auto base = static_cast<Constraint>(variable == Op::principal ? 0 : variable == Op::action ? 3 : 6);
    const auto key = [&](int how, const EntityUid& uid) {
      return Key{static_cast<Constraint>(base + how), uid.type, uid.id};
    };
    if (node.op == Op::is) {
      out.push_back({{static_cast<Constraint>(base + 2), policy.strings[node.b], {}}});
      if (node.c == kNone) continue;
    }
    const Value* of = policy.constant(node.op == Op::is ? node.c : node.b);
    if (of == nullptr) continue;
    const int how = node.op == Op::equal ? 0 : 1;
    std::vector<Key> keys;
    if (of->is(Value::Kind::entity)) {
      keys.push_back(key(how, of->entity()));
    } else {
      for (const Value& element : of->set()) keys.push_back(key(how, element.entity()));
    }
    out.push_back(std::move(keys));
  }
  return out;
}

ScopeIndex::ScopeIndex(const std::vector<Policy>& policies) {
  std::unordered_map<Key, size_t, Hash, Equal> population;
  for (const Policy& policy : policies) {
    for (const std::vector<Key>& keys : choices(policy)) {
      for (const Key& key : keys) ++population[key];
    }
  }
  const auto crowd = [&](const std::vector<Key>& keys) {
    size_t sum = 0;
    for (const Key& key : keys) sum += population[key];
    return sum;
  };
  for (uint32_t i = 0; i < policies.size(); ++i) {
    const std::vector<std::vector<Key>> all = choices(policies[i]);
    if (all.empty()) {
      always_.push_back(i);
      continue;
    }
    put(*std::min_element(all.begin(), all.end(),
                          [&](const auto& a, const auto& b) { return crowd(a) < crowd(b); }),
        i);
  }
}

void ScopeIndex::add(const Policy& policy, uint32_t position) {
  const std::vector<std::vector<Key>> all = choices(policy);
  if (all.empty()) {
    always_.push_back(position);
  } else {
    put(all.front(), position);
  }
}

void ScopeIndex::put(const std::vector<Key>& keys, uint32_t position) {
  for (const Key& key : keys) {
    is_used_[key.constraint] = true;
    const auto it = buckets_.find(key);
    if (it != buckets_.end()) {
      it->second.push_back(position);
    } else {
      buckets_.try_emplace({key.constraint, std::string(key.type), std::string(key.id)}, 1, position);
    }
  }
}

void ScopeIndex::take(const Key& key, std::vector<uint32_t>& out) const {
  const auto it = buckets_.find(key);
  if (it != buckets_.end()) out.insert(out.end(), it->second.begin(), it->second.end());
}

void ScopeIndex::candidates(const Request& request, const Entities& entities,
                            std::vector<uint32_t>& out) const {
  const size_t begin = out.size();
  out.insert(out.end(), always_.begin(), always_.end());
  const EntityUid* const uids[] = {&request.principal, &request.action, &request.resource};
  for (Constraint what = 0; what < 3; ++what) {
    const EntityUid& uid = *uids[what];
    const auto base = static_cast<Constraint>(3 * what);
    const auto in = static_cast<Constraint>(base + 1);
    const auto is = static_cast<Constraint>(base + 2);
    if (is_used_[base]) take({base, uid.type, uid.id}, out);
    if (is_used_[is]) take({is, uid.type, {}}, out);
    if (!is_used_[in]) continue;
    take({in, uid.type, uid.id}, out);
    entities.each_ancestor(uid, [&](const EntityUid& a) { take({in, a.type, a.id}, out); });
  }
  std::sort(out.begin() + static_cast<std::ptrdiff_t>(begin), out.end());
  out.erase(std::unique(out.begin() + static_cast<std::ptrdiff_t>(begin), out.end()), out.end());
}

}  // namespace weir::policy
