// What the fuzz targets of the dialects share: random choices from the input's bytes, and driving a reply.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <source_location>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/limits.h"
#include "wire/dialect.h"

namespace weir::fuzz {

inline void expect(bool holds, std::source_location at = std::source_location::current()) {
  if (holds) return;
  std::fprintf(stderr, "%s:%u: does not hold\n", at.file_name(), static_cast<unsigned>(at.line()));
  std::abort();
}

// The input's bytes one after the other, then numbers that follow from them.
class Choices {
 public:
  explicit Choices(std::string_view bytes) : bytes_(bytes) {}

  // From 0 below `count`.
  size_t pick(size_t count) {
    uint32_t byte = 0;
    if (at_ < bytes_.size()) byte = static_cast<uint8_t>(bytes_[at_++]);
    seed_ = seed_ * 1664525U + 1013904223U + byte;
    return (at_ < bytes_.size() ? byte : seed_ >> 16) % count;
  }
  bool chance() { return pick(2) == 1; }
  bool spent() const { return at_ >= bytes_.size(); }

 private:
  std::string_view bytes_;
  size_t at_ = 0;
  uint32_t seed_ = 1;
};

// Puts text in capitals, and keeps back a few letters at its end.
class Capitals final : public wire::TextFilter {
 public:
  static std::string of(std::string_view text) {
    std::string out(text);
    for (char& c : out) c = is_small(c) ? static_cast<char>(c - 32) : c;
    return out;
  }
  static bool is_small(char c) { return c >= 'a' && c <= 'z'; }

  std::string feed(std::string_view piece) override {
    kept_ += piece;
    size_t keep = 0;
    while (keep < 3 && keep < kept_.size() && is_small(kept_[kept_.size() - 1 - keep])) ++keep;
    std::string out = of(kept_.substr(0, kept_.size() - keep));
    kept_.erase(0, out.size());
    return out;
  }
  std::string end() override { return of(std::exchange(kept_, {})); }

