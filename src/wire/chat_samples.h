// Chat Completions replies, real-shaped, that several tests play. For tests of this folder.
#pragma once

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "wire/testing.h"

namespace weir::wire::testing::chat {

using exchange::Dialect;

inline constexpr Dialect kChat = Dialect::chat_completions;
inline const std::string kRequest =
    R"({"model":"m","stream":true,"messages":[{"role":"user","content":"hi"}]})";
inline const std::string kWholeRequest = R"({"model":"m","messages":[{"role":"user","content":"hi"}]})";

inline std::string event(std::string_view delta, std::string_view finish = "null",
                         std::string_view more = "") {
  return std::string(
             R"(data: {"id":"c1","object":"chat.completion.chunk","created":1,"model":"m","choices":[)") +
         R"({"index":0,"delta":)" + std::string(delta) + R"(,"logprobs":null,"finish_reason":)" +
         std::string(finish) + "}]" + std::string(more) + "}\n\n";
}
inline const std::string kDone = "data: [DONE]\n\n";
inline const std::string kRole = event(R"({"role":"assistant","content":"","refusal":null})");
inline const std::string kUsage =
    R"(data: {"id":"c1","choices":[],"usage":{"prompt_tokens":3,"completion_tokens":5,"total_tokens":8}})"
    "\n\n";

// Call i has the name Ki_name, the id Ki_id and arguments with Ki_arg.
inline std::string call(int i, bool index = true) {
  const std::string k = "K" + std::to_string(i);
  return (index ? R"({"index":)" + std::to_string(i) + "," : "{") + R"("id":")" + k +
         R"(_id","type":"function","function":{"name":")" + k + R"(_name","arguments":"{\"v\":\")" + k +
         R"(_arg\"}"}})";
}
inline std::string head(int i) {
  const std::string k = "K" + std::to_string(i);
  return event(R"({"tool_calls":[{"index":)" + std::to_string(i) + R"(,"id":")" + k +
               R"(_id","type":"function","function":{"name":")" + k + R"(_name","arguments":""}}]})");
}
inline std::string piece(int i, std::string_view text) {
  return event(R"({"tool_calls":[{"index":)" + std::to_string(i) + R"(,"function":{"arguments":)" +
               json::quote(text) + "}}]}");
}
inline std::string fragments(int i) {
  return piece(i, "{\"v\":") + piece(i, "\"K" + std::to_string(i) + "_") + piece(i, "arg\"}");
}
inline const std::string kCallsEnd = event("{}", R"("tool_calls")");

struct Stream {
  std::string name;
  std::string bytes;
  int calls;
  bool exact = true;  // when all is allowed, the very bytes pass
  std::string text = {};
};

