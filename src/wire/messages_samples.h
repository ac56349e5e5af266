// Messages replies, real-shaped, that several tests play. For tests of this folder.
#pragma once

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "wire/testing.h"

namespace weir::wire::testing::messages {

using exchange::Dialect;

inline constexpr Dialect kMessages = Dialect::messages;
inline const std::string kRequest =
    R"({"model":"m","max_tokens":9,"stream":true,"messages":[{"role":"user","content":"hi"}]})";
inline const std::string kWholeRequest =
    R"({"model":"m","max_tokens":9,"messages":[{"role":"user","content":"hi"}]})";

inline std::string event(const std::string& type, const std::string& rest) {
  return "event: " + type + "\ndata: {\"type\":\"" + type + "\"" + (rest.empty() ? "" : "," + rest) + "}\n\n";
}
inline std::string index(int i) {
  return "\"index\":" + std::to_string(i);
}
inline std::string start(int i, const std::string& block) {
  return event("content_block_start", index(i) + ",\"content_block\":" + block);
}
inline std::string delta(int i, const std::string& delta) {
  return event("content_block_delta", index(i) + ",\"delta\":" + delta);
}
inline std::string stop(int i) {
  return event("content_block_stop", index(i));
}
inline std::string begin(const std::string& id = "m1") {
  return event("message_start",
               R"("message":{"id":")" + id +
                   R"(","type":"message","role":"assistant","model":"m","content":[],"stop_reason":null,)"
                   R"("stop_sequence":null,"usage":{"input_tokens":3,"output_tokens":1}})");
}
inline std::string end(const std::string& reason) {
  return event("message_delta", R"("delta":{"stop_reason":")" + reason +
                                    R"(","stop_sequence":null},"usage":{"output_tokens":5})") +
         event("message_stop", "");
}
inline std::string text(int i, const std::string& words) {
  return start(i, R"({"type":"text","text":""})") +
         delta(i, R"({"type":"text_delta","text":)" + json::quote(words) + "}") + stop(i);
}
inline std::string thinking(int i) {
  return start(i, R"({"type":"thinking","thinking":"","signature":""})") +
         delta(i, R"({"type":"thinking_delta","thinking":"let me "})") +
         delta(i, R"({"type":"thinking_delta","thinking":"see"})") +
         delta(i, R"({"type":"signature_delta","signature":"c2ln"})") + stop(i);
}
inline std::string json_piece(int i, const std::string& text) {
  return delta(i, R"({"type":"input_json_delta","partial_json":)" + json::quote(text) + "}");
}
inline std::string call_start(int i, int n) {
  const std::string k = "K" + std::to_string(n);
  return start(i, R"({"type":"tool_use","id":")" + k + R"(_id","name":")" + k + R"(_name","input":{}})");
}
// Call n at index i.
inline std::string call(int i, int n) {
  const std::string k = "K" + std::to_string(n);
  return call_start(i, n) + json_piece(i, "") + json_piece(i, "{\"v\": ") + json_piece(i, "\"" + k + "_") +
         json_piece(i, "arg\"}") + stop(i);
}
inline const std::string kPing = event("ping", "");

struct Stream {
  std::string name;
  std::string bytes;
  int calls;
  std::string text = {};
};

inline std::vector<Stream> streams() {
  std::string crlf;
  for (const char c : begin() + text(0, "t") + call(1, 0) + end("tool_use"))
    crlf += c == '\n' ? "\r\n" : std::string(1, c);
  return {
      {"text", begin() + kPing + text(0, "héllo") + end("end_turn"), 0, "héllo"},
      {"one", begin() + kPing + call(0, 0) + end("tool_use"), 1},
      {"text, calls",
       begin() + text(0, "look") + call(1, 0) + kPing + call(2, 1) + call(3, 2) + end("tool_use"), 3, "look"},
      {"thinking, calls", begin() + thinking(0) + call(1, 0) + call(2, 1) + end("tool_use"), 2},
      {"redacted",
       begin() + start(0, R"({"type":"redacted_thinking","data":"eA=="})") + stop(0) + call(1, 0) +
           end("tool_use"),
       1},
      {"text between and after",
       begin() + text(0, "a") + call(1, 0) + text(2, "b") + call(3, 1) + text(4, "c") + end("tool_use"), 2,
       "abc"},
      {"citations",
       begin() + start(0, R"({"type":"text","text":"","citations":[]})") +
           delta(
               0,
               R"({"type":"citations_delta","citation":{"type":"char_location","cited_text":"x","document_index":0}})") +
           delta(0, R"({"type":"text_delta","text":"cited"})") + stop(0) + call(1, 0) + end("tool_use"),
       1, "cited"},
      {"compaction",
       begin() + start(0, R"({"type":"compaction","content":""})") +
           delta(0, R"({"type":"compaction_delta","content":"sum"})") + stop(0) + text(1, "t") + call(2, 0) +
           end("tool_use"),
       1, "t"},
      {"fallback",
       begin() +
           start(
               0,
               R"({"type":"fallback","from":{"model":"a"},"to":{"model":"b"},"trigger":{"type":"refusal"}})") +
           stop(0) + text(1, "t") + call(2, 0) + end("tool_use"),
       1, "t"},
      {"input in the start",
       begin() + start(0, R"({"type":"tool_use","id":"K0_id","name":"K0_name","input":{"v":"K0_arg"}})") +
           stop(0) + end("tool_use"),
       1},
      {"max_tokens", begin() + call(0, 0) + end("max_tokens"), 1},
      {"CR LF", crlf, 1, "t"},
      {"no event fields",
       [] {
         std::string all;
         const std::string bytes = begin() + text(0, "t") + call(1, 0) + end("tool_use");
         for (size_t at = 0; at < bytes.size();) {
           const size_t line = bytes.find('\n', at) + 1;
           if (!bytes.substr(at, line - at).starts_with("event:")) all += bytes.substr(at, line - at);
           at = line;
         }
         return all;
       }(),
       1, "t"},
  };
}

inline std::vector<testing::Pieces> chunkings() {
  std::vector<testing::Pieces> all{[] { return SIZE_MAX; }, [] { return size_t{1}; }};
  for (unsigned seed = 1; seed <= 3; ++seed)
    all.push_back([random = std::mt19937(seed)]() mutable { return 1 + random() % 40; });
  return all;
}

inline int number_of(const exchange::Call& call) {
  return call.name.size() > 1 ? call.name[1] - '0' : -1;
}

inline void expect_absent(const std::string& bytes, int i, const std::string& where) {
  const std::string k = "K" + std::to_string(i);
  for (const std::string& canary :
       {k + "_id", k + "_arg", "\"" + k + "_name\"", "\"" + k + "_\"", k + "_\\\""})
    EXPECT_EQ(bytes.find(canary), std::string::npos) << where << ": " << canary << "\n" << bytes;
}

inline void expect_same_message(const Seen& seen, const Outcome& outcome, const std::string& where) {
  const auto back = parse_request(kMessages, R"({"model":"m","messages":[)" + seen.message + "]}", {});
  ASSERT_TRUE(back.has_value()) << where << back.error().text() << seen.message;
  ASSERT_EQ(outcome.messages.size(), 1U);
  EXPECT_EQ(exchange::message_digest(back->request.messages[0]),
            exchange::message_digest(outcome.messages[0]))
      << where << seen.message;
}

}  // namespace weir::wire::testing::messages
