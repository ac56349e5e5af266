#include "approval/queue.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/bytes.h"
#include "base/limits.h"

namespace weir::approval {

std::string_view answer_name(Answer answer) {
  switch (answer) {
    case Answer::once:
      return "once";
    case Answer::session:
      return "session";
    case Answer::always:
      return "always";
    case Answer::deny:
      return "deny";
  }
  return "deny";
}

std::optional<Answer> parse_answer(std::string_view name) {
  for (const Answer answer : {Answer::once, Answer::session, Answer::always, Answer::deny}) {
    if (name == answer_name(answer)) return answer;
  }
  return std::nullopt;
}

Result<std::string> Queue::add(std::string session_id, guard::Verdict verdict, Now now, int64_t timeout_ms) {
  if (pending_.size() >= limits::kPendingAsksMax) {
    return too_large(fmt::format("{} calls wait for an answer already", limits::kPendingAsksMax), {},
                     "weir approvals");
  }
  const uint64_t number = next_++;
  std::string id = fmt::format("a{}", number);
  pending_.emplace(number, Ask{id, std::move(session_id), std::move(verdict), now, now.mono_ms + timeout_ms});
  return id;
}

Result<Ask> Queue::take(std::string_view id) {
  uint64_t number = 0;
  if (id.starts_with('a')) std::from_chars(id.data() + 1, id.data() + id.size(), number);
  const auto at = pending_.find(number);
  if (at == pending_.end() || at->second.id != id) {
    return Error{Code::not_found,
                 fmt::format("no call waits for an answer as {}", shown(id)),
                 {},
                 "weir approvals lists those that do"};
  }
  Ask ask = std::move(at->second);
  pending_.erase(at);
  return ask;
}

std::vector<Ask> Queue::expire(Now now) {
  std::vector<Ask> expired;
  for (auto at = pending_.begin(); at != pending_.end();) {
    if (now.mono_ms < at->second.deadline_mono_ms) {
      ++at;
      continue;
    }
    expired.push_back(std::move(at->second));
    at = pending_.erase(at);
  }
  return expired;
}

session::Grant grant_for(const Ask& ask, Answer answer, std::string id, Now now, int days) {
  session::Grant grant;
  grant.id = std::move(id);
  grant.tool = session::literal_pattern(ask.verdict.tool);
  for (const session::Leaf& leaf : ask.verdict.arguments) {
    if (manifest::authority_bearing(leaf.role))
      grant.arguments[leaf.pointer] = session::literal_pattern(leaf.value);
  }
  grant.release = std::find(ask.verdict.policies.begin(), ask.verdict.policies.end(), "leak") !=
                  ask.verdict.policies.end();
  if (answer == Answer::always) {
    grant.scope = session::Scope::until;
    grant.expires_wall_ms = now.wall_ms + int64_t{days} * 24 * 3600 * 1000;
  } else {
    grant.scope = session::Scope::session;
    grant.session = ask.session_id;
  }
  return grant;
}

}  // namespace weir::approval
