// Responses replies, real-shaped, that several tests play. For tests of this folder.
#pragma once

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "wire/testing.h"

namespace weir::wire::testing::responses {

using exchange::Dialect;

inline constexpr Dialect kResponses = Dialect::responses;
inline const std::string kRequest = R"({"model":"m","stream":true,"input":[{"role":"user","content":"hi"}]})";
inline const std::string kWholeRequest = R"({"model":"m","input":[{"role":"user","content":"hi"}]})";

// Makes one stream: numbers and indexes are counted here.
class Made {
 public:
  explicit Made(std::string id = "r1") : id_(std::move(id)) {
    bytes += event("response.created", R"("response":)" + response("in_progress", ""));
    bytes += event("response.in_progress", R"("response":)" + response("in_progress", ""));
  }

  Made& text(const std::string& words, bool refusal = false) {
    const std::string id = "msg_" + std::to_string(index_);
    const std::string key = refusal ? "refusal" : "text";
    const std::string about = R"("item_id":")" + id + R"(",)" + at() + R"(,"content_index":0,)";
    const auto part = [&](const std::string& said) {
      return R"({"type":")" + std::string(refusal ? "refusal" : "output_text") + R"(",")" + key +
             "\":" + json::quote(said) + (refusal ? "}" : R"(,"annotations":[],"logprobs":[]})");
    };
    const auto item = [&](const std::string& status, const std::string& content) {
      return R"({"id":")" + id + R"(","type":"message","status":")" + status +
             R"(","role":"assistant","content":[)" + content + "]}";
    };
    const std::string name = refusal ? "response.refusal" : "response.output_text";
    const std::string probs = refusal ? "" : R"(,"logprobs":[])";
    bytes += event("response.output_item.added", at() + R"(,"item":)" + item("in_progress", ""));
    bytes += event("response.content_part.added", about + R"("part":)" + part(""));
    const size_t half = words.size() / 2;
    for (const std::string& piece : {words.substr(0, half), words.substr(half)}) {
      if (!piece.empty()) bytes += event(name + ".delta", about + R"("delta":)" + json::quote(piece) + probs);
    }
    bytes += event(name + ".done", about + "\"" + key + "\":" + json::quote(words) + probs);
    bytes += event("response.content_part.done", about + R"("part":)" + part(words));
    return done(item("completed", part(words)));
  }

  Made& reasoning() {
    const std::string about =
        R"("item_id":"rs_)" + std::to_string(index_) + R"(",)" + at() + R"(,"summary_index":0,)";
    const auto item = [&](const std::string& summary) {
      return R"({"id":"rs_)" + std::to_string(index_) +
             R"(","type":"reasoning","encrypted_content":"c2ln",)" + R"("summary":[)" + summary + "]}";
    };
    const std::string part = R"({"type":"summary_text","text":"hm"})";
    bytes += event("response.output_item.added", at() + R"(,"item":)" + item(""));
    bytes +=
        event("response.reasoning_summary_part.added", about + R"("part":{"type":"summary_text","text":""})");
    bytes += event("response.reasoning_summary_text.delta", about + R"("delta":"hm")");
    bytes += event("response.reasoning_summary_text.done", about + R"("text":"hm")");
    bytes += event("response.reasoning_summary_part.done", about + R"("part":)" + part);
    return done(item(part));
  }

  // Call n. `custom`: of a custom tool.
  Made& call(int n, bool custom = false) {
    const std::string k = "K" + std::to_string(n);
    const std::string arguments = custom ? k + "_arg" : R"({"v": ")" + k + R"(_arg"})";
    const std::string key = custom ? "input" : "arguments";
    const std::string name = custom ? "response.custom_tool_call_input" : "response.function_call_arguments";
    const std::string about = R"("item_id":")" + k + R"(_item",)" + at() + ",";
    const auto item = [&](const std::string& status, const std::string& said) {
      return R"({"id":")" + k + R"(_item","type":")" + (custom ? "custom_tool_call" : "function_call") +
             R"(","status":")" + status + R"(","call_id":")" + k + R"(_id","name":")" + k + R"(_name",")" +
             key + "\":" + json::quote(said) + "}";
    };
    bytes += event("response.output_item.added", at() + R"(,"item":)" + item("in_progress", ""));
    for (size_t from = 0; from < arguments.size(); from += 5)
      bytes += event(name + ".delta", about + R"("delta":)" + json::quote(arguments.substr(from, 5)));
    bytes += event(name + ".done", about + (custom ? "" : R"("name":")" + k + R"(_name",)") + "\"" + key +
                                       "\":" + json::quote(arguments));
    return done(item("completed", arguments));
  }

  // An item that comes without pieces.
  Made& item(const std::string& raw) {
    bytes += event("response.output_item.added", at() + R"(,"item":)" + raw);
    return done(raw);
  }
  // Bytes in between, which count no number.
  Made& aside(const std::string& more) {
    bytes += more;
    return *this;
  }

  std::string end(const std::string& status = "completed") {
    return bytes + event("response." + status, R"("response":)" + response(status, output_));
  }

  std::string event(const std::string& type, const std::string& rest) {
    return "event: " + type + "\ndata: {\"type\":\"" + type + R"(","sequence_number":)" +
           std::to_string(number_++) + "," + rest + "}\n\n";
  }
  std::string at() const { return R"("output_index":)" + std::to_string(index_); }

  std::string bytes = {};

 private:
  Made& done(const std::string& item) {
    bytes += event("response.output_item.done", at() + R"(,"item":)" + item);
    output_ += (output_.empty() ? "" : ",") + item;
    ++index_;
    return *this;
  }
  std::string response(const std::string& status, const std::string& output) const {
    return R"({"id":")" + id_ + R"(","object":"response","status":")" + status + R"(","output":[)" + output +
           R"(],"tools":[{"type":"function","name":"f"}],"usage":)" +
           (status == "in_progress" ? "null" : R"({"input_tokens":3,"output_tokens":5,"total_tokens":8})") +
           "}";
  }

  std::string id_;
  std::string output_;
  int number_ = 0;
  int index_ = 0;
};

