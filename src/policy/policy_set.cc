#include "policy/policy_set.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <iterator>
#include <map>

#include "base/bytes.h"
#include "base/limits.h"
#include "policy/parser.h"

namespace weir::policy {
namespace {

// Code points of a line that with_caret() shows before and after the place.
constexpr size_t kCaretContext = 80;

// The number after the last ":" of `where`, which is cut off; 0 if there is none.
size_t take_number(std::string_view& where) {
  const size_t colon = where.rfind(':');
  if (colon == std::string_view::npos) return 0;
  const std::string_view digits = where.substr(colon + 1);
  size_t number = 0;
  const auto [end, code] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (code != std::errc() || end != digits.data() + digits.size()) return 0;
  where = where.substr(0, colon);
  return number;
}

}  // namespace

Result<PolicySet> PolicySet::parse(std::string_view text, std::string_view file_name) {
  WEIR_TRY_ASSIGN(policies, parse_policies(text, file_name));
  return make(std::move(policies));
}

Result<PolicySet> PolicySet::make(std::vector<Policy> policies_and_templates) {
  PolicySet other;
  for (Policy& policy : policies_and_templates) {
    (policy.is_template() ? other.templates_ : other.policies_).push_back(std::move(policy));
  }
  PolicySet out;
  WEIR_TRY(out.add(std::move(other)));
  return out;
}

Status PolicySet::add(PolicySet other) {
  if (policies_.size() + templates_.size() + other.policies_.size() + other.templates_.size() >
      limits::kPoliciesMax) {
    return too_large(fmt::format("more than {} policies", limits::kPoliciesMax));
  }
  std::map<std::string_view, const Policy*> ids;
  for (const std::vector<Policy>* list : {&policies_, &templates_, &other.policies_, &other.templates_}) {
    for (const Policy& policy : *list) {
      const auto [it, is_new] = ids.try_emplace(policy.id, &policy);
      if (is_new) continue;
      return bad_input(fmt::format("two policies have the id \"{}\"; the other is at {}",
                                   shown(policy.id, 80), it->second->where(it->second->at)),
                       policy.where(policy.at), "give one of them another @id(\"…\")");
    }
  }
  const auto move_all = [](std::vector<Policy>& from, std::vector<Policy>& to) {
    to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
  };
  move_all(other.policies_, policies_);
  move_all(other.templates_, templates_);
  index_ = ScopeIndex(policies_);
  return {};
}

Status PolicySet::link(std::string_view template_id, std::string new_id, std::optional<EntityUid> principal,
                       std::optional<EntityUid> resource) {
  const Policy* from = find_template(template_id);
  if (from == nullptr) return bad_input(fmt::format("there is no template \"{}\"", shown(template_id, 80)));
  if (find(new_id) != nullptr || find_template(new_id) != nullptr) {
    return bad_input(fmt::format("the id \"{}\" is taken", shown(new_id, 80)));
  }
  if (policies_.size() + templates_.size() >= limits::kPoliciesMax) {
    return too_large(fmt::format("more than {} policies", limits::kPoliciesMax));
  }
  Policy linked = *from;
  linked.id = std::move(new_id);
  linked.template_id = template_id;
  linked.linked[0] = std::move(principal);
  linked.linked[1] = std::move(resource);
  for (int i = 0; i < 2; ++i) {
    const std::string_view name = i == 0 ? "?principal" : "?resource";
    const bool has_slot = linked.slots[i] != kNone;
    if (has_slot != linked.linked[i].has_value()) {
      return bad_input(fmt::format("{} for the slot {}", has_slot ? "no value" : "a value", name), {},
                       fmt::format("the template \"{}\" has {} slot", shown(template_id, 80),
                                   has_slot ? "this" : "no such"));
    }
    if (!has_slot) continue;
    linked.literals.push_back(*linked.linked[i]);
    Node& node = linked.nodes[linked.slots[i]];
    node.op = Op::literal;
    node.a = static_cast<uint32_t>(linked.literals.size() - 1);
    linked.slots[i] = kNone;
  }
  policies_.push_back(std::move(linked));
  index_.add(policies_.back());
  return {};
}

const Policy* PolicySet::find(std::string_view id) const {
  const auto it =
      std::find_if(policies_.begin(), policies_.end(), [&](const Policy& p) { return p.id == id; });
  return it == policies_.end() ? nullptr : &*it;
}

const Policy* PolicySet::find_template(std::string_view id) const {
  const auto it =
      std::find_if(templates_.begin(), templates_.end(), [&](const Policy& p) { return p.id == id; });
  return it == templates_.end() ? nullptr : &*it;
}

std::string with_caret(const Error& error, std::string_view text) {
  std::string_view where = error.where;
  const size_t column = take_number(where);
  const size_t line = take_number(where);
  if (line == 0 || column == 0) return error.text();
  for (size_t i = 1; i < line; ++i) {
    const size_t end = text.find('\n');
    if (end == std::string_view::npos) return error.text();
    text.remove_prefix(end + 1);
  }
  text = text.substr(0, text.find('\n'));
  if (!is_utf8(text)) return error.text();
  // Hidden characters become "?", one for one, so that the caret stands where it should.
  std::string shown_line;
  const size_t first = column > kCaretContext ? column - kCaretContext : 1;
  size_t at = 0;
  for (size_t i = 1; at < text.size() && i < column + kCaretContext; ++i) {
    const size_t begin = at;
    next_utf8(text, at);
    if (i < first) continue;
    const std::string_view character = text.substr(begin, at - begin);
    shown_line += character == "\t" ? " " : shown(character, 16) == character ? character : "?";
  }
  return error.text() + "\n  " + shown_line + "\n  " + std::string(column - first, ' ') + "^";
}

}  // namespace weir::policy
