#include "policy/context_space.h"

#include <algorithm>
#include <array>
#include <limits>
#include <map>
#include <set>

#include "policy/label_attributes.h"

namespace weir::policy {
namespace {

constexpr uint64_t kMost = std::numeric_limits<uint32_t>::max();

struct Words {
  std::string_view attribute;
  std::vector<std::string> words;
};

const std::vector<Words>& known_words() {
  static const std::vector<std::string> kRoles{"amount", "command", "recipient", "selector", "target"};
  static const std::vector<Words> kWords{
      {"mode", {"guard", "seal", "watch"}},
      {"intent", {"off", "no", "yes"}},
      {"effects", {"read", "write", "send", "execute", "pay", "delete"}},
      {"untrusted_roles", kRoles},
      {"copied_roles", kRoles},
  };
  return kWords;
}

// What the policies mention.
struct Uses {
  std::set<std::string> attributes;
  std::set<std::string> open;     // sets that are used otherwise than by asking for named elements
  std::set<std::string> strings;  // literals
  std::set<EntityUid> entities;
  bool principal = false, action = false, resource = false;
  bool understood = true;
};

void note_literal(const Value& value, Uses& uses) {
  if (value.is(Value::Kind::string)) uses.strings.insert(value.string());
  if (value.is(Value::Kind::entity)) uses.entities.insert(value.entity());
  if (value.is(Value::Kind::set)) {
    for (const Value& element : value.set()) note_literal(element, uses);
  }
  if (value.is(Value::Kind::record)) uses.understood = false;
}

bool is_context_attribute(const Policy& policy, uint32_t index) {
  const Node& node = policy.nodes[index];
  return node.op == Op::attribute && policy.nodes[node.a].op == Op::context;
}

// A literal, or a set of literals.
bool is_constant(const Policy& policy, uint32_t index) {
  const Node& node = policy.nodes[index];
  if (node.op == Op::literal) return true;
  if (node.op != Op::set) return false;
  for (uint32_t i = 0; i < node.c; ++i) {
    if (policy.nodes[policy.extra[node.b + i]].op != Op::literal) return false;
  }
  return true;
}

void note_policy(const Policy& policy, Uses& uses) {
  std::set<uint32_t> asked;  // attributes that are only asked for named elements, or for being empty
  std::set<uint32_t> contexts;
  for (const Node& node : policy.nodes) {
    switch (node.op) {
      case Op::contains:
      case Op::contains_all:
      case Op::contains_any:
        if (is_context_attribute(policy, node.a) && is_constant(policy, node.b)) asked.insert(node.a);
        break;
      case Op::is_empty:
        asked.insert(node.a);
        break;
      case Op::principal:
        uses.principal = true;
        break;
      case Op::action:
        uses.action = true;
        break;
      case Op::resource:
        uses.resource = true;
        break;
      default:
        break;
    }
  }
  for (uint32_t i = 0; i < policy.nodes.size(); ++i) {
    const Node& node = policy.nodes[i];
    if (node.op == Op::attribute && policy.nodes[node.a].op == Op::context) {
      uses.attributes.insert(policy.strings[node.b]);
      if (!asked.contains(i)) uses.open.insert(policy.strings[node.b]);
      contexts.insert(node.a);
    }
  }
  // The context as a whole (`has`, compared, put into a record) is not looked into.
  for (uint32_t i = 0; i < policy.nodes.size(); ++i) {
    if (policy.nodes[i].op == Op::context && !contexts.contains(i)) uses.understood = false;
  }
  for (const Value& literal : policy.literals) note_literal(literal, uses);
}

// Elements that are named, and one that stands for all others; reading is no side effect, and so not one of
// the others.
std::vector<std::string> elements_to_vary(const Words& words, const Uses& uses) {
  if (uses.open.contains(std::string(words.attribute))) return words.words;
  std::vector<std::string> out;
  bool other = false;
  for (const std::string& word : words.words) {
    if (uses.strings.contains(word) || word == "read") {
      out.push_back(word);
    } else if (!other) {
      other = true;
      out.push_back(word);
    }
  }
  return out;
}

std::vector<Value> subsets(const std::vector<std::string>& elements) {
  std::vector<Value> out;
  for (uint32_t mask = 0; mask < (1U << elements.size()); ++mask) {
    std::vector<Value> chosen;
    for (size_t i = 0; i < elements.size(); ++i) {
      if ((mask >> i & 1U) != 0) chosen.emplace_back(elements[i]);
    }
    out.push_back(Value::set(std::move(chosen)));
  }
  return out;
}

std::optional<std::vector<Value>> values_of(const std::string& name, const Attribute& attribute,
                                            const Uses& uses) {
  const bool set = attribute.polarity == Polarity::worse_when_present ||
                   attribute.polarity == Polarity::better_when_present ||
                   attribute.type == Attribute::Type::set;
  const bool boolean = attribute.polarity == Polarity::worse_when_true ||
                       attribute.polarity == Polarity::worse_when_false ||
                       attribute.type == Attribute::Type::boolean;
  if (boolean) return std::vector<Value>{Value(false), Value(true)};
  for (const Words& words : known_words()) {
    if (words.attribute != name) continue;
    if (set) return subsets(elements_to_vary(words, uses));
    return std::vector<Value>(words.words.begin(), words.words.end());
  }
  return std::nullopt;
}

// Principals are sessions, actions tools and resources servers, whatever else a policy names.
std::vector<EntityUid> entities_of(const Uses& uses, const std::string& type, bool used) {
  std::vector<EntityUid> out;
  for (const EntityUid& uid : uses.entities) {
    if (used && uid.type == type) out.push_back(uid);
  }
  out.push_back({type, "any other"});
  return out;
}

}  // namespace

std::optional<std::vector<std::string>> words_of_attribute(std::string_view attribute) {
  for (const Words& words : known_words()) {
    if (words.attribute == attribute) return words.words;
  }
  return std::nullopt;
}

std::optional<ContextSpace> ContextSpace::of(const std::vector<const Policy*>& policies) {
  Uses uses;
  for (const Policy* policy : policies) note_policy(*policy, uses);
  if (!uses.understood) return std::nullopt;
  ContextSpace space;
  const auto grow = [&](uint64_t by) {
    space.size_ = std::min(kMost, space.size_ * std::max<uint64_t>(by, 1));
  };
  const AttributeTable table = label_attributes();
  for (const std::string& name : uses.attributes) {
    const auto known = table.find(name);
    if (known == table.end()) return std::nullopt;
    auto values = values_of(name, known->second, uses);
    if (!values) return std::nullopt;
    grow(values->size());
    space.dimensions_.push_back({name, std::move(*values)});
  }
  space.principals_ = entities_of(uses, "Session", uses.principal);
  space.resources_ = entities_of(uses, "Server", uses.resource);
  space.actions_ = entities_of(uses, "Action", uses.action);
  space.action_and_resource_ = uses.action && uses.resource;
  if (space.action_and_resource_) {
    for (const EntityUid& resource : space.resources_) {
      space.actions_.push_back({"Action", resource.id + "/any other"});
    }
  }
  grow(space.principals_.size());
  grow(space.actions_.size());
  grow(space.resources_.size());
  return space;
}

std::optional<Request> ContextSpace::at(uint64_t n) const {
  const auto next = [&n](size_t count) {
    const auto i = static_cast<size_t>(n % count);
    n /= count;
    return i;
  };
  std::vector<Value::Field> fields;
  fields.reserve(dimensions_.size());
  const Value *effects = nullptr, *side_effect = nullptr;
  for (const Dimension& dimension : dimensions_) {
    const Value& value = dimension.values[next(dimension.values.size())];
    if (dimension.attribute == "effects") effects = &value;
    if (dimension.attribute == "side_effect") side_effect = &value;
    fields.emplace_back(dimension.attribute, value);
  }
  if (effects != nullptr && side_effect != nullptr) {
    const auto& set = effects->set();
    const bool any = std::any_of(set.begin(), set.end(), [](const Value& e) { return e.string() != "read"; });
    if (any != side_effect->boolean()) return std::nullopt;
  }
  Request request{principals_[next(principals_.size())], actions_[next(actions_.size())],
                  resources_[next(resources_.size())], Value::record(std::move(fields))};
  if (action_and_resource_ && request.action.id.substr(0, request.action.id.find('/')) != request.resource.id)
    return std::nullopt;
  return request;
}

}  // namespace weir::policy
