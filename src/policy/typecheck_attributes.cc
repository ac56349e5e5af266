// Attributes, tags, and which of them are known to be there.
#include <fmt/format.h>

#include <algorithm>

#include "base/bytes.h"
#include "base/toml.h"
#include "policy/typecheck.h"

namespace weir::policy {
namespace {

using Kind = Type::Kind;

template <class List, class Element>
bool holds(const List& list, const Element& element) {
  return std::binary_search(list.begin(), list.end(), element);
}

}  // namespace

const Attributes* TypeChecker::attributes(const Type& type) const {
  if (type.kind == Kind::record) return &type.attributes;
  const EntityType* entity = type.kind == Kind::entity ? schema_.entity_type(type.entity) : nullptr;
  return entity == nullptr ? nullptr : &entity->attributes;
}

const AttributeType* TypeChecker::attribute(const Type& type, const std::string& name) const {
  const Attributes* all = attributes(type);
  if (all == nullptr) return nullptr;
  const auto it = all->find(name);
  return it == all->end() ? nullptr : &it->second;
}

Error TypeChecker::missing_attribute(const Type& type, const std::string& name) const {
  std::vector<std::string_view> known;
  if (const Attributes* all = attributes(type)) {
    for (const auto& row : *all) known.push_back(row.first);
  }
  return bad_input(
      fmt::format("{} has no attribute \"{}\"",
                  type.kind == Kind::entity ? shown(type.entity, 80) : "this record", shown(name, 40)),
      {}, toml::did_you_mean(name, known));
}

TypeChecker::Answer TypeChecker::check_attribute(uint32_t index, const Capabilities& prior) {
  const Node& node = policy_.nodes[index];
  const std::string& name = policy_.strings[node.b];
  const Answer base = expect(node.a, prior, Expect::entity_or_record);
  if (base.type == nullptr) return {nullptr, false};
  const AttributeType* found = attribute(*base.type, name);
  if (found == nullptr) {
    Error error = missing_attribute(*base.type, name);
    if (policy_.nodes[node.a].op == Op::context) {
      error.message = fmt::format("the context has no attribute \"{}\" for {}", shown(name, 40),
                                  shown(environment_.action->uid.text(), 80));
    }
    sink_.error(node.at, std::move(error.message), std::move(error.hint));
    return {nullptr, false};
  }
  const Capability needed = {shapes_.of(node.a), 0, shapes_.text(name)};
  if (found->is_required || holds(prior, needed)) return {found->type, base.ok};
  sink_.error(node.at, fmt::format("the attribute \"{}\" may be missing here", shown(name, 40)),
              fmt::format("ask first: … has {} && …", shown(name, 40)));
  return {found->type, false};
}

TypeChecker::Answer TypeChecker::check_has(const Node& node, const Capabilities& prior) {
  Answer base = expect(node.a, prior, Expect::entity_or_record);
  uint32_t shape = shapes_.of(node.a);
  Answer all;
  Capabilities known = prior;
  for (uint32_t i = 0; i < node.c; ++i) {
    const std::string& name = policy_.strings[policy_.extra[node.b + i]];
    const Answer step = check_has_step(base, shape, name, known);
    all = i == 0 ? step : conjunction(all, step);
    if (i + 1 == node.c || all.type->kind == Kind::false_) break;
    // On to x.name, which is known to be there now.
    Capabilities both;
    std::set_union(known.begin(), known.end(), all.has.begin(), all.has.end(), std::back_inserter(both));
    known = std::move(both);
    const AttributeType* found = base.type == nullptr ? nullptr : attribute(*base.type, name);
    base = found == nullptr ? Answer{nullptr, false} : Answer{found->type, base.ok};
    if (base.type != nullptr && base.type->kind != Kind::entity && base.type->kind != Kind::record) {
      sink_.error(node.at, fmt::format("\"{}\" is {}, which has no attributes", shown(name, 40),
                                       shown(base.type->text(), 80)));
      base = {nullptr, false};
    }
    shape = shapes_.attribute(shape, name);
  }
  return all;
}

TypeChecker::Answer TypeChecker::check_has_step(const Answer& base, uint32_t shape, const std::string& name,
                                                const Capabilities& prior) {
  if (base.type == nullptr) return {simple_type(Kind::boolean), false};
  const AttributeType* found = attribute(*base.type, name);
  if (found == nullptr) return {simple_type(Kind::false_), base.ok};
  const Capability gained = {shape, 0, shapes_.text(name)};
  const bool always = holds(prior, gained) || (found->is_required && base.type->kind == Kind::record);
  Answer out{simple_type(always ? Kind::true_ : Kind::boolean), base.ok};
  if (out.ok) out.has = {gained};
  return out;
}

TypeChecker::Answer TypeChecker::check_tag(const Node& node, const Capabilities& prior) {
  const Answer of = expect(node.a, prior, Expect::entity);
  const Answer name = expect(node.b, prior, Expect::string);
  const bool ok = of.ok && name.ok;
  if (of.type == nullptr) return {nullptr, false};
  const EntityType* type = schema_.entity_type(of.type->entity);
  const TypePtr tags = type == nullptr ? nullptr : type->tags;
  const Capability capability = {shapes_.of(node.a), 1, shapes_.of(node.b)};
  const bool is_there = holds(prior, capability);
  if (node.op == Op::has_tag) {
    Answer out{simple_type(tags == nullptr ? Kind::false_ : is_there ? Kind::true_ : Kind::boolean), ok};
    if (ok) out.has = {capability};
    return out;
  }
  if (is_there && tags != nullptr) return {tags, ok};
  sink_.error(node.at,
              tags == nullptr ? fmt::format("{} has no tags", shown(of.type->entity, 80))
                              : "this tag may be missing here",
              tags == nullptr ? "" : "ask first: ….hasTag(…) && …");
  return {nullptr, false};
}

uint32_t Shapes::intern(std::string key) {
  return known_.try_emplace(std::move(key), static_cast<uint32_t>(known_.size())).first->second;
}

uint32_t Shapes::attribute(uint32_t shape, const std::string& name) {
  return intern(fmt::format(". {} {}", shape, name));
}

uint32_t Shapes::text(const std::string& text) {
  return intern("\" " + text);
}

Shapes::Shapes(const Policy& policy) {
  for (uint32_t i = 0; i < policy.nodes.size(); ++i) shapes_.push_back(intern(key(policy, i)));
}

// Children stand before their parents.
std::string Shapes::key(const Policy& policy, uint32_t index) {
  const Node& node = policy.nodes[index];
  switch (node.op) {
    case Op::literal:
      return "= " + policy.literals[node.a].text();
    case Op::attribute:
      return fmt::format(". {} {}", shapes_[node.a], policy.strings[node.b]);
    case Op::like: {
      std::string out = fmt::format("like {}", shapes_[node.a]);
      const Pattern& pattern = policy.patterns[node.b];
      for (size_t i = 0; i < pattern.pieces(); ++i) out += " " + quoted(pattern.piece(i));
      return out;
    }
    case Op::is:
      return fmt::format("is {} {} {}", shapes_[node.a], node.c == kNone ? kNone : shapes_[node.c],
                         policy.strings[node.b]);
    case Op::has: {
      std::string out = fmt::format("has {}", shapes_[node.a]);
      for (uint32_t i = 0; i < node.c; ++i) out += " " + quoted(policy.strings[policy.extra[node.b + i]]);
      return out;
    }
    case Op::and_:
    case Op::or_:
    case Op::set:
    case Op::record:
    case Op::call: {
      std::string out = fmt::format("{} {}", static_cast<int>(node.op), static_cast<int>(node.function));
      for (uint32_t i = 0; i < node.c; ++i) out += fmt::format(" {}", shapes_[policy.extra[node.b + i]]);
      for (uint32_t i = 0; node.op == Op::record && i < node.c; ++i) {
        out += " " + quoted(policy.strings[policy.extra[node.b + node.c + i]]);
      }
      return out;
    }
    case Op::slot:
      return fmt::format("slot {}", node.a);
    default: {
      std::string out = fmt::format("{}", static_cast<int>(node.op));
      for (const uint32_t child : {node.a, node.b, node.c}) {
        if (child != kNone) out += fmt::format(" {}", shapes_[child]);
      }
      return out;
    }
  }
}

}  // namespace weir::policy
