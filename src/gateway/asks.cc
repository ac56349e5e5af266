#include "gateway/asks.h"

#include <fmt/format.h>

#include <algorithm>

#include "approval/card.h"
#include "base/limits.h"
#include "gateway/gateway.h"

namespace weir::gateway {
namespace {

constexpr size_t kTokenBytes = 16;
constexpr const char* kNotWritten = "the user was asked, and the answer could not be written down";

std::string seconds(int64_t ms) {
  return ms % 1000 == 0 ? fmt::format("{} s", ms / 1000) : fmt::format("{} ms", ms);
}

}  // namespace

Asks::Asks(Gateway& gateway) : gateway_(gateway) {
  configure();
}

void Asks::configure() {
  const config::Config& config = gateway_.config();
  notifier_.reset();
  if (!config.notify.empty())
    notifier_ = std::make_unique<Notifier>(config.notify, config.secret_variables());
}

Asks::~Asks() = default;

Error Asks::not_asked(const std::string& session, const guard::Verdict& verdict, uint64_t decision,
                      std::string why) {
  gateway_.recorder().answer(decision, "nobody", [](const Result<uint64_t>&) {});
  missed_.add(session, verdict, why, decision, gateway_.now());
  return Error{Code::timed_out, "nobody was asked: " + why, {}, {}};
}

Result<std::string> Asks::ask(const std::string& session, const guard::Verdict& verdict, uint64_t decision,
                              Answered answered) {
  const Digest question = approval::question_key(session, verdict);
  if (denials_.has(session, verdict)) {
    gateway_.recorder().answer(decision, "deny-again", [](const Result<uint64_t>&) {});
    return Error{Code::denied, "the user said no to the same call earlier in this session", {}, {}};
  }
  const int64_t timeout_ms = gateway_.config().ask_timeout_ms;
  if (timeout_ms == 0) return not_asked(session, verdict, decision, "ask_timeout is 0s");
  const bool waits_already = queue_.first_of(question) != nullptr;
  auto id = queue_.add(session, verdict, gateway_.now(), timeout_ms, decision);
  if (!id) return not_asked(session, verdict, decision, id.error().message);
  waiting_[*id] = {decision, std::move(answered), false};
  if (!waits_already) announce(question);
  return id;
}

// A new link, and the person's own command.
void Asks::announce(const Digest& question) {
  if (!base_.empty()) {
    std::array<uint8_t, kTokenBytes> bytes{};
    gateway_.random().fill(bytes);
    tokens_[question] = to_hex({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  }
  if (!notifier_) return;
  const approval::Ask* ask = queue_.first_of(question);
  std::string json = approval::ask_json({ask}, gateway_.workspace().labels(), gateway_.now(), link(question));
  const auto document = json::parse(json);
  if (!document) return;
  const std::string text = approval::one_line(approval::read_card(document->root()));
  notifier_->send({std::move(json), text, link(question)});
}

std::string Asks::link(const Digest& question) const {
  const auto token = tokens_.find(question);
  return base_.empty() || token == tokens_.end() ? std::string() : base_ + "/a/" + token->second;
}

const approval::Ask* Asks::by_token(std::string_view token) const {
  const Digest* found = nullptr;
  for (const auto& [question, known] : tokens_) {
    if (equal_constant_time(known, token)) found = &question;
  }
  return found == nullptr ? nullptr : queue_.first_of(*found);
}

// The link dies with the last call that waits with its question.
void Asks::close_link(const Digest& question) {
  if (queue_.first_of(question) == nullptr) tokens_.erase(question);
}

void Asks::forget(const std::string& id) {
  const auto at = waiting_.find(id);
  if (at == waiting_.end()) return;
  if (!at->second.settled)
    gateway_.recorder().answer(at->second.decision, "gone", [](const Result<uint64_t>&) {});
  waiting_.erase(at);
  if (const auto ask = queue_.take(id)) close_link(ask->question);
}

void Asks::answer(const std::string& id, approval::Answer answer, std::function<void(Status)> done) {
  const approval::Ask* first = queue_.find(id);
  if (first == nullptr) return done(queue_.take(id).error());
  const Digest question = first->question;
  const bool grants = answer == approval::Answer::session || answer == approval::Answer::always;
  // The link that led to this answer is used up, whoever still waits.
  tokens_.erase(question);
  if (answer == approval::Answer::deny) {
    for (const approval::Ask& ask : queue_.take_question(question)) {
      denials_.put(ask.session_id, ask.verdict);
      settle(ask, false, "deny", "the user was asked and said no");
    }
    return done({});
  }
  if (!grants || !first->verdict.grantable) {
    const auto ask = queue_.take(id);
    settle(*ask, true, "once", {});
    if (queue_.first_of(question) != nullptr) announce(question);
    return done({});
  }
  // The grant must be durable before anything goes by it.
  std::vector<approval::Ask> asks = queue_.take_question(question);
  session::Grant grant = approval::grant_for(asks.front(), answer, gateway_.new_grant_id(), gateway_.now(),
                                             approval::kAlwaysDays);
  gateway_.add_grant(std::move(grant),
                     [this, alive = std::weak_ptr<int>(alive_), asks = std::move(asks), question, answer,
                      done = std::move(done)](const Status& status) mutable {
                       if (alive.expired()) return;
                       // Calls that came while the grant was written have the same answer.
                       for (approval::Ask& late : queue_.take_question(question))
                         asks.push_back(std::move(late));
                       tokens_.erase(question);
                       for (const approval::Ask& ask : asks) {
                         settle(ask, status.has_value(), status ? approval::answer_name(answer) : "deny",
                                status ? "" : kNotWritten);
                       }
                       done(status);
                     });
}

// The answer is on the ledger before the call goes on. Until then the client may still go away.
void Asks::settle(const approval::Ask& ask, bool allowed, std::string_view recorded, std::string said) {
  const auto at = waiting_.find(ask.id);
  if (at == waiting_.end()) return;
  at->second.settled = true;
  gateway_.recorder().answer(at->second.decision, recorded,
                             [this, alive = std::weak_ptr<int>(alive_), id = ask.id, allowed,
                              said = std::move(said)](const Result<uint64_t>& entry) {
                               if (alive.expired()) return;
                               const auto waiting = waiting_.find(id);
                               if (waiting == waiting_.end()) return;
                               const Answered answered = std::move(waiting->second.answered);
                               waiting_.erase(waiting);
                               if (!allowed) return answered({false, said});
                               answered({entry.has_value(), entry ? "" : kNotWritten});
                             });
}

void Asks::expire() {
  const std::string why = fmt::format("nobody answered within {}", seconds(gateway_.config().ask_timeout_ms));
  for (const approval::Ask& ask : queue_.expire(gateway_.now())) {
    missed_.add(ask.session_id, ask.verdict, why, ask.decision, gateway_.now());
    settle(ask, false, "timeout", "the user was asked, and " + why);
    close_link(ask.question);
  }
}

}  // namespace weir::gateway