inline std::string shell_call(int n) {
  const std::string k = "K" + std::to_string(n);
  return R"({"type":"shell_call","id":")" + k + R"(_item","call_id":")" + k +
         R"(_id","status":"completed","action":{"commands":[")" + k + R"(_arg"],"timeout_ms":null}})";
}
inline std::string patch_call(int n) {
  const std::string k = "K" + std::to_string(n);
  return R"({"type":"apply_patch_call","id":")" + k + R"(_item","call_id":")" + k +
         R"(_id","status":"completed","operation":{"type":"delete_file","path":")" + k + R"(_arg"}})";
}

struct Stream {
  std::string name;
  std::string bytes;
  int calls;
  std::string text = {};
};

inline std::vector<Stream> streams() {
  std::string crlf;
  for (const char c : Made().text("t").call(0).end()) crlf += c == '\n' ? "\r\n" : std::string(1, c);
  return {
      {"text", Made().text("héllo").end(), 0, "héllo"},
      {"refusal", Made().text("no {{1}}", true).end(), 0, "no {{1}}"},
      {"one", Made().aside(": a comment\n\n").call(0).end(), 1},
      {"text, calls", Made().text("look").call(0).aside(": x\n\n").call(1, true).call(2).end(), 3, "look"},
      {"reasoning, calls", Made().reasoning().call(0).reasoning().call(1).end(), 2},
      {"text between and after", Made().text("a").call(0).text("b").call(1, true).text("c").end(), 2, "abc"},
      {"shell, patch", Made().text("t").item(shell_call(0)).item(patch_call(1)).end(), 2, "t"},
      {"compaction",
       Made().item(R"({"id":"c","type":"compaction","encrypted_content":"c2ln"})").call(0).end(), 1},
      {"incomplete", Made().text("t").call(0).end("incomplete"), 1, "t"},
      {"failed", Made().text("t").end("failed"), 0, "t"},
      {"CR LF", crlf, 1, "t"},
      {"an end of its own", Made().text("t").call(0).end() + "data: [DONE]\n\n", 1, "t"},
  };
}

inline std::vector<testing::Pieces> chunkings() {
  std::vector<testing::Pieces> all{[] { return SIZE_MAX; }, [] { return size_t{1}; }};
  for (unsigned seed = 1; seed <= 3; ++seed)
    all.push_back([random = std::mt19937(seed)]() mutable { return 1 + random() % 40; });
  return all;
}

inline int number_of(const exchange::Call& call) {
  return call.id.size() > 1 ? call.id[1] - '0' : -1;
}

inline void expect_absent(const std::string& bytes, int i, const std::string& where) {
  const std::string k = "K" + std::to_string(i);
  for (const std::string& canary : {k + "_id", k + "_arg", k + "_item", "\"" + k + "_name\""})
    EXPECT_EQ(bytes.find(canary), std::string::npos) << where << ": " << canary << "\n" << bytes;
}

// A client that sends back what it got sends the message that weir says it has.
inline void expect_same_message(const Seen& seen, const Outcome& outcome, const std::string& where) {
  ASSERT_EQ(outcome.messages.size(), 1U);
  if (seen.message.empty()) {
    EXPECT_TRUE(outcome.messages[0].parts.empty()) << where;
    return;
  }
  const auto back = parse_request(kResponses, R"({"model":"m","input":[)" + seen.message + "]}", {});
  ASSERT_TRUE(back.has_value()) << where << back.error().text() << seen.message;
  EXPECT_EQ(exchange::message_digest(back->request.messages[0]),
            exchange::message_digest(outcome.messages[0]))
      << where << seen.message;
}

}  // namespace weir::wire::testing::responses
