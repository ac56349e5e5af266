#include "policy/print.h"

#include <fmt/format.h>

#include <algorithm>

#include "policy/op_names.h"

namespace weir::policy {
namespace {

// How tight an operator binds, the loosest first.
int strength(Op op) {
  switch (op) {
    case Op::if_:
      return 0;
    case Op::or_:
      return 1;
    case Op::and_:
      return 2;
    case Op::equal:
    case Op::not_equal:
    case Op::less:
    case Op::less_equal:
    case Op::greater:
    case Op::greater_equal:
    case Op::in:
    case Op::has:
    case Op::like:
    case Op::is:
      return 3;
    case Op::add:
    case Op::subtract:
      return 4;
    case Op::multiply:
      return 5;
    case Op::not_:
    case Op::negate:
      return 6;
    default:
      return 7;
  }
}

class Printer {
 public:
  explicit Printer(const Policy& policy) : policy_(policy) {}

  std::vector<std::string> take_attributes() { return std::move(attributes_); }

  std::string text(uint32_t index) {
    const Node& node = policy_.nodes[index];
    switch (node.op) {
      case Op::literal:
        return policy_.literals[node.a].text();
      case Op::principal:
        return "principal";
      case Op::action:
        return "action";
      case Op::resource:
        return "resource";
      case Op::context:
        return "context";
      case Op::attribute:
        note(node);
        return fmt::format("{}.{}", inside(node.a, 7), policy_.strings[node.b]);
      case Op::has:
        return has(node);
      case Op::is:
        return fmt::format("{} is {}{}", inside(node.a, 4), policy_.strings[node.b],
                           node.c == kNone ? "" : " in " + inside(node.c, 4));
      case Op::like:
        return inside(node.a, 4) + " like …";
      case Op::and_:
      case Op::or_:
        return joined(node);
      case Op::not_:
        return "!" + inside(node.a, 6);
      case Op::negate:
        return "-" + inside(node.a, 6);
      case Op::if_:
        return fmt::format("if {} then {} else {}", text(node.a), text(node.b), text(node.c));
      case Op::contains:
      case Op::contains_all:
      case Op::contains_any:
      case Op::has_tag:
      case Op::get_tag:
        return fmt::format("{}.{}({})", inside(node.a, 7), op_name(node.op), text(node.b));
      case Op::is_empty:
        return inside(node.a, 7) + ".isEmpty()";
      case Op::set:
        return "[" + list(node) + "]";
      default:
        return op_name(node.op).empty() ? "…" : binary(node);
    }
  }

 private:
  void note(const Node& node) {
    if (policy_.nodes[node.a].op != Op::context) return;
    const std::string& name = policy_.strings[node.b];
    if (std::find(attributes_.begin(), attributes_.end(), name) == attributes_.end())
      attributes_.push_back(name);
  }

  std::string inside(uint32_t index, int at_least) {
    const std::string inner = text(index);
    return strength(policy_.nodes[index].op) < at_least ? "(" + inner + ")" : inner;
  }

  std::string binary(const Node& node) {
    const int own = strength(node.op);
    // Relations do not chain; sums and products group to the left.
    return fmt::format("{} {} {}", inside(node.a, own == 3 ? 4 : own), op_name(node.op),
                       inside(node.b, own + 1));
  }

  std::string joined(const Node& node) {
    std::string out;
    for (uint32_t i = 0; i < node.c; ++i) {
      if (i > 0) out += fmt::format(" {} ", op_name(node.op));
      out += inside(policy_.extra[node.b + i], strength(node.op) + 1);
    }
    return out;
  }

  std::string has(const Node& node) {
    std::string path;
    for (uint32_t i = 0; i < node.c; ++i)
      path += (i == 0 ? "" : ".") + policy_.strings[policy_.extra[node.b + i]];
    return fmt::format("{} has {}", inside(node.a, 4), path);
  }

  std::string list(const Node& node) {
    std::string out;
    for (uint32_t i = 0; i < node.c; ++i) out += (i == 0 ? "" : ", ") + text(policy_.extra[node.b + i]);
    return out;
  }

  const Policy& policy_;
  std::vector<std::string> attributes_;
};

}  // namespace

Expression print_expression(const Policy& policy, uint32_t node) {
  Printer printer(policy);
  std::string text = printer.text(node);
  return {std::move(text), printer.take_attributes()};
}

}  // namespace weir::policy
