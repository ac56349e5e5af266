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

Result<std::string> Queue::add(std::string session_id, guard::Verdict verdict, Now now, int64_t timeout_ms,
                               uint64_t decision) {
  if (pending_.size() >= limits::kPendingAsksMax) {
    return too_large(fmt::format("{} calls wait for an answer already", limits::kPendingAsksMax), {},
                     "weir approvals");
  }
  const uint64_t number = next_++;
  std::string id = fmt::format("a{}", number);
  const Digest question = question_key(session_id, verdict);
  pending_.emplace(number, Ask{id, std::move(session_id), std::move(verdict), now, now.mono_ms + timeout_ms,
                               decision, question});
  return id;
}

std::map<uint64_t, Ask>::const_iterator Queue::at(std::string_view id) const {
  uint64_t number = 0;
  if (id.starts_with('a')) std::from_chars(id.data() + 1, id.data() + id.size(), number);
  const auto found = pending_.find(number);
  return found != pending_.end() && found->second.id == id ? found : pending_.end();
}

Result<Ask> Queue::take(std::string_view id) {
  const auto found = at(id);
  if (found == pending_.end()) {
    return Error{Code::not_found,
                 fmt::format("no call waits for an answer as {}", shown(id)),
                 {},
                 "weir approvals lists those that do"};
  }
  return std::move(pending_.extract(found).mapped());
}

std::vector<Ask> Queue::take_question(const Digest& question) {
  std::vector<Ask> taken;
  for (auto each = pending_.begin(); each != pending_.end();) {
    if (each->second.question == question) {
      taken.push_back(std::move(each->second));
      each = pending_.erase(each);
    } else {
      ++each;
    }
  }
  return taken;
}

std::vector<Ask> Queue::expire(Now now) {
  std::vector<Ask> expired;
  for (auto each = pending_.begin(); each != pending_.end();) {
    if (now.mono_ms < each->second.deadline_mono_ms) {
      ++each;
      continue;
    }
    expired.push_back(std::move(each->second));
    each = pending_.erase(each);
  }
  return expired;
}

const Ask* Queue::find(std::string_view id) const {
  const auto found = at(id);
  return found == pending_.end() ? nullptr : &found->second;
}

const Ask* Queue::first_of(const Digest& question) const {
  for (const auto& [number, ask] : pending_) {
    if (ask.question == question) return &ask;
  }
  return nullptr;
}

std::vector<Question> Queue::questions() const {
  using Group = std::pair<std::string_view, std::string_view>;
  std::map<Group, size_t> ranks;
  std::map<Digest, size_t> at;
  std::vector<std::pair<size_t, Question>> ranked;
  for (const auto& [number, ask] : pending_) {
    if (const auto known = at.find(ask.question); known != at.end()) {
      ranked[known->second].second.push_back(&ask);
      continue;
    }
    at.emplace(ask.question, ranked.size());
    const size_t rank = ranks.emplace(Group{ask.session_id, ask.verdict.tool}, ranks.size()).first->second;
    ranked.push_back({rank, Question{&ask}});
  }
  std::stable_sort(ranked.begin(), ranked.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<Question> questions;
  questions.reserve(ranked.size());
  for (auto& [rank, question] : ranked) questions.push_back(std::move(question));
  return questions;
}

int64_t always_until_wall_ms(Now now, int days) {
  return now.wall_ms + int64_t{days} * 24 * 3600 * 1000;
}

session::Grant grant_for(const Ask& ask, Answer answer, std::string id, Now now, int days) {
  session::Grant grant = exact_grant(ask.verdict);
  grant.id = std::move(id);
  if (answer == Answer::always) {
    grant.scope = session::Scope::until;
    grant.expires_wall_ms = always_until_wall_ms(now, days);
  } else {
    grant.scope = session::Scope::session;
    grant.session = ask.session_id;
  }
  return grant;
}

}  // namespace weir::approval