inline std::vector<Stream> streams() {
  const std::string timings = R"(,"timings":{"predicted_n":5},"usage":{"completion_tokens":5}})";
  return {
      {"text", kRole + event(R"({"content":"héllo"})") + event("{}", R"("stop")") + kUsage + kDone, 0, true,
       "héllo"},
      {"one", kRole + head(0) + fragments(0) + kCallsEnd + kDone, 1},
      {"parallel",
       kRole + head(0) + fragments(0) + head(1) + fragments(1) + head(2) + fragments(2) + kCallsEnd + kUsage +
           kDone,
       3},
      {"interleaved",
       kRole + head(0) + head(1) + piece(0, "{\"v\":\"K0") + piece(1, "{\"v\":\"K1_") + piece(0, "_arg\"}") +
           piece(1, "arg\"}") + kCallsEnd + kDone,
       2},
      {"text first",
       kRole + event(R"({"content":"I will "})") + event(R"({"content":"look."})") + head(0) + fragments(0) +
           kCallsEnd + kDone,
       1, true, "I will look."},
      {"role with call",
       event(R"({"role":"assistant","content":null,"tool_calls":[)" + call(0) + "]}") +
           event(R"({"tool_calls":[)" + call(1) + "]}") + kCallsEnd + kDone,
       2},
      {"all in one chunk",
       event(R"({"role":"assistant","content":"","tool_calls":[)" + call(0) + "," + call(1) + "]}",
             R"("tool_calls")") +
           kDone,
       2},
      {"last call with the end",
       kRole + head(0) + fragments(0) +
           event(R"({"tool_calls":[)" + call(1) + "]}", R"("tool_calls")",
                 R"(,"usage":{"completion_tokens":5})") +
           kDone,
       2},
      {"text and call in a chunk",
       kRole + event(R"({"content":"mixed","tool_calls":[)" + call(0) + "]}") + kCallsEnd + kDone, 1, false,
       "mixed"},
      {"text, call and end in a chunk",
       event(R"({"role":"assistant","content":"mixed","tool_calls":[)" + call(0) + "]}", R"("tool_calls")") +
           kDone,
       1, false, "mixed"},
      {"text in the last chunk",
       kRole + head(0) + fragments(0) + event(R"({"content":"bye"})", R"("tool_calls")") + kDone, 1, true,
       "bye"},
      {"no index",
       kRole + event(R"({"tool_calls":[)" + call(0, false) + "]}") +
           event(R"({"tool_calls":[)" + call(1, false) + "]}") + kCallsEnd + kDone,
       2, false},
      {"one index for all",
       kRole + event(R"({"tool_calls":[{"index":0)" + call(0, false).replace(0, 1, ",") + "]}") +
           event(R"({"tool_calls":[{"index":0)" + call(1, false).replace(0, 1, ",") + "]}") + kCallsEnd +
           kDone,
       2, false},
      {"name and id repeated", kRole + head(0) + head(0) + fragments(0) + kCallsEnd + kDone, 1, false},
      {"no DONE", kRole + head(0) + fragments(0) + kCallsEnd, 1},
      {"no reason", kRole + head(0) + fragments(0) + kDone, 1},
      {"no last blank line", kRole + head(0) + fragments(0) + kCallsEnd + "data: [DONE]\n", 1, false},
      {"empty reasons",
       event(R"({"role":"assistant"})", "\"\"") + head(0) + piece(0, "{\"v\":\"K0_arg\"}") +
           event("{}", "\"\"") + event("{}", R"("tool_calls")") + kDone,
       1, false},
      {"comments and names",
       ": OPENROUTER PROCESSING\n\n" + kRole + head(0) + fragments(0) + kCallsEnd + kDone, 1},
      {"vendor extras",
       event(R"({"role":"assistant","reasoning_content":"hm","obfuscation":"xx"})", "null",
             R"(,"service_tier":"default","system_fingerprint":"f")") +
           event(R"({"content":"","reasoning":"hm","annotations":[]})") + head(0) + fragments(0) +
           event("{}", R"("tool_calls")", R"(,"timings":{"predicted_n":5})") + kUsage + kDone,
       1},
      {"arguments as an object",
       kRole +
           event(R"({"tool_calls":[{"index":0,"id":"K0_id","type":"function",)"
                 R"("function":{"name":"K0_name","arguments":{"v":"K0_arg"}}}]})") +
           kCallsEnd + kDone,
       1},
      {"custom",
       kRole +
           event(R"({"tool_calls":[{"index":0,"id":"K0_id","type":"custom","custom":{"name":"K0_name",)"
                 R"("input":"K0"}}]})") +
           event(R"({"tool_calls":[{"index":0,"custom":{"input":"_arg"}}]})") + kCallsEnd + kDone,
       1},
      {"thought signature",
       kRole +
           event(R"({"tool_calls":[{"index":0,"id":"K0_id","type":"function","extra_content":)"
                 R"({"google":{"thought_signature":"c2ln"}},"function":{"name":"K0_name","arguments":)"
                 R"("{\"v\":\"K0_arg\"}"}}]})") +
           kCallsEnd + kDone,
       1},
      {"legacy",
       kRole + event(R"({"function_call":{"name":"K0_name","arguments":""}})") +
           event(R"({"function_call":{"arguments":"{\"v\":\"K0_arg\"}"}})") +
           event("{}", R"("function_call")") + kDone,
       1},
      {"arguments that are no JSON",
       kRole +
           event(R"({"tool_calls":[{"index":0,"id":"K0_id","type":"function",)"
                 R"("function":{"name":"K0_name","arguments":"{\"v\":K0_arg"}}]})") +
           kCallsEnd + kDone,
       1},
      {"CR LF",
       [] {
         std::string text;
         for (const char c : kRole + head(0) + fragments(0) + kCallsEnd + kDone)
           text += c == '\n' ? "\r\n" : std::string(1, c);
         return text;
       }(),
       1},
  };
}

inline std::vector<testing::Pieces> chunkings() {
  std::vector<testing::Pieces> all{[] { return SIZE_MAX; }, [] { return size_t{1}; }};
  for (unsigned seed = 1; seed <= 3; ++seed) {
    all.push_back([random = std::mt19937(seed)]() mutable { return 1 + random() % 40; });
  }
  return all;
}

inline int number_of(const exchange::Call& call) {
  return call.name.size() > 1 ? call.name[1] - '0' : -1;
}

inline void expect_absent(const std::string& bytes, int i, const std::string& where) {
  const std::string k = "K" + std::to_string(i);
  // The name may stand in what weir says it stopped, never as a name.
  for (const std::string& canary :
       {k + "_id", k + "_arg", "\"" + k + "_name\"", "\"arguments\":\"{\\\"v\\\":\\\"" + k})
    EXPECT_EQ(bytes.find(canary), std::string::npos) << where << ": " << canary << "\n" << bytes;
}

inline std::string whole(const std::string& message, const std::string& reason = "tool_calls",
                         const std::string& more = "") {
  return R"({ "id":"c1","object":"chat.completion","choices":[{"index":0,"message":)" + message +
         R"(,"logprobs":)" + (more.empty() ? "null" : more) + R"(,"finish_reason":")" + reason +
         R"("}],"usage":{"prompt_tokens":3,"completion_tokens":5,"total_tokens":8}})"
         "\n";
}

}  // namespace weir::wire::testing::chat
