#include "policy/policy_set.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <iterator>
#include <set>

#include "base/bytes.h"
#include "base/limits.h"
#include "policy/evaluate.h"
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
  PolicySet out;
  out.policies_ = std::move(policies);
  return out;
}

Status PolicySet::add(PolicySet other) {
  if (policies_.size() + other.policies_.size() > limits::kPoliciesMax) {
    return too_large(fmt::format("more than {} policies", limits::kPoliciesMax));
  }
  std::set<std::string_view> ids;
  for (const Policy& policy : policies_) ids.insert(policy.id);
  for (const Policy& policy : other.policies_) {
    if (ids.contains(policy.id)) {
      const Policy* first = find(policy.id);
      return bad_input(fmt::format("two policies have the id \"{}\"; the other is at {}",
                                   shown(policy.id, 80), first->where(first->at)),
                       policy.where(policy.at), "give one of them another @id(\"…\")");
    }
  }
  policies_.insert(policies_.end(), std::make_move_iterator(other.policies_.begin()),
                   std::make_move_iterator(other.policies_.end()));
  return {};
}

const Policy* PolicySet::find(std::string_view id) const {
  const auto it =
      std::find_if(policies_.begin(), policies_.end(), [&](const Policy& p) { return p.id == id; });
  return it == policies_.end() ? nullptr : &*it;
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

std::string_view to_string(Decision decision) {
  switch (decision) {
    case Decision::allow:
      return "allow";
    case Decision::ask:
      return "ask";
    case Decision::deny:
      return "deny";
  }
  return "deny";
}

Outcome decide(const PolicySet& policies, const Request& request, const Entities& entities) {
  Outcome out;
  if (!request.context.is(Value::Kind::record)) {
    out.errors.push_back({"", "the context is not a record", ""});
    return out;
  }
  Evaluator evaluator(request, entities);
  std::vector<const Policy*> erring;
  std::vector<const Policy*> permits;
  std::vector<const Policy*> forbids;
  bool is_final = false;  // a forbid that nobody can approve
  for (const Policy& policy : policies.policies()) {
    Match match = evaluator.match(policy);
    if (match.kind == Match::Kind::error) {
      erring.push_back(&policy);
      out.errors.push_back({policy.id, std::move(match.error), policy.where(match.at)});
    } else if (match.kind == Match::Kind::yes) {
      (policy.is_forbid ? forbids : permits).push_back(&policy);
      is_final |= policy.is_forbid && !policy.approve;
    }
  }
  const std::vector<const Policy*>* determining = nullptr;
  if (!erring.empty()) {
    determining = &erring;
  } else if (is_final) {
    determining = &forbids;
  } else if (!permits.empty()) {
    out.decision = forbids.empty() ? Decision::allow : Decision::ask;
    determining = forbids.empty() ? &permits : &forbids;
  }
  if (determining != nullptr) {
    for (const Policy* p : *determining) out.determining.push_back({p->id, p->is_forbid, p->approve});
  }
  return out;
}

}  // namespace weir::policy
