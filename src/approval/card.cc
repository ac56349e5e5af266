#include "approval/card.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/limits.h"

namespace weir::approval {
namespace {

constexpr size_t kNameBytes = 120;
constexpr size_t kWhyBytes = 600;
constexpr size_t kPatternBytes = 2'000;

std::string date_of(int64_t wall_ms) {
  return rfc3339(wall_ms).substr(0, 10);
}

std::string next_time(const Ask& ask, size_t waiting, Answer answer, int64_t until_wall_ms) {
  const guard::Verdict& verdict = ask.verdict;
  switch (answer) {
    case Answer::once:
      return waiting > 1 ? fmt::format("this call goes; the other {} and later ones ask again", waiting - 1)
                         : "this call goes; the same later asks again";
    case Answer::session:
    case Answer::always:
      if (!verdict.grantable)
        return fmt::format("as once: no grant decides this ({})", fmt::join(verdict.policies, ", "));
      return answer == Answer::session
                 ? std::string("this pattern goes without asking, in this session")
                 : fmt::format("this pattern goes without asking, in any session until {}",
                               date_of(until_wall_ms));
    case Answer::deny:
      return waiting > 1 ? "none of them goes; the same in this session is denied at once"
                         : "it does not go; the same in this session is denied at once";
  }
  return {};
}

std::string joined(json::Value list) {
  std::string all;
  for (const json::Value each : list.elements())
    all += (all.empty() ? "" : ", ") + visible(each.string_or(""), kNameBytes);
  return all;
}

// "mail/send with /to = eve@x.org, whatever /body says; what it carries may go there".
std::string in_words(json::Value pattern) {
  std::string text = visible(pattern["tool"].string_or(""), kNameBytes);
  bool first = true;
  for (const json::Member& argument : pattern["args"].members()) {
    text += fmt::format("{}{} = {}", first ? " with " : ", ", visible(argument.key, kNameBytes),
                        visible(argument.value.string_or(""), kNameBytes));
    first = false;
  }
  if (const std::string any = joined(pattern["any"]); !any.empty())
    text += fmt::format("{}whatever {} is", first ? ", " : "; ", any);
  if (pattern["release"].boolean().value_or(false)) text += "; what it carries may go there";
  return visible(text, kPatternBytes);
}

void write_pattern(json::Writer& writer, const guard::Verdict& verdict) {
  const session::Grant grant = exact_grant(verdict);
  writer.key("pattern").begin_object().field("tool", grant.tool).key("args").begin_object();
  for (const auto& [pointer, pattern] : grant.arguments) writer.field(pointer, pattern);
  writer.end_object().key("any").begin_array();
  for (const session::Leaf& leaf : verdict.arguments) {
    if (!manifest::authority_bearing(leaf.role)) writer.string(leaf.pointer);
  }
  writer.end_array().key("release").boolean(grant.release).end_object();
}

bool combining(char32_t c) {
  return (c >= 0x300 && c <= 0x36F) || (c >= 0x483 && c <= 0x489) || (c >= 0x591 && c <= 0x5BD) ||
         (c >= 0x610 && c <= 0x61A) || (c >= 0x64B && c <= 0x65F) || (c >= 0xE31 && c <= 0xE3A) ||
         (c >= 0xE47 && c <= 0xE4E) || (c >= 0x1AB0 && c <= 0x1AFF) || (c >= 0x1DC0 && c <= 0x1DFF) ||
         (c >= 0x20D0 && c <= 0x20FF) || (c >= 0xFE20 && c <= 0xFE2F);
}

}  // namespace

std::string visible(std::string_view text, size_t bytes_max) {
  const std::string safe = shown(text, bytes_max);
  std::string out;
  int marks = 0;
  for (size_t at = 0; at < safe.size();) {
    const size_t begin = at;
    const char32_t c = next_utf8(safe, at);
    marks = combining(c) ? marks + 1 : 0;
    if (marks > 2) {
      out += fmt::format("\\u{{{:04X}}}", static_cast<uint32_t>(c));
    } else {
      out.append(safe, begin, at - begin);
    }
  }
  return out;
}

std::string ask_json(const Question& question, const Labels& labels, Now now, std::string_view link) {
  const Ask& ask = *question.front();
  const guard::Verdict& verdict = ask.verdict;
  const auto parsed = json::parse(guard::verdict_json(verdict, labels));
  const int64_t left_ms = std::max<int64_t>(0, ask.deadline_mono_ms - now.mono_ms);
  const int64_t until = always_until_wall_ms(now);
  json::Writer writer;
  writer.begin_object().field("id", ask.id).key("ids").begin_array();
  for (const Ask* each : question) writer.string(each->id);
  writer.end_array().field("session", ask.session_id);
  writer.key("decision")
      .integer(static_cast<int64_t>(ask.decision))
      .key("seconds_left")
      .integer(left_ms / 1000);
  writer.field("denied_at", rfc3339(now.wall_ms + left_ms));
  for (const std::string_view key : {"tool", "why", "policies", "context", "args"}) {
    if (parsed) writer.key(key).raw(parsed->root()[key].raw());
  }
  writer.key("values").begin_object();
  for (const session::Leaf& leaf : verdict.arguments) writer.field(leaf.pointer, leaf.value);
  writer.end_object();
  write_pattern(writer, verdict);
  if (verdict.grantable) writer.field("expires", rfc3339(until));
  writer.key("next").begin_object();
  for (const Answer answer : {Answer::once, Answer::session, Answer::always, Answer::deny})
    writer.field(answer_name(answer), next_time(ask, question.size(), answer, until));
  writer.end_object();
  const std::string line = grant_line(verdict);
  if (!line.empty() && line.size() <= limits::kGrantLineBytesMax) writer.field("grant", line);
  if (!link.empty()) writer.field("link", link);
  return writer.end_object().take();
}

Card read_card(json::Value ask) {
  Card card;
  const auto text = [&](std::string_view key, size_t bytes_max) {
    return visible(ask[key].string_or(""), bytes_max);
  };
  card.id = text("id", 20);
  card.session = text("session", kNameBytes);
  card.session_raw = ask["session"].string_or("");
  card.tool = text("tool", kNameBytes);
  card.tool_raw = ask["tool"].string_or("");
  card.why = text("why", kWhyBytes);
  card.denied_at = text("denied_at", 40);
  card.link = text("link", 200);
  card.policies = joined(ask["policies"]);
  card.decision = static_cast<uint64_t>(std::max<int64_t>(0, ask["decision"].integer().value_or(0)));
  card.waiting = std::max<size_t>(1, ask["ids"].size());
  card.seconds_left = ask["seconds_left"].integer().value_or(0);
  card.pattern = in_words(ask["pattern"]);
  for (const Answer answer : {Answer::once, Answer::session, Answer::always, Answer::deny})
    card.next[static_cast<size_t>(answer)] = visible(ask["next"][answer_name(answer)].string_or(""), 200);
  // In the order of `args`, which is that of `values`: no look-up for each.
  const json::Members values = ask["values"].members();
  auto beside = values.begin();
  for (const json::Member& member : ask["args"].members()) {
    const bool there = beside != values.end() && (*beside).key == member.key;
    const std::string_view value = there ? (*beside).value.string_or("") : std::string_view();
    if (there) ++beside;
    CardArgument argument;
    argument.pointer = visible(member.key, kNameBytes);
    argument.role = visible(member.value["role"].string_or(""), 20);
    argument.trusted = member.value["integrity"].string_or("") == "trusted";
    argument.decides = argument.role != manifest::role_name(manifest::ArgRole::content);
    argument.origins = joined(member.value["origins"]);
    argument.readers = joined(member.value["readers"]);
    argument.bytes = value.size();
    argument.cut = value.size() > limits::kShownValueBytesMax;
    argument.value = visible(value, limits::kShownValueBytesMax);
    card.arguments.push_back(std::move(argument));
  }
  std::stable_sort(card.arguments.begin(), card.arguments.end(),
                   [](const CardArgument& a, const CardArgument& b) {
                     const auto rank = [](const CardArgument& argument) {
                       return (argument.decides ? 0 : 2) + (argument.trusted ? 1 : 0);
                     };
                     return rank(a) < rank(b);
                   });
  if (card.arguments.size() > limits::kShownArgumentsMax) {
    card.more_arguments = card.arguments.size() - limits::kShownArgumentsMax;
    card.arguments.resize(limits::kShownArgumentsMax);
  }
  return card;
}

std::string one_line(const Card& card) {
  return shown(
      fmt::format("weir: {} waits for your answer ({} s): {}", card.tool, card.seconds_left, card.why), 400);
}

}  // namespace weir::approval
