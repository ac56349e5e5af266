// Makes the trees of ast.h: what the text parser and the JSON reader have in common.
#pragma once

#include <array>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "policy/ast.h"

namespace weir::policy {

inline constexpr std::array<std::string_view, 6> kCoreMethods = {"contains", "containsAll", "containsAny",
                                                                 "isEmpty",  "hasTag",      "getTag"};
std::optional<Op> core_method_named(std::string_view name);

// Adds nodes to the policy given last to begin(), which must outlive the building. Every function that adds a
// node errs (too_large) where the tree would pass limits::kPolicyDepthMax. Values that never change are
// worked out here, once.
class TreeBuilder {
 public:
  void begin(Policy& policy) { policy_ = &policy; }

  Result<uint32_t> add(Node node, std::initializer_list<uint32_t> children);
  Result<uint32_t> list(Op op, const std::vector<uint32_t>& children, Position at);
  Result<uint32_t> set(const std::vector<uint32_t>& children, Position at);
  // `names` are indexes in strings, no two of the same text.
  Result<uint32_t> record(const std::vector<uint32_t>& children, const std::vector<uint32_t>& names,
                          Position at);
  Result<uint32_t> call(Function function, const std::vector<uint32_t>& children, Position at);
  Result<uint32_t> has(uint32_t left, const std::vector<uint32_t>& names, Position at);
  // `pieces` as Pattern takes them.
  Result<uint32_t> like(uint32_t left, std::vector<std::string> pieces, Position at);
  uint32_t literal(Value value, Position at);
  uint32_t slot(uint32_t which, Position at);
  uint32_t string(std::string text);

 private:
  Error too_deep(Position at) const;
  // Gives the node its constant value, if all its children have one and it does not err.
  void fold(uint32_t index);

  Policy* policy_ = nullptr;
};

}  // namespace weir::policy
