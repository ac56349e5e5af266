#include "policy/typecheck.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "base/bytes.h"

namespace weir::policy {
namespace {

using Kind = Type::Kind;
using Capabilities = std::vector<std::array<uint32_t, 3>>;

bool is_true(const TypePtr& type) {
  return type != nullptr && type->kind == Kind::true_;
}
bool is_false(const TypePtr& type) {
  return type != nullptr && type->kind == Kind::false_;
}
const TypePtr& known_boolean(bool value) {
  return simple_type(value ? Kind::true_ : Kind::false_);
}

Capabilities united(const Capabilities& a, const Capabilities& b) {
  if (a.empty()) return b;
  if (b.empty()) return a;
  Capabilities out;
  std::set_union(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(out));
  return out;
}

Capabilities common(const Capabilities& a, const Capabilities& b) {
  Capabilities out;
  std::set_intersection(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(out));
  return out;
}

}  // namespace

const TypePtr& simple_type(Kind kind) {
  static const std::array<TypePtr, 13> kTypes = [] {
    std::array<TypePtr, 13> out;
    for (size_t i = 0; i < out.size(); ++i)
      out[i] = std::make_shared<const Type>(Type{.kind = static_cast<Kind>(i)});
    return out;
  }();
  return kTypes[static_cast<size_t>(kind)];
}

Kind type_kind(Value::Kind kind) {
  static constexpr Kind kKinds[] = {Kind::boolean,  Kind::integer, Kind::string,  Kind::entity,
                                    Kind::set,      Kind::record,  Kind::decimal, Kind::ip,
                                    Kind::datetime, Kind::duration};
  return kKinds[static_cast<size_t>(kind)];
}

bool TypeChecker::is_impossible(const Environment& environment) {
  environment_ = environment;
  Type context{.kind = Kind::record, .attributes = environment.action->context};
  for (const auto& [name, attribute] : context.attributes) context.size += attribute.type->size;
  context_ = std::make_shared<const Type>(std::move(context));
  // The scope in its order, then the conditions from the last inwards: c1 && (c2 && c3).
  Answer all{known_boolean(true)};
  for (const uint32_t root : policy_.scope) {
    if (is_false(all.type)) return true;
    all = conjunction(all, expect(root, all.has, Expect::boolean));
  }
  std::vector<Answer> pending;
  Capabilities prior = all.has;
  for (const Condition& condition : policy_.conditions) {
    if (is_false(all.type) || (!pending.empty() && is_false(pending.back().type))) break;
    Answer answer = expect(condition.root, prior, Expect::boolean);
    if (condition.unless) answer = negation(std::move(answer));
    prior = united(prior, answer.has);
    pending.push_back(std::move(answer));
  }
  while (pending.size() > 1) {
    Answer last = std::move(pending.back());
    pending.pop_back();
    pending.back() = conjunction(pending.back(), last);
  }
  if (!pending.empty()) all = conjunction(all, pending.front());
  return is_false(all.type);
}

TypeChecker::Answer TypeChecker::entity(std::string_view type) const {
  return {std::make_shared<const Type>(Type{.kind = Kind::entity, .entity = std::string(type)})};
}

TypeChecker::Answer TypeChecker::check(uint32_t index, const Capabilities& prior) {
  const Node& node = policy_.nodes[index];
  if (!sink_.spend(1 + prior.size() / 4)) return {nullptr, false};
  switch (node.op) {
    case Op::literal:
      return check_value(policy_.literals[node.a], node.at);
    case Op::principal:
      return entity(environment_.principal);
    case Op::action:
      return entity(environment_.action->uid.type);
    case Op::resource:
      return entity(environment_.resource);
    case Op::context:
      return {context_};
    case Op::slot:
      return entity(environment_.slots[node.a]);
    case Op::attribute:
      return check_attribute(index, prior);
    case Op::has:
      return check_has(node, prior);
    case Op::has_tag:
    case Op::get_tag:
      return check_tag(node, prior);
    case Op::like:
      return {simple_type(Kind::boolean), expect(node.a, prior, Expect::string).ok};
    case Op::is:
      return check_is(node, prior);
    case Op::and_:
    case Op::or_:
      return check_logic(node, prior);
    case Op::not_:
      return negation(expect(node.a, prior, Expect::boolean));
    case Op::if_:
      return check_if(node, prior);
    case Op::equal:
      return check_equal(node, prior);
    case Op::not_equal:
      return negation(check_equal(node, prior));
    case Op::less:
    case Op::less_equal:
    case Op::greater:
    case Op::greater_equal:
      return check_order(node, prior);
    case Op::negate:
    case Op::add:
    case Op::subtract:
    case Op::multiply:
      return check_arithmetic(node, prior);
    case Op::in:
      return check_in(node.a, node.b, prior);
    case Op::contains:
    case Op::contains_all:
    case Op::contains_any:
    case Op::is_empty:
      return check_set_method(node, prior);
    case Op::set:
      return check_set(node, prior);
    case Op::record:
      return check_record(node, prior);
    case Op::call:
      return check_call(node, prior);
  }
  return {nullptr, false};
}

void TypeChecker::wrong(uint32_t index, const Type& type, std::string_view expected, std::string hint) {
  sink_.error(policy_.nodes[index].at, fmt::format("expected {}, got {}", expected, shown(type.text(), 200)),
              std::move(hint));
}

TypeChecker::Answer TypeChecker::expect(uint32_t index, const Capabilities& prior, Expect what) {
  Answer answer = check(index, prior);
  if (answer.type == nullptr) return {nullptr, false};
  const Kind kind = answer.type->kind;
  bool fits = false;
  std::string_view name;
  switch (what) {
    case Expect::boolean:
      fits = answer.type->is_boolean();
      name = "Bool";
      break;
    case Expect::integer:
      fits = kind == Kind::integer;
      name = "Long";
      break;
    case Expect::string:
      fits = kind == Kind::string;
      name = "String";
      break;
    case Expect::set:
      fits = kind == Kind::set;
      name = "a set";
      break;
    case Expect::entity:
      fits = kind == Kind::entity;
      name = "an entity";
      break;
    case Expect::entity_or_record:
      fits = kind == Kind::entity || kind == Kind::record;
      name = "an entity or a record";
      break;
    case Expect::entity_or_entities:
      fits = kind == Kind::entity || (kind == Kind::set && answer.type->element->kind == Kind::entity);
      name = "an entity or a set of entities";
      break;
  }
  if (fits) return answer;
  wrong(index, *answer.type, name);
  return {nullptr, false};
}

TypeChecker::Answer TypeChecker::expect_type(uint32_t index, const Capabilities& prior, const Type& type) {
  Answer answer = check(index, prior);
  if (answer.type == nullptr) return {nullptr, false};
  if (answer.type->kind == type.kind) return answer;
  wrong(index, *answer.type, type.text());
  return {nullptr, false};
}

TypeChecker::Answer TypeChecker::negation(Answer answer) {
  if (answer.type == nullptr) return {simple_type(Kind::boolean), false};
  if (is_true(answer.type) || is_false(answer.type)) return {known_boolean(is_false(answer.type)), answer.ok};
  return {simple_type(Kind::boolean), answer.ok};
}

// `left` may have been enough; `right` is what follows, checked with left's capabilities.
TypeChecker::Answer TypeChecker::conjunction(const Answer& left, const Answer& right) {
  const bool ok = left.ok && right.ok;
  Answer out{simple_type(Kind::boolean), ok};
  if (left.type == nullptr || right.type == nullptr) {
    out.ok = false;
  } else if (is_false(left.type) || is_false(right.type)) {
    out.type = known_boolean(false);
  } else if (is_true(right.type)) {
    out.type = left.type;
    if (ok) out.has = united(left.has, right.has);
  } else if (is_true(left.type)) {
    // As published: what a left side that is always true gave is not passed on.
    out.type = right.type;
    if (ok) out.has = right.has;
  } else if (ok) {
    out.has = united(left.has, right.has);
  }
  return out;
}

TypeChecker::Answer TypeChecker::disjunction(const Answer& left, const Answer& right) {
  const bool ok = left.ok && right.ok;
  Answer out{simple_type(Kind::boolean), ok};
  if (left.type == nullptr || right.type == nullptr) {
    out.ok = false;
  } else if (is_true(right.type)) {
    out = {right.type, ok, ok ? right.has : Capabilities{}};
  } else if (is_false(right.type)) {
    out = {left.type, ok, ok ? left.has : Capabilities{}};
  } else if (is_false(left.type)) {
    out = {right.type, ok, ok ? right.has : Capabilities{}};
  } else if (ok) {
    out.has = common(left.has, right.has);
  }
  return out;
}

TypeChecker::Answer TypeChecker::check_logic(const Node& node, const Capabilities& prior) {
  const bool is_and = node.op == Op::and_;
  Answer all = expect(policy_.extra[node.b], prior, Expect::boolean);
  for (uint32_t i = 1; i < node.c; ++i) {
    if (is_and ? is_false(all.type) : is_true(all.type)) {
      // The rest is never evaluated.
      if (is_and) all.has.clear();
      return all;
    }
    const uint32_t next = policy_.extra[node.b + i];
    all = is_and ? conjunction(all, expect(next, united(prior, all.has), Expect::boolean))
                 : disjunction(all, expect(next, prior, Expect::boolean));
  }
  return all;
}

TypeChecker::Answer TypeChecker::check_if(const Node& node, const Capabilities& prior) {
  const Answer test = expect(node.a, prior, Expect::boolean);
  if (is_true(test.type)) {
    Answer yes = check(node.b, united(prior, test.has));
    yes.has = test.ok && yes.ok ? united(yes.has, test.has) : Capabilities{};
    yes.ok &= test.ok;
    return yes;
  }
  if (is_false(test.type)) {
    Answer no = check(node.c, prior);
    no.ok &= test.ok;
    if (!no.ok) no.has.clear();
    return no;
  }
  const Answer yes = check(node.b, united(prior, test.has));
  const Answer no = check(node.c, prior);
  Answer out{nullptr, test.ok && yes.ok && no.ok};
  if (yes.type == nullptr || no.type == nullptr) return {nullptr, false};
  out.type = together(yes.type, no.type, node.at, "the branches of this \"if\"");
  if (out.type == nullptr) return {nullptr, false};
  if (out.ok) out.has = common(no.has, united(yes.has, test.has));
  return out;
}

TypeChecker::Answer TypeChecker::check_order(const Node& node, const Capabilities& prior) {
  const Answer left = check(node.a, prior);
  const Answer right = check(node.b, prior);
  Answer out{simple_type(Kind::boolean), left.ok && right.ok};
  if (left.type == nullptr || right.type == nullptr) return {out.type, false};
  const auto has_order = [](const TypePtr& type) {
    return type->kind == Kind::integer || type->kind == Kind::datetime || type->kind == Kind::duration;
  };
  if (has_order(left.type) && left.type->kind == right.type->kind) return out;
  out.ok = false;
  if (has_order(left.type)) {
    wrong(node.b, *right.type, left.type->text());
  } else if (has_order(right.type)) {
    wrong(node.a, *left.type, right.type->text());
  } else {
    const bool decimals = left.type->kind == Kind::decimal;
    wrong(node.a, *left.type, "Long, datetime or duration",
          decimals ? "decimals are compared with lessThan and its like" : "");
  }
  return out;
}

TypeChecker::Answer TypeChecker::check_arithmetic(const Node& node, const Capabilities& prior) {
  bool ok = expect(node.a, prior, Expect::integer).ok;
  if (node.b != kNone) ok &= expect(node.b, prior, Expect::integer).ok;
  return {simple_type(Kind::integer), ok};
}

TypePtr TypeChecker::join(const TypePtr& a, const TypePtr& b) {
  if (a == b || *a == *b) return a;
  if (a->is_boolean() && b->is_boolean()) return simple_type(Kind::boolean);
  if (a->kind != b->kind) return nullptr;
  if (a->kind == Kind::set) {
    Type out{.kind = Kind::set, .element = join(a->element, b->element)};
    if (out.element == nullptr) return nullptr;
    out.size = out.element->size + 1;
    return std::make_shared<const Type>(std::move(out));
  }
  if (a->kind != Kind::record || a->attributes.size() != b->attributes.size()) return nullptr;
  Type out{.kind = Kind::record};
  auto other = b->attributes.begin();
  for (const auto& [name, attribute] : a->attributes) {
    if (name != other->first || attribute.is_required != other->second.is_required) return nullptr;
    AttributeType joined{join(attribute.type, other->second.type), attribute.is_required};
    if (joined.type == nullptr) return nullptr;
    out.size += joined.type->size;
    out.attributes.emplace_hint(out.attributes.end(), name, std::move(joined));
    ++other;
  }
  return std::make_shared<const Type>(std::move(out));
}

TypePtr TypeChecker::together(const TypePtr& a, const TypePtr& b, Position at, std::string_view where) {
  if (!sink_.spend(std::min(a->size, b->size))) return nullptr;
  TypePtr out = join(a, b);
  if (out == nullptr) {
    sink_.error(at, fmt::format("{} are of different types: {} and {}", where, shown(a->text(), 200),
                                shown(b->text(), 200)));
  }
  return out;
}

}  // namespace weir::policy
