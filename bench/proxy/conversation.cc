#include "conversation.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace weir::bench {
namespace {

std::string escaped(std::string_view text) {
  std::string out;
  out.reserve(text.size() + text.size() / 16);
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out;
}

std::string tools() {
  constexpr std::string_view kNames[] = {
      "mail__search", "mail__read",       "mail__send", "files__read",    "files__write",
      "web__fetch",   "calendar__create", "db__query",  "contacts__find", "tickets__comment"};
  std::string out;
  for (const std::string_view name : kNames) {
    fmt::format_to(
        std::back_inserter(out),
        R"({}{{"type":"function","function":{{"name":"{}","description":"Calls {} for the user. Give all that it )"
        R"(needs; what it returns is shown as JSON.","parameters":{{"type":"object","properties":{{"query":)"
        R"({{"type":"string","description":"What is wanted"}},"limit":{{"type":"integer","minimum":1}}}},)"
        R"("required":["query"]}}}}}})",
        out.empty() ? "" : ",", name, name);
  }
  return out;
}

// The next string that is a value of the key (with quotes and colon), from `at` on, which is moved behind it;
// as it is written, escapes and all. Keys are found wherever a proxy puts them, with or without a space; a
// bare quote cannot stand within a string, so this meets keys only.
std::optional<std::string_view> next_string(std::string_view text, std::string_view key, size_t& at) {
  while ((at = text.find(key, at)) != std::string_view::npos) {
    at = std::min(text.find_first_not_of(' ', at + key.size()), text.size());
    if (at == text.size() || text[at] != '"') continue;  // null
    const size_t begin = ++at;
    while (at < text.size() && text[at] != '"') at += text[at] == '\\' ? 2 : 1;
    if (at >= text.size()) break;
    return text.substr(begin, at - begin);
  }
  at = text.size();
  return std::nullopt;
}

// All pieces of a stream, or the one of a whole answer.
std::string all_strings(std::string_view text, std::string_view key, size_t at = 0) {
  std::string out;
  while (const auto piece = next_string(text, key, at)) out += *piece;
  return out;
}

bool ended_with(std::string_view reply, std::string_view reason) {
  size_t at = 0;
  while (const auto found = next_string(reply, R"("finish_reason":)", at))
    if (*found == reason) return true;
  return false;
}

}  // namespace

Conversation::Conversation(uint64_t seed, size_t bytes) : words_(seed) {
  messages_ =
      fmt::format(R"({{"role":"system","content":"{}"}})", words_.prose(std::min<size_t>(bytes / 5, 4'000)));
  const auto user = [&] {
    messages_ += fmt::format(R"(,{{"role":"user","content":"{}"}})", words_.prose(200 + words_.number(200)));
  };
  user();
  while (messages_.size() + 900 < bytes) {
    const size_t left = bytes - messages_.size() - 600;
    const std::string query = fmt::format(R"({{\"query\":\"{}\"}})", words_.prose(20));
    add_tool_turn(fmt::format("call_{}_{}", seed, messages_.size()), query,
                  std::min<size_t>(left, 500 + words_.number(6'000)));
    messages_ += fmt::format(R"(,{{"role":"assistant","content":"{}"}})", words_.prose(200));
    user();
  }
}

void Conversation::add_tool_turn(std::string_view id, std::string_view arguments, size_t result_bytes) {
  fmt::format_to(
      std::back_inserter(messages_),
      R"(,{{"role":"assistant","content":null,"tool_calls":[{{"id":"{}","type":"function","function":{{"name":)"
      R"("mail__search","arguments":"{}"}}}}]}},{{"role":"tool","tool_call_id":"{}","content":"{}"}})",
      id, arguments, id, escaped(words_.records(result_bytes)));
}

std::string Conversation::request(Answer answer, bool stream, std::string_view model) const {
  static const std::string kTools = tools();
  return fmt::format(R"({{"model":"{}","stream":{},"tools":[{}],"messages":[{}]}})",
                     !model.empty()            ? model
                     : answer == Answer::tool  ? "tool"
                     : answer == Answer::refer ? "refer"
                                               : "text",
                     stream, kTools, messages_);
}

bool Conversation::go_on(std::string_view reply, Answer answer, bool stream, size_t result_bytes) {
  if (stream && reply.find("data: [DONE]") == std::string_view::npos) return false;
  if (answer == Answer::text) {
    const std::string text = all_strings(reply, R"("content":)");
    if (text.size() < 500 || !ended_with(reply, "stop")) return false;
    messages_ += fmt::format(R"(,{{"role":"assistant","content":"{}"}},{{"role":"user","content":"{}"}})",
                             text, words_.prose(100));
    return true;
  }
  size_t calls = reply.find(R"("tool_calls":)");
  while (calls != std::string_view::npos && reply.substr(calls).starts_with(R"("tool_calls":null)"))
    calls = reply.find(R"("tool_calls":)", calls + 1);
  if (calls == std::string_view::npos) return false;
  size_t at = calls;
  const auto id = next_string(reply, R"("id":)", at);
  const std::string arguments = all_strings(reply, R"("arguments":)", calls);
  if (!id || arguments.empty() || !ended_with(reply, "tool_calls")) return false;
  add_tool_turn(*id, arguments, result_bytes);
  return true;
}

}  // namespace weir::bench
