// What the fuzz targets of Ollama and Gemini share: requests, upstream bytes of any kind, and replies made
// from choices.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "wire/frames_samples.h"
#include "wire_fuzz.h"

namespace weir::fuzz {

using wire::testing::frames::Form;
using wire::testing::frames::Script;

inline wire::ParsedRequest request_of(const Form& form) {
  auto request = wire::parse_request(form.dialect, form.request(), {.path = form.path()});
  expect(request.has_value());
  return std::move(*request);
}

// A member by which any client could find a call, however it spells names.
inline bool names_call(std::string_view key) {
  std::string plain;
  for (const char c : key) {
    if (c == '_') continue;
    plain += c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  }
  return plain == "functioncall" || plain == "functioncalls" || plain == "toolcalls" || plain == "toolcall";
}

inline void expect_no_call(json::Value object) {
  for (const json::Member& member : object.members())
    expect(!names_call(member.key) || member.value.is_null() ||
           (member.value.is_array() && member.value.size() == 0));
}

inline void expect_no_call(std::string_view text) {
  const auto document = json::parse(std::string(text));
  if (!document) return;
  const json::Value root = document->root();
  if (root["error"].exists()) return;  // the upstream's own: no client looks for calls in it
  expect_no_call(root);
  expect_no_call(root["message"]);
  for (const json::Value candidate : root["candidates"].elements()) {
    expect_no_call(candidate);
    expect_no_call(candidate["content"]);
    for (const json::Value part : candidate["content"]["parts"].elements()) expect_no_call(part);
  }
}

// Whatever the upstream sends, no call gets out that nobody allowed.
inline void try_bytes(const Form& form, std::string_view bytes, Choices& choices) {
  const wire::ParsedRequest request = request_of(form);
  const auto deny = [](const exchange::Call&) { return false; };
  const auto check = [](const Played&) {};
  const Played played = play(request, {.path = form.path()}, bytes, {}, choices, deny, check);
  std::string_view out = played.out;
  if (!form.stream) return expect_no_call(out);
  while (!out.empty()) {
    const size_t end = std::min(out.find('\n'), out.size());
    std::string_view line = out.substr(0, end);
    if (line.starts_with("data:")) line.remove_prefix(5);
    expect_no_call(line);
    out.remove_prefix(std::min(end + 1, out.size()));
  }
}

inline Script make_script(Choices& choices, int first_call) {
  Script script;
  int calls = first_call;
  const size_t frames = 1 + choices.pick(5);
  for (size_t i = 0; i < frames; ++i) {
    std::vector<std::string>& items = script.emplace_back();
    for (size_t k = choices.pick(4); k > 0; --k) {
      const size_t kind = choices.pick(4);
      if (kind == 0 && calls < first_call + 4) {
        items.push_back("#" + std::to_string(calls++));
      } else {
        items.push_back(kind == 1 ? "~a thought" : "some text ");
      }
    }
  }
  return script;
}

inline std::string text_of(const Script& script) {
  std::string all;
  for (const auto& items : script) {
    for (const std::string& item : items) all += item.starts_with('#') || item.starts_with('~') ? "" : item;
  }
  return all;
}

inline void try_made(const Form& form, Choices& choices) {
  const wire::ParsedRequest request = request_of(form);
  const Script script = make_script(choices, 0);
  const std::string bytes = wire::testing::frames::bytes_of(form, script);
  const std::string again = wire::testing::frames::bytes_of(form, make_script(choices, 4));
  const size_t denied = choices.pick(4);
  const auto judge = [&](const exchange::Call&) { return denied != 3 && choices.pick(4) >= denied; };
  const auto check = [](const Played& played) {
    for (size_t i = 0; i < played.calls.size(); ++i) {
      const bool here = i < played.allowed.size() && played.allowed[i];
      if (here && !played.rewritten[i]) continue;
      // Its name may be in what weir itself says.
      const std::string token = played.calls[i].call.name.substr(0, 3);
      expect(played.out.find(token + "arg") == std::string::npos);
      if (!here) expect(played.out.find(token + "id") == std::string::npos);
    }
  };
  const bool filter = choices.chance();
  const wire::Options options{.text_filters = filter ? capitals() : wire::TextFilters(), .path = form.path()};
  const Played played = play(request, options, bytes, again, choices, judge, check);
  expect(played.whole && played.messages.size() == 1);
  const wire::testing::Seen seen = wire::testing::frames::read(form, played.out);
  expect(seen.problem.empty());
  std::vector<exchange::Call> given;
  for (size_t i = 0; i < played.calls.size(); ++i) {
    if (played.allowed[i]) given.push_back(played.given[i]);
  }
  expect(seen.calls.size() == given.size());
  for (size_t i = 0; i < given.size(); ++i) {
    expect(seen.calls[i].name == given[i].name);
    expect(seen.calls[i].arguments == given[i].arguments);
  }
  if (filter) expect_capitals(seen.text);
  if (filter && played.one_round && !seen.text.starts_with("(weir stopped"))
    expect(seen.text == Capitals::of(text_of(script)));
  const bool all =
      std::find(played.allowed.begin(), played.allowed.end(), false) == played.allowed.end() &&
      std::find(played.rewritten.begin(), played.rewritten.end(), true) == played.rewritten.end();
  if (all && !filter) expect(played.out == bytes);
  // The same message when it comes back.
  const auto back = wire::parse_request(form.dialect, form.with_history(seen.message), {.path = form.path()});
  expect(back.has_value());
  if (back->request.messages.size() == 2)
    expect(exchange::message_digest(back->request.messages[1]) ==
           exchange::message_digest(played.messages[0]));
}

inline void fuzz_frames(exchange::Dialect dialect, std::string_view bytes) {
  if (bytes.size() < 8) return;
  Choices choices(bytes.substr(1, 6));
  const auto how = static_cast<uint8_t>(bytes[0]);
  const Form form{dialect, (how / 3 & 1) == 0, false, (how / 3 & 2) == 0};
  if (how % 3 == 0) {
    try_request(dialect, bytes.substr(7), choices);
  } else if (how % 3 == 1) {
    try_bytes(form, bytes.substr(7), choices);
  } else {
    Choices more(bytes.substr(1));
    try_made(form, more);
  }
}

}  // namespace weir::fuzz
