#include "review/session_view.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/bytes.h"

namespace weir::review {
namespace {

std::vector<std::string> strings(json::Value list) {
  std::vector<std::string> out;
  for (const json::Value each : list.elements()) out.emplace_back(each.string_or(""));
  return out;
}

std::optional<SeenArrival> read_arrival(const std::string& text) {
  const auto document = json::parse(text);
  if (!document || !document->root().is_object()) return std::nullopt;
  const json::Value root = document->root();
  SeenArrival out;
  out.at = static_cast<uint64_t>(std::max<int64_t>(0, root["at"].integer().value_or(0)));
  out.time = root["time"].string_or("");
  out.kind = root["kind"].string_or("");
  out.tool = root["tool"].string_or("");
  out.call = root["call"].string_or("");
  out.mode = root["mode"].string_or("");
  out.bytes = root["bytes"].integer().value_or(0);
  out.trusted = root["trusted"].boolean().value_or(false);
  out.origins = strings(root["origins"]);
  for (const json::Value number : root["sealed"].elements())
    out.sealed.push_back(number.integer().value_or(0));
  out.sealed_count = root["sealed_count"].integer().value_or(0);
  out.context_trusted = root["context"].string_or("") == "trusted";
  out.context_origins = strings(root["context_origins"]);
  out.bits = root["bits"].number().value_or(0);
  out.budget = root["budget"].number().value_or(0);
  return out;
}

void add_call(SessionView& view, Recorded call, const std::map<std::string, Effect>& effects) {
  Happened happened;
  if (const auto at = effects.find(call.call); at != effects.end()) happened.effect = at->second;
  ++(call.decision == policy::Decision::allow ? view.allowed
     : call.decision == policy::Decision::ask ? view.asked
                                              : view.denied);
  view.bits = std::max(view.bits, call.bits);
  view.context_trusted = call.context_trusted;
  view.context_origins = call.context_trusted ? std::vector<std::string>() : call.context_origins;
  view.last = std::max(view.last, call.time);
  if (view.first.empty()) view.first = call.time;
  happened.call = std::move(call);
  view.happened.push_back(std::move(happened));
}

void add_arrival(SessionView& view, SeenArrival arrival) {
  view.sealed += static_cast<size_t>(arrival.sealed_count);
  view.bits = std::max(view.bits, arrival.bits);
  view.budget = arrival.budget;
  view.mode = arrival.mode;
  view.context_trusted = arrival.context_trusted;
  view.context_origins = arrival.context_origins;
  view.last = std::max(view.last, arrival.time);
  if (view.first.empty()) view.first = arrival.time;
  Happened happened;
  happened.arrival = std::move(arrival);
  view.happened.push_back(std::move(happened));
}

void write_strings(json::Writer& out, std::string_view key, const std::vector<std::string>& values) {
  out.key(key).begin_array();
  for (const std::string& value : values) out.string(value);
  out.end_array();
}

void write_arrival(json::Writer& out, const SeenArrival& arrival) {
  out.begin_object().field("event", "arrival").field("time", arrival.time).field("kind", arrival.kind);
  if (!arrival.tool.empty()) out.field("tool", arrival.tool).field("call", arrival.call);
  out.key("bytes").integer(arrival.bytes).key("trusted").boolean(arrival.trusted);
  write_strings(out, "origins", arrival.origins);
  out.key("sealed").begin_array();
  for (const int64_t number : arrival.sealed) out.integer(number);
  out.end_array().key("sealed_count").integer(arrival.sealed_count);
  out.field("context", arrival.context_trusted ? "trusted" : "untrusted");
  write_strings(out, "context_origins", arrival.context_origins);
  out.key("bits").number(arrival.bits).end_object();
}

bool holds_sealed(const Recorded& call) {
  return std::any_of(call.arguments.begin(), call.arguments.end(),
                     [](const RecordedArgument& argument) { return argument.sealed.has_value(); });
}

void write_call(json::Writer& out, const Happened& happened) {
  const Recorded& call = *happened.call;
  out.begin_object().field("event", "call").key("index").integer(static_cast<int64_t>(call.index));
  out.field("time", call.time).field("tool", call.tool).field("call", call.call);
  out.field("decision", policy::to_string(call.decision)).key("enforced").boolean(call.enforced);
  write_strings(out, "policies", call.policies);
  if (!holds_sealed(call)) out.field("why", call.why);  // it may quote an argument
  if (!call.answer.empty()) out.field("answer", call.answer);
  out.key("came_back").boolean(happened.effect.has_value());
  out.field("context", call.context_trusted ? "trusted" : "untrusted").key("args").begin_object();
  for (const RecordedArgument& argument : call.arguments) {
    out.key(argument.pointer).begin_object().field("role", manifest::role_name(argument.role));
    out.key("trusted").boolean(argument.trusted);
    write_strings(out, "origins", argument.origins);
    if (argument.sealed) {
      out.field("sealed", *argument.sealed);
    } else if (argument.value) {
      out.field("value", *argument.value);
    }
    out.end_object();
  }
  out.end_object().key("bits").number(call.bits).end_object();
}

void write_summary(json::Writer& out, const SessionView& view) {
  out.field("session", view.session).field("mode", view.mode);
  out.field("first", view.first).field("last", view.last);
  out.key("allowed").integer(static_cast<int64_t>(view.allowed));
  out.key("asked").integer(static_cast<int64_t>(view.asked));
  out.key("denied").integer(static_cast<int64_t>(view.denied));
  out.key("sealed").integer(static_cast<int64_t>(view.sealed));
  out.key("bits").number(view.bits).key("budget").number(view.budget);
  out.field("context", view.context_trusted ? "trusted" : "untrusted");
  write_strings(out, "context_origins", view.context_origins);
}

}  // namespace

Result<SessionView> view_session(std::string_view session, json::Value entries,
                                 const std::vector<std::string>& arrivals) {
  WEIR_TRY_ASSIGN(recorded, read_recorded(entries));
  std::map<std::string, Effect> effects;
  for (const json::Value each : entries.elements()) {
    const json::Value entry = each["entry"];
    if (entry["type"].string_or("") == "effect" && entry["session"].string_or("") == session)
      effects[std::string(entry["call"].string_or(""))] = {entry["error"].boolean().value_or(false)};
  }
  SessionView view;
  view.session = session;
  auto call = recorded.begin();
  const auto calls_before = [&](uint64_t at) {
    for (; call != recorded.end() && call->index < at; ++call) {
      if (call->session == session) add_call(view, std::move(*call), effects);
    }
  };
  for (const std::string& text : arrivals) {
    auto arrival = read_arrival(text);
    if (!arrival) continue;
    calls_before(arrival->at);
    add_arrival(view, std::move(*arrival));
  }
  calls_before(UINT64_MAX);
  return view;
}

std::string view_json(const SessionView& view) {
  json::Writer out;
  out.begin_object();
  write_summary(out, view);
  out.key("events").begin_array();
  for (const Happened& happened : view.happened)
    happened.arrival ? write_arrival(out, *happened.arrival) : write_call(out, happened);
  return out.end_array().end_object().take();
}

std::string summary_json(const SessionView& view) {
  json::Writer out;
  out.begin_object();
  write_summary(out, view);
  return out.end_object().take();
}

std::string names_in_words(const std::vector<std::string>& names, size_t most) {
  std::string out;
  for (size_t i = 0; i < names.size() && i < most; ++i) out += (i == 0 ? "" : ", ") + shown(names[i], 60);
  if (names.size() > most) out += fmt::format(" and {} more", names.size() - most);
  return out;
}

}  // namespace weir::review