 private:
  std::string kept_;
};

inline wire::TextFilters capitals() {
  return [] { return std::make_unique<Capitals>(); };
}
// Only weir itself may say something else.
inline void expect_capitals(std::string_view text) {
  expect(text.starts_with("(weir stopped") || std::none_of(text.begin(), text.end(), Capitals::is_small));
}

struct Played {
  bool whole = false;  // it came to its end
  bool one_round = true;
  std::string out = {};
  std::vector<wire::HeldCall> calls = {};
  std::vector<exchange::Call> given = {};  // the same as the client gets them
  std::vector<bool> allowed = {};
  std::vector<bool> rewritten = {};
  std::vector<exchange::Message> messages = {};
};

// Plays the upstream's bytes in random pieces. `judge(call)` is the verdict; `check(out)` looks at all bytes
// so far, after every step. A second round gets `again`.
template <class Judge, class Check>
Played play(const wire::ParsedRequest& request, const wire::Options& options, std::string_view bytes,
            std::string_view again, Choices& choices, Judge&& judge, Check&& check) {
  Played played;
  const auto reply = wire::make_reply(request, std::string(request.document.text()), options);
  bool complete = false;
  const auto take = [&](Result<wire::Step> step) {
    while (step) {
      played.out += step->out;
      complete = step->complete;
      check(played);
      if (step->calls.empty()) return true;
      std::vector<wire::Verdict> verdicts;
      for (const wire::HeldCall& held : step->calls) {
        wire::Verdict verdict{judge(held.call), "no", {}, choices.chance()};
        played.calls.push_back(held);
        played.given.push_back(held.call);
        played.allowed.push_back(verdict.allow);
        played.rewritten.push_back(verdict.allow && choices.pick(3) == 0);
        if (played.rewritten.back()) {
          verdict.arguments = held.call.is_json ? R"({"given":1})" : "given";
          played.given.back().arguments = *verdict.arguments;
        }
        verdicts.push_back(std::move(verdict));
      }
      check(played);
      step = reply->decide(verdicts);
    }
    return false;
  };
  for (int round = 0; round < 2; ++round) {
    for (std::string_view rest = bytes; !rest.empty();) {
      const size_t size = std::min(rest.size(), choices.chance() ? 1 + choices.pick(64) : rest.size());
      if (!take(reply->feed(rest.substr(0, size)))) return played;
      rest.remove_prefix(size);
    }
    if (!take(reply->end_of_body())) return played;
    expect(complete);
    if (round == 1 || again.empty() || !reply->all_denied()) break;
    const auto next = wire::parse_request(request.request.dialect, reply->next_round_body(), options);
    expect(next.has_value() && next->request.messages.size() > request.request.messages.size());
    bytes = again;
    played.one_round = false;
  }
  if (!take(reply->finish())) return played;
  played.messages = reply->client_messages();
  played.whole = true;
  if (const auto shadow = reply->shadow()) {
    expect(json::parse("[" + shadow->replacement + "]").has_value());
    expect(json::parse("[" + shadow->prepend_blocks + "]").has_value());
    expect(json::parse("[" + shadow->insert_after + "]").has_value());
  }
  return played;
}

// One part becomes another, one tool comes: all else is what it was.
inline void try_changes(exchange::Dialect dialect, const wire::ParsedRequest& request,
                        const wire::Options& options, Choices& choices) {
  wire::Changes changes;
  const std::vector<exchange::Message>& messages = request.request.messages;
  size_t at = 0;
  size_t part = 0;
  if (!messages.empty()) at = choices.pick(messages.size());
  bool edit = !messages.empty() && !messages[at].parts.empty();
  std::string text = "weir\"";
  if (edit) {
    part = choices.pick(messages[at].parts.size());
    // What was a picture stands in the text then.
    edit = request.places[at][part].kind != wire::PartPlace::Kind::images;
  }
  if (edit) {
    const auto* call = std::get_if<exchange::Call>(&messages[at].parts[part]);
    if (call != nullptr && call->is_json) text = R"({"weir":1})";
    changes.parts.push_back({at, part, text});
  }
  if (request.request.tools.size() < limits::kToolsMax)
    changes.tools.push_back({exchange::ToolKind::function, "weir_ask", "asks", R"({"type":"object"})"});
  const auto again = wire::parse_request(dialect, request.write(changes), options);
  expect(again.has_value());
  expect(again->request.tools.size() == request.request.tools.size() + changes.tools.size());
  expect(again->request.messages.size() == messages.size());
  for (size_t i = 0; i < messages.size(); ++i) {
    expect(again->request.messages[i].parts.size() == messages[i].parts.size());
    if (edit && i == at) continue;
    expect(exchange::message_digest(again->request.messages[i]) == exchange::message_digest(messages[i]));
  }
  // What was a sound stands behind all other text.
  if (!edit || request.places[at][part].kind == wire::PartPlace::Kind::audio) return;
  const exchange::Part& now = again->request.messages[at].parts[part];
  if (const auto* said = std::get_if<exchange::Text>(&now)) expect(said->text == text);
  // Where the API prescribes a shape, the text is in it; a screenshot cannot say anything.
  const bool item = request.places[at][part].kind == wire::PartPlace::Kind::item_arguments;
  const bool shown = request.places[at][part].kind == wire::PartPlace::Kind::item_result;
  if (const auto* call = std::get_if<exchange::Call>(&now))
    expect(call->arguments == text || (item && call->arguments.find("weir") != std::string::npos));
  if (const auto* result = std::get_if<exchange::Result>(&now))
    expect((result->texts == std::vector<std::string>{text} && result->media == 0) ||
           (shown && result->texts.empty() && result->media == 1));
  expect(!std::holds_alternative<exchange::Media>(now));
}

// A request that parses is written as it came; with edits it stays one; what is cut leaves one that weir
// takes.
inline void try_request(exchange::Dialect dialect, std::string_view body, Choices& choices) {
  for (const wire::Options& options :
       {wire::Options{}, wire::Options{true, false}, wire::Options{false, true}}) {
    const auto request = wire::parse_request(dialect, std::string(body), options);
    if (!request) {
      expect(json::parse(wire::error_body(dialect, request.error())).has_value());
      continue;
    }
    expect(request->wire_index.size() == request->request.messages.size());
    const std::string written = request->write({});
    if (request->cuts.empty()) expect(written == body);
    const auto again = wire::parse_request(dialect, written, options);
    expect(again.has_value() && again->cuts.empty());
    expect(again->request.messages.size() == request->request.messages.size());
    expect(again->request.tools.size() == request->request.tools.size());
    try_changes(dialect, *request, options, choices);
    if (request->request.messages.empty()) continue;
    const size_t message = choices.pick(request->request.messages.size());
    using Kind = wire::Edit::Kind;
    const std::string blocks = R"({"type":"text","text":"weir"})";
    const bool gemini = dialect == exchange::Dialect::gemini;
    const auto said = [gemini](const std::string& role) {
      return gemini ? R"({"parts":[{"text":"weir"}]})" : R"({"role":")" + role + R"(","content":"weir"})";
    };
    const std::vector<wire::Edit> edits{{Kind::replace, message, said("assistant")},
                                        {Kind::insert_after, message, said("user")}};
    expect(wire::parse_request(dialect, request->write({.edits = edits}), options).has_value());
    if (dialect == exchange::Dialect::messages)
      expect(wire::parse_request(
                 dialect, request->write({.edits = {{Kind::prepend_blocks, message, blocks}}}), options)
                 .has_value());
  }
}

}  // namespace weir::fuzz
