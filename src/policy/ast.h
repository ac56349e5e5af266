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
  is_empty,      // a
  set,           // b: first in extra, c: count; extra holds children
  record,        // b: first in extra, c: count; extra holds c children, then c keys (indexes in strings)
};

inline constexpr uint32_t kNone = UINT32_MAX;

struct Position {
  uint32_t line = 1;    // from 1
  uint32_t column = 1;  // from 1, in code points
};

struct Node {
  Op op = Op::literal;
  uint8_t height = 1;
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

struct Policy {
  std::string id;
  bool is_forbid = false;
  std::optional<std::string> approve;   // the reason of @approve
  std::vector<Annotation> annotations;  // all, in the order of the text
  std::vector<uint32_t> scope;          // roots, conjoined in order; none means every request
  std::vector<Condition> conditions;    // conjoined in order, after the scope
  std::string file;
  Position at;  // of `permit` or `forbid`

  std::vector<Node> nodes;
  std::vector<uint32_t> extra;
  std::vector<Value> literals;
  std::vector<std::string> strings;
  std::vector<Pattern> patterns;

  // "file:line:column".
  std::string where(Position position) const;
};

}  // namespace weir::policy
