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

// What stands between `before` and the next `after`, from `at` on, which is moved behind it.
std::optional<std::string_view> between(std::string_view text, std::string_view before,
                                        std::string_view after, size_t& at) {
  const size_t found = text.find(before, at);
  if (found == std::string_view::npos) return std::nullopt;
  const size_t begin = found + before.size();
  const size_t end = text.find(after, begin);
  if (end == std::string_view::npos) return std::nullopt;
  at = end;
  return text.substr(begin, end - begin);
}

// All pieces of a stream, or the one of a whole answer.
std::string all_between(std::string_view text, std::string_view before, std::string_view after) {
  std::string out;
  size_t at = 0;
  while (const auto piece = between(text, before, after, at)) out += *piece;
  return out;
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

std::string Conversation::request(Answer answer, bool stream) const {
  static const std::string kTools = tools();
  return fmt::format(R"({{"model":"{}","stream":{},"tools":[{}],"messages":[{}]}})",
                     answer == Answer::tool    ? "tool"
                     : answer == Answer::refer ? "refer"
                                               : "text",
                     stream, kTools, messages_);
}

bool Conversation::go_on(std::string_view reply, Answer answer, bool stream, size_t result_bytes) {
  if (stream && !reply.ends_with("data: [DONE]\n\n")) return false;
  if (answer == Answer::text) {
    const std::string text = all_between(reply, R"("content":")", R"("})");
    if (text.size() < 500 || reply.find(R"("finish_reason":"stop")") == std::string_view::npos) return false;
    messages_ += fmt::format(R"(,{{"role":"assistant","content":"{}"}},{{"role":"user","content":"{}"}})",
                             text, words_.prose(100));
    return true;
  }
  size_t at = 0;
  const auto id = between(reply, R"("tool_calls":[{)", R"("type")", at);
  at = 0;
  const auto call_id = id ? between(*id, R"("id":")", "\"", at) : std::nullopt;
  std::string arguments = all_between(reply, R"("arguments":")", R"("}})");
  if (answer == Answer::refer)  // content may hold what else ends it
    arguments = all_between(reply, R"("arguments":")", R"(\"}"}})") + R"(\"})";
  if (!call_id || arguments.empty() ||
      reply.find(R"("finish_reason":"tool_calls")") == std::string_view::npos)
    return false;
  add_tool_turn(*call_id, arguments, result_bytes);
  return true;
}

}  // namespace weir::bench
