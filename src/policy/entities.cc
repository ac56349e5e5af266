#include "policy/entities.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>

#include "base/bytes.h"
#include "base/limits.h"

namespace weir::policy {
namespace {

// Both records' fields; where both have one, the newer's.
Value merged(const Value& older, Value newer) {
  if (!older.is(Value::Kind::record) || older.record().empty()) return newer;
  std::vector<Value::Field> fields = newer.record();
  for (const Value::Field& field : older.record()) {
    if (newer.field(field.first) == nullptr) fields.push_back(field);
  }
  return Value::record(std::move(fields));
}

}  // namespace

uint32_t Entities::intern(const EntityUid& uid) {
  const auto [it, is_new] = index_.try_emplace(uid, static_cast<uint32_t>(entries_.size()));
  if (is_new) entries_.push_back({.uid = &it->first});
  return it->second;
}

void Entities::add(const EntityUid& uid, const std::vector<EntityUid>& parents, Value attributes,
                   Value tags) {
  assert(attributes.is(Value::Kind::record) && tags.is(Value::Kind::record));
  is_closed_ = false;
  const uint32_t index = intern(uid);
  for (const EntityUid& parent : parents) {
    const uint32_t parent_index = intern(parent);
    entries_[index].parents.push_back(parent_index);
  }
  Entry& entry = entries_[index];
  entry.is_added = true;
  entry.attributes = merged(entry.attributes, std::move(attributes));
  entry.tags = merged(entry.tags, std::move(tags));
}

std::vector<uint32_t> Entities::walk(uint32_t index) const {
  std::vector<bool> seen(entries_.size());
  std::vector<uint32_t> out;
  std::vector<uint32_t> open = {index};
  while (!open.empty()) {
    const uint32_t next = open.back();
    open.pop_back();
    for (const uint32_t parent : entries_[next].parents) {
      if (seen[parent]) continue;
      seen[parent] = true;
      out.push_back(parent);
      open.push_back(parent);
    }
  }
  std::sort(out.begin(), out.end());
  return out;
}

// Parents before children, each entity's ancestors from its parents'. Iterative: chains may be long.
Status Entities::close() {
  is_closed_ = false;
  enum class State : uint8_t { fresh, open, done };
  std::vector<State> states(entries_.size(), State::fresh);
  std::vector<std::pair<uint32_t, size_t>> path;  // an entity, and how many of its parents are done
  size_t total = 0;
  for (Entry& entry : entries_) entry.ancestors.clear();
  for (uint32_t root = 0; root < entries_.size(); ++root) {
    if (states[root] != State::fresh) continue;
    states[root] = State::open;
    path.emplace_back(root, 0);
    while (!path.empty()) {
      const uint32_t index = path.back().first;
      Entry& entry = entries_[index];
      if (path.back().second < entry.parents.size()) {
        const uint32_t parent = entry.parents[path.back().second++];
        if (states[parent] == State::open) {
          return bad_input(fmt::format("{} is its own ancestor", shown(entries_[parent].uid->text(), 80)));
        }
        if (states[parent] == State::fresh) {
          states[parent] = State::open;
          path.emplace_back(parent, 0);
        }
        continue;
      }
      for (const uint32_t parent : entry.parents) {
        entry.ancestors.push_back(parent);
        const std::vector<uint32_t>& more = entries_[parent].ancestors;
        entry.ancestors.insert(entry.ancestors.end(), more.begin(), more.end());
      }
      std::sort(entry.ancestors.begin(), entry.ancestors.end());
      entry.ancestors.erase(std::unique(entry.ancestors.begin(), entry.ancestors.end()),
                            entry.ancestors.end());
      total += entry.ancestors.size();
      if (total > limits::kPolicyAncestorsMax) return {};
      states[index] = State::done;
      path.pop_back();
    }
  }
  is_closed_ = true;
  return {};
}

bool Entities::is_in(const EntityUid& descendant, const EntityUid& ancestor) const {
  if (descendant == ancestor) return true;
  const uint32_t from = find(descendant);
  if (from == kUnknown || entries_[from].parents.empty()) return false;
  const uint32_t to = find(ancestor);
  if (to == kUnknown) return false;
  if (is_closed_) {
    return std::binary_search(entries_[from].ancestors.begin(), entries_[from].ancestors.end(), to);
  }
  const std::vector<uint32_t> all = walk(from);
  return std::binary_search(all.begin(), all.end(), to);
}

const Value* Entities::attributes(const EntityUid& uid) const {
  const Entry* found = entry(uid);
  return found == nullptr ? nullptr : &found->attributes;
}

const Value* Entities::tags(const EntityUid& uid) const {
  const Entry* found = entry(uid);
  return found == nullptr ? nullptr : &found->tags;
}

}  // namespace weir::policy
