// Which policies a request's principal, action and resource fit, without looking at most of the others.
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

// Scopes, compiled: every entity and type that a scope names has a number, and each policy stands under one
// constraint of its scope, the rarest among all policies', or under none. A scope cannot err, so whatever is
// left out would have neither matched nor erred. Holds positions, not pointers: right also when the policies
// move. Unchanging once built; the Scratch of each thread is its own.
class ScopeIndex {
 public:
  // What a search writes into, so that the next one allocates nothing.
  struct Scratch {
    std::vector<uint32_t> seen[3];  // by number: the last search whose principal, action or resource is in it
    uint32_t search = 0;
    std::vector<uint32_t> found;  // positions of the policies whose scope matches, ascending
  };

  ScopeIndex() = default;
  explicit ScopeIndex(const std::vector<Policy>& policies);
  // One more, at the end of the list that the index was made of.
  void add(const Policy& policy);

  // Fills scratch.found. Takes time in the ancestors of the three and in the policies under the constraints
  // that hold, not in all policies.
  void search(const Request& request, const Entities& entities, Scratch& scratch) const;

 private:
  // Principal, action and resource are 0, 1, 2.
  static constexpr int kVariables = 3;

  struct Constraint {
    uint32_t type = kNone;      // number of the type of `is`
    uint32_t equal = kNone;     // number of the entity of ==
    uint32_t in_first = 0;      // in targets_: the entities of `in`, any of which will do
    uint32_t in_count = kNone;  // kNone: there is no `in`
  };
  struct Scope {
    Constraint of[kVariables];
  };
  // The policies that stand under one entity or type.
  struct Bucket {
    std::vector<uint32_t> equal[kVariables];
    std::vector<uint32_t> in[kVariables];
    std::vector<uint32_t> is[kVariables];
  };
  struct Key {
    std::string_view type;
    std::string_view id;
    bool is_type;
    bool operator==(const Key&) const = default;
  };
  struct StoredKey {
    std::string type;
    std::string id;
    bool is_type;
    operator Key() const { return {type, id, is_type}; }
  };
  struct Hash {
    using is_transparent = void;
    size_t operator()(const Key& key) const {
      const std::hash<std::string_view> hash;
      return (hash(key.id) * 31 + hash(key.type)) * 31 + (key.is_type ? 1 : 0);
    }
    size_t operator()(const StoredKey& key) const { return (*this)(Key(key)); }
  };
  struct Equal {
    using is_transparent = void;
    bool operator()(const Key& a, const Key& b) const { return a == b; }
  };

  uint32_t find(const Key& key) const;
  uint32_t intern(const Key& key);
  Scope compile(const Policy& policy);
  // The lists that a policy of this scope could stand in, one choice per constraint.
  std::vector<std::vector<std::vector<uint32_t>*>> choices(const Scope& scope);
  bool fits(const Constraint& constraint, uint32_t self, uint32_t type, const std::vector<uint32_t>& seen,
            uint32_t search) const;

  std::unordered_map<StoredKey, uint32_t, Hash, Equal> numbers_;
  std::vector<Bucket> buckets_;  // by number
  std::vector<uint32_t> targets_;
  std::vector<Scope> scopes_;  // by position
  std::vector<uint32_t> always_;
};

}  // namespace weir::policy
