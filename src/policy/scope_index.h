// Which policies a request could match, by their scopes, without looking at the others.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "policy/ast.h"
#include "policy/entities.h"
#include "policy/request.h"

namespace weir::policy {

// Each policy stands under one constraint of its scope, the rarest among all policies', or under none. A
// scope cannot err, so whatever is left out would have neither matched nor erred. Holds positions, not
// pointers, so it stays right when the policies move.
class ScopeIndex {
 public:
  ScopeIndex() = default;
  explicit ScopeIndex(const std::vector<Policy>& policies);
  // One more, at the end of the list that the index was made of.
  void add(const Policy& policy, uint32_t position);

  // Adds the positions of all policies that could match, ascending, each once. Takes time in the ancestors of
  // principal, action and resource and in what it finds, not in the policies.
  void candidates(const Request& request, const Entities& entities, std::vector<uint32_t>& out) const;

 private:
  // Of principal (0), action (1) or resource (2): 3 × what + 0 for ==, + 1 for in, + 2 for is.
  using Constraint = uint8_t;
  static constexpr Constraint kConstraints = 9;
  struct Key {
    Constraint constraint;
    std::string_view type;
    std::string_view id;  // empty for `is`
    bool operator==(const Key&) const = default;
  };
  struct StoredKey {
    Constraint constraint;
    std::string type;
    std::string id;
    operator Key() const { return {constraint, type, id}; }
  };
  struct Hash {
    using is_transparent = void;
    size_t operator()(const Key& key) const {
      const std::hash<std::string_view> hash;
      return (hash(key.id) * 31 + hash(key.type)) * 31 + key.constraint;
    }
    size_t operator()(const StoredKey& key) const { return (*this)(Key(key)); }
  };
  struct Equal {
    using is_transparent = void;
    bool operator()(const Key& a, const Key& b) const { return a == b; }
  };

  // The keys that a policy can stand under: for each constraint of its scope one, or several (`action in [a,
  // b]`).
  static std::vector<std::vector<Key>> choices(const Policy& policy);
  void put(const std::vector<Key>& keys, uint32_t position);
  void take(const Key& key, std::vector<uint32_t>& out) const;

  std::unordered_map<StoredKey, std::vector<uint32_t>, Hash, Equal> buckets_;
  std::vector<uint32_t> always_;
  bool is_used_[kConstraints] = {};  // whether any key has that constraint
};

}  // namespace weir::policy
