#include "approval/memory.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/json.h"
#include "base/limits.h"

namespace weir::approval {

namespace {

// Of a call or a question, as long as the person says nothing more.
Digest until_spoken(const Digest& key, const guard::Verdict& verdict) {
  return sha256({as_bytes(key), "/", std::to_string(verdict.person_spoke)});
}

}  // namespace

void Denials::put(std::string_view session, const guard::Verdict& verdict) {
  count(until_spoken(call_key(session, verdict), verdict));
  count(until_spoken(question_key(session, verdict), verdict));
}

bool Denials::has(std::string_view session, const guard::Verdict& verdict) const {
  return times(until_spoken(call_key(session, verdict), verdict)) > 0 ||
         times(until_spoken(question_key(session, verdict), verdict)) >= kDenialsOfAQuestion;
}

void Denials::count(const Digest& key) {
  const auto [at, added] = known_.try_emplace(key, 0);
  ++at->second;
  if (!added) return;
  order_.push_back(key);
  if (order_.size() <= 2 * limits::kDeniedQuestionsMax) return;  // each has two keys
  known_.erase(order_.front());
  order_.pop_front();
}

int Denials::times(const Digest& key) const {
  const auto at = known_.find(key);
  return at == known_.end() ? 0 : at->second;
}

void MissedList::add(const std::string& session, const guard::Verdict& verdict, std::string reason,
                     uint64_t decision, Now now) {
  std::string grant = grant_line(verdict);
  if (grant.size() > limits::kGrantLineBytesMax) grant.clear();
  const std::string tool = shown(verdict.tool, limits::kToolNameBytesMax);
  const std::string why = shown(verdict.why, limits::kMissedWhyBytesMax);
  const auto same = std::find_if(all_.begin(), all_.end(), [&](const Missed& missed) {
    return missed.tool == tool && missed.grant == grant && (!grant.empty() || missed.why == why);
  });
  if (same != all_.end()) {
    ++same->count;
  } else if (all_.size() < limits::kMissedMax) {
    all_.push_back(
        {tool, shown(session, 80), why, std::move(reason), std::move(grant), decision, now.wall_ms, 1});
  } else {
    ++more_;
  }
}

std::string missed_json(const MissedList& missed) {
  json::Writer writer;
  writer.begin_object().key("denied").begin_array();
  for (const Missed& each : missed.all()) {
    writer.begin_object()
        .field("tool", each.tool)
        .field("why", each.why)
        .field("reason", each.reason)
        .field("session", each.session)
        .key("count")
        .integer(static_cast<int64_t>(each.count));
    writer.key("decision").integer(static_cast<int64_t>(each.decision)).field("time", rfc3339(each.wall_ms));
    if (!each.grant.empty()) writer.field("grant", each.grant);
    writer.end_object();
  }
  writer.end_array().key("more").integer(static_cast<int64_t>(missed.more()));
  return writer.end_object().take();
}

Result<std::string> missed_text(std::string_view json) {
  WEIR_TRY_ASSIGN(document, json::parse(std::string(json)));
  if (!document["denied"].is_array()) return bad_input("expected {\"denied\": […]}");
  std::string out;
  for (const json::Value each : document["denied"].elements()) {
    const int64_t count = each["count"].integer().value_or(1);
    out += fmt::format(
        "{}{}  {}\n    why: {}\n", shown(each["tool"].string_or(""), limits::kToolNameBytesMax),
        count > 1 ? fmt::format(" ({} times)", count) : "", shown(each["reason"].string_or(""), 200),
        shown(each["why"].string_or(""), limits::kMissedWhyBytesMax));
    const std::string_view grant = each["grant"].string_or("");
    out += grant.empty() ? "    no grant line allows it: answer it in weir approvals\n"
                         : fmt::format("    {}\n", shown(grant, limits::kGrantLineBytesMax));
  }
  if (const int64_t more = document["more"].integer().value_or(0); more > 0)
    out += fmt::format("and {} further denials that are not listed\n", more);
  return out;
}

}  // namespace weir::approval
