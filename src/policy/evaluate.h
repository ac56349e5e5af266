// Runs policies over one request.
#pragma once

#include <forward_list>
#include <string>

#include "policy/ast.h"
#include "policy/entities.h"
#include "policy/operand.h"
#include "policy/request.h"

namespace weir::policy {

// What one policy says of one request. `error` and `at` are set when, and only when, it is `error`.
struct Match {
  enum class Kind : uint8_t { no, yes, error };
  Kind kind = Kind::no;
  std::string error = {};
  Position at = {};
};

// Evaluates policies of one request, semantics of the Cedar specification. The request and entities must
// outlive it. Allocates only for an error, and for a set or record that an operator makes. One thread.
class Evaluator {
 public:
  Evaluator(const Request& request, const Entities& entities) : request_(request), entities_(entities) {}

  // Of a policy, not of a template.
  Match match(const Policy& policy);
  // The same where the scope is known to match.
  Match match_conditions(const Policy& policy);

 private:
  // Each returns false on an error, which it has left in error_ and error_at_.
  bool eval(uint32_t index, Operand& out);
  bool eval_boolean(uint32_t index, bool& out);
  bool eval_integer(uint32_t index, int64_t& out);
  bool eval_kind(uint32_t index, Value::Kind kind, Operand& out);
  bool eval_attribute(const Node& node, Operand& out);
  bool eval_has(const Node& node, Operand& out);
  bool eval_tag(const Node& node, Operand& out);
  bool eval_is(const Node& node, Operand& out);
  bool eval_logic(const Node& node, Operand& out);
  bool eval_arithmetic(const Node& node, Operand& out);
  bool eval_equal(const Node& node, Operand& out);
  bool eval_order(const Node& node, Operand& out);
  bool eval_set_method(const Node& node, Operand& out);
  bool eval_in(uint32_t left, uint32_t right, bool& out);
  bool eval_call(const Node& node, Operand& out);
  bool eval_set(const Node& node, Operand& out);
  bool eval_record(const Node& node, Operand& out);
  bool fail(Position at, std::string message);
  void keep(Value value, Operand& out);

  const Request& request_;
  const Entities& entities_;
  const Policy* policy_ = nullptr;
  std::forward_list<Value> temporaries_;  // of the policy at hand
  std::string error_;
  Position error_at_;
};

}  // namespace weir::policy
