#include <fmt/format.h>

#include <algorithm>

#include "base/limits.h"
#include "wire/chat_turn.h"
#include "wire/frames.h"
#include "wire/unnamed_calls.h"

namespace weir::wire {

using Kind = PartChange::Kind;

bool Frame::any_call() const {
  return std::any_of(parts.begin(), parts.end(),
                     [](const FramePart& part) { return part.kind == SpokenKind::call; });
}

bool Frame::changed() const {
  return std::any_of(parts.begin(), parts.end(),
                     [](const FramePart& part) { return part.change.kind != Kind::keep; });
}

bool Frame::says() const {
  return std::any_of(parts.begin(), parts.end(), [](const FramePart& part) {
    return part.change.kind != Kind::cut && !(part.change.kind == Kind::text && part.change.with.empty());
  });
}

bool Frame::append_text(const std::string& text) {
  for (auto part = parts.rbegin(); part != parts.rend(); ++part) {
    if (part->kind != SpokenKind::text) continue;
    if (text.empty()) return true;
    const std::string now = part->change.kind == Kind::text ? part->change.with : std::string(part->text);
    part->change = {Kind::text, now + text};
    return true;
  }
  return false;
}

Status check_failed(const Frame& frame) {
  return frame.parts.empty() ? Status() : unavailable("the upstream sent part of a reply beside an error");
}

bool FrameTurn::any_call() const {
  return std::any_of(parts.begin(), parts.end(), [](const SpokenPart& part) { return part.is_call(); });
}

bool FrameTurn::withheld_any() const {
  return std::any_of(parts.begin(), parts.end(), [](const SpokenPart& part) { return part.withheld(); });
}

bool FrameTurn::allowed_any() const {
  return std::any_of(parts.begin(), parts.end(),
                     [](const SpokenPart& part) { return part.is_call() && part.verdict.allow; });
}

bool FrameTurn::rewritten_any() const {
  return std::any_of(parts.begin(), parts.end(),
                     [](const SpokenPart& part) { return part.is_call() && part.verdict.arguments; });
}

bool FrameTurn::untouched() const {
  return !withheld_any() && !rewritten_any() && text() == shown();
}

bool FrameTurn::silent() const {
  return std::all_of(parts.begin(), parts.end(), [](const SpokenPart& part) {
    return part.kind == SpokenKind::thinking ||
           (part.kind == SpokenKind::text && part.text.find_first_not_of(" \t\r\n") == std::string::npos);
  });
}

std::string FrameTurn::text() const {
  std::string all;
  for (const SpokenPart& part : parts) all += part.kind == SpokenKind::text ? part.text : "";
  return all;
}

std::string FrameTurn::shown() const {
  std::string all;
  for (const SpokenPart& part : parts) all += part.kind == SpokenKind::text ? part.shown : "";
  return all;
}

Status FrameRounds::take(Frame& frame) {
  const bool earlier = std::any_of(turns_.begin(), turns_.end() - 1,
                                   [](const FrameTurn& turn) { return !turn.shown().empty(); });
  for (FramePart& part : frame.parts) {
    SpokenPart spoken{part.kind, std::string(part.value.raw()), {}, {}, part.call, {}};
    if (part.kind == SpokenKind::text) {
      spoken.text = part.text;
      const bool begins = earlier && last().shown().empty();
      spoken.shown = text_.feed(spoken.text);
      if (begins && !spoken.shown.empty()) spoken.shown.insert(0, kRoundGap);
      if (spoken.shown != spoken.text) part.change = {Kind::text, spoken.shown};
    } else if (part.kind == SpokenKind::thinking) {
      spoken.text = part.text;
    }
    last().parts.push_back(std::move(spoken));
  }
  const auto calls = std::count_if(last().parts.begin(), last().parts.end(),
                                   [](const SpokenPart& part) { return part.is_call(); });
  if (static_cast<size_t>(calls) > limits::kCallsPerTurnMax)
    return too_large(fmt::format("more than {} calls in one turn", limits::kCallsPerTurnMax));
  return {};
}

std::string FrameRounds::rest() {
  std::string rest = text_.end();
  if (rest.empty()) return rest;
  const bool earlier = std::any_of(turns_.begin(), turns_.end() - 1,
                                   [](const FrameTurn& turn) { return !turn.shown().empty(); });
  if (earlier && last().shown().empty()) rest.insert(0, kRoundGap);
  for (auto part = last().parts.rbegin(); part != last().parts.rend(); ++part) {
    if (part->kind != SpokenKind::text) continue;
    part->shown += rest;
    break;
  }
  return rest;
}

std::vector<HeldCall> FrameRounds::calls() const {
  std::vector<exchange::Part> parts;
  for (const SpokenPart& part : last().parts) {
    if (part.is_call()) parts.emplace_back(part.call);
  }
  name_calls(parts);
  std::vector<HeldCall> calls;
  for (exchange::Part& part : parts) calls.push_back({std::get<exchange::Call>(std::move(part)), 0});
  return calls;
}

Status FrameRounds::decide(const std::vector<Verdict>& verdicts) {
  size_t at = 0;
  for (SpokenPart& part : last().parts) {
    if (!part.is_call() || at == verdicts.size()) continue;
    WEIR_TRY_ASSIGN(verdict, settled(verdicts[at++], part.call));
    part.verdict = std::move(verdict);
  }
  return {};
}

void FrameRounds::change(std::vector<Frame>& frames) const {
  auto spoken = last().parts.begin();
  for (Frame& frame : frames) {
    for (FramePart& part : frame.parts) {
      if (part.kind != SpokenKind::call) continue;
      while (spoken != last().parts.end() && !spoken->is_call()) ++spoken;
      if (spoken == last().parts.end()) return;
      if (spoken->withheld()) part.change = {Kind::cut};
      if (spoken->verdict.allow && spoken->verdict.arguments)
        part.change = {Kind::arguments, *spoken->verdict.arguments};
      ++spoken;
    }
  }
}

std::string FrameRounds::next_body() {
  const FrameTurn& turn = last();
  body_ = dialect_.append(
      body_, dialect_.message_json(turn) + "," + dialect_.results_messages(dialect_.results_json(turn)));
  turns_.emplace_back();
  return body_;
}

std::string FrameRounds::stopped() const {
  std::vector<std::string_view> names;
  for (const FrameTurn& turn : turns_) {
    if (!turn.shown().empty() || turn.allowed_any()) return {};
    for (const SpokenPart& part : turn.parts) {
      if (part.is_call() && !part.verdict.answered) names.push_back(part.call.name);
    }
  }
  return stopped_sentence(names);
}

std::optional<Shadow> FrameRounds::shadow(bool keep_own) const {
  if (!keep_own &&
      std::all_of(turns_.begin(), turns_.end(), [](const FrameTurn& turn) { return turn.untouched(); }))
    return std::nullopt;
  Shadow shadow;
  for (size_t i = 0; i < turns_.size(); ++i) {
    const bool is_last = i + 1 == turns_.size();
    // A round that said nothing at all: the upstream would refuse an empty message.
    if (i > 0 && turns_[i].silent()) continue;
    shadow.replacement += (i == 0 ? "" : ",") + dialect_.message_json(turns_[i]);
    if (!turns_[i].withheld_any()) continue;
    const std::string results = dialect_.results_json(turns_[i]);
    if (is_last && dialect_.results_are_parts()) {
      shadow.prepend_blocks = results;
    } else if (is_last && turns_[i].allowed_any()) {
      shadow.insert_after = results;
    } else {
      shadow.replacement += "," + dialect_.results_messages(results);
    }
  }
  return shadow;
}

std::vector<std::pair<std::string, int64_t>> FrameRounds::counts(const Frame& end) {
  for (const std::string_view pointer : dialect_.counts()) {
    const int64_t count = end.document.root().at_pointer(pointer).integer().value_or(0);
    const auto at = std::find_if(counts_.begin(), counts_.end(),
                                 [&](const auto& entry) { return entry.first == pointer; });
    if (at == counts_.end()) {
      counts_.emplace_back(pointer, count);
    } else {
      at->second += count;
    }
  }
  return first() ? std::vector<std::pair<std::string, int64_t>>() : counts_;
}

}  // namespace weir::wire
