// What is known of entities: parents (for `in`), attributes and tags.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/error.h"
#include "policy/value.h"

namespace weir::policy {

// An entity that was never added has no parents, attributes or tags; reading an attribute of it is an error.
// Build it first, then read it from many threads.
class Entities {
 public:
  Entities() = default;
  Entities(Entities&&) = default;
  Entities& operator=(Entities&&) = default;
  Entities(const Entities&) = delete;  // entries point into the index
  Entities& operator=(const Entities&) = delete;

  // Adds parents, attributes and tags (records) to what is known of the entity.
  void add(const EntityUid& uid, const std::vector<EntityUid>& parents, Value attributes = Value::record({}),
           Value tags = Value::record({}));
  // Works out all ancestors once, so that is_in() need not walk; add() undoes it. Refuses a cycle, naming an
  // entity in it. Does nothing (and is_in() walks) where that would take more than kPolicyAncestorsMax.
  Status close();

  bool knows(const EntityUid& uid) const { return entry(uid) != nullptr; }
  // True when equal, or `ancestor` is reached over parents. Cycles do no harm. Closed: logarithmic; else
  // linear in the entities.
  bool is_in(const EntityUid& descendant, const EntityUid& ancestor) const;
  // The entity's attributes or tags (a record), or null when it was not added.
  const Value* attributes(const EntityUid& uid) const;
  const Value* tags(const EntityUid& uid) const;

  // Calls f(const EntityUid&) for each ancestor once, not for the entity itself unless it is in a cycle.
  template <class F>
  void each_ancestor(const EntityUid& uid, F&& f) const {
    const uint32_t index = find(uid);
    if (index == kUnknown || entries_[index].parents.empty()) return;
    if (is_closed_) {
      for (const uint32_t ancestor : entries_[index].ancestors) f(*entries_[ancestor].uid);
      return;
    }
    for (const uint32_t ancestor : walk(index)) f(*entries_[ancestor].uid);
  }
  // Calls f(uid, parents, attributes, tags) for each added entity, in an order of its own.
  template <class F>
  void each(F&& f) const {
    for (const Entry& entry : entries_) {
      if (!entry.is_added) continue;
      std::vector<EntityUid> parents;
      parents.reserve(entry.parents.size());
      for (const uint32_t parent : entry.parents) parents.push_back(*entries_[parent].uid);
      f(*entry.uid, parents, entry.attributes, entry.tags);
    }
  }
  size_t size() const { return entries_.size(); }

 private:
  struct Hash {
    size_t operator()(const EntityUid& uid) const {
      return std::hash<std::string_view>{}(uid.id) * 31 + std::hash<std::string_view>{}(uid.type);
    }
  };
  struct Entry {
    const EntityUid* uid = nullptr;  // the key in index_, which never moves
    bool is_added = false;           // else only named as a parent
    std::vector<uint32_t> parents;
    std::vector<uint32_t> ancestors;  // sorted; while closed
    Value attributes;
    Value tags;
  };
  static constexpr uint32_t kUnknown = UINT32_MAX;

  uint32_t find(const EntityUid& uid) const {
    const auto it = index_.find(uid);
    return it == index_.end() ? kUnknown : it->second;
  }
  const Entry* entry(const EntityUid& uid) const {
    const uint32_t index = find(uid);
    return index == kUnknown || !entries_[index].is_added ? nullptr : &entries_[index];
  }
  uint32_t intern(const EntityUid& uid);
  // All ancestors of an entity, each once, sorted.
  std::vector<uint32_t> walk(uint32_t index) const;

  std::unordered_map<EntityUid, uint32_t, Hash> index_;
  std::vector<Entry> entries_;
  bool is_closed_ = false;
};

}  // namespace weir::policy
