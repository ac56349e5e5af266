// The tree of a policy: an array of small nodes that name each other by index, and what they refer to.
//
// Every node stands after its children, and its height is at most limits::kPolicyDepthMax, so whoever walks
// it recursively is bounded. Immutable once parsed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "policy/extension.h"
#include "policy/value.h"

namespace weir::policy {

enum class Op : uint8_t {
  literal,  // a: index in literals
  principal,
  action,
  resource,
  context,
  attribute,  // a: child, b: index in strings
  has,        // a: child, b: first in extra, c: count; extra holds indexes in strings: `x has p.q.r`
  like,       // a: child, b: index in patterns
  is,         // a: child, b: index in strings (entity type), c: child that it must be in, or kNone
  and_,
  or_,  // b: first in extra, c: count (two or more); extra holds children
  not_,
  negate,  // a
  if_,     // a, b, c
  equal,
  not_equal,
  less,
  less_equal,
  greater,
  greater_equal,  // a, b
  add,
  subtract,
  multiply,  // a, b
  in,        // a, b
  contains,
  contains_all,
  contains_any,  // a: the set, b: argument
  has_tag,
  get_tag,   // a: the entity, b: the tag
  is_empty,  // a
  set,       // b: first in extra, c: count; extra holds children. a: as call
  record,    // b: first in extra, c: count; extra holds c children, then c keys (indexes in strings). a: as
             // call
  call,      // function; b: first in extra, c: count; extra holds arguments, the receiver first. a: index in
             // literals of the value where it is always the same, else kNone
  slot,      // a: 0 ?principal, 1 ?resource; in the scope of a template only
};

inline constexpr uint32_t kNone = UINT32_MAX;

struct Position {
  uint32_t line = 1;    // from 1
  uint32_t column = 1;  // from 1, in code points
};

struct Node {
  Op op = Op::literal;
  uint8_t height = 1;
  Function function = Function::decimal;  // of a call
  uint32_t a = kNone;
  uint32_t b = kNone;
  uint32_t c = kNone;
  Position at;  // of the operator, or of the first token where there is none
};

// A `like` pattern: literal pieces between `*`. matches() is linear in text plus pattern, whatever both hold.
class Pattern {
 public:
  // `pieces` as they stand between wildcards, at least one: "a*b" is {"a", "b"}, "*" is {"", ""}.
  explicit Pattern(std::vector<std::string> pieces);
  bool matches(std::string_view text) const;
  size_t pieces() const { return pieces_.size(); }
  const std::string& piece(size_t i) const { return pieces_[i].text; }

 private:
  struct Piece {
    std::string text;
    std::vector<uint32_t> failure;  // Knuth, Morris, Pratt: longest proper border of each prefix
  };
  std::vector<Piece> pieces_;
};

struct Annotation {
  std::string key;
  std::string value;
};

struct Condition {
  bool unless = false;
  uint32_t root = kNone;
  Position at;
};

// A policy, or a template: a policy with slots in its scope, which says nothing until it is linked.
struct Policy {
  std::string id;
  bool is_forbid = false;
  std::optional<std::string> approve;   // the reason of @approve
  std::vector<Annotation> annotations;  // all, in the order of the text
  std::vector<uint32_t> scope;          // roots, conjoined in order; none means every request
  std::vector<Condition> conditions;    // conjoined in order, after the scope
  std::string file;
  Position at;  // of `permit` or `forbid`

  // Where `?principal` and `?resource` stand in a template (nodes of Op::slot); kNone for none.
  uint32_t slots[2] = {kNone, kNone};
  std::string template_id = {};  // of a linked policy; what it is linked with stands in its scope
  std::optional<EntityUid> linked[2] = {};

  std::vector<Node> nodes;
  std::vector<uint32_t> extra;
  std::vector<Value> literals;
  std::vector<std::string> strings;
  std::vector<Pattern> patterns;

  bool is_template() const { return slots[0] != kNone || slots[1] != kNone; }
  // "file:line:column".
  std::string where(Position position) const;
  // The value of a node that is always the same (a literal, or a set, record or call of such), or null.
  const Value* constant(uint32_t node) const;
};

}  // namespace weir::policy
