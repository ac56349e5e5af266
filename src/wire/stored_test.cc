#include "wire/stored.h"

#include <gtest/gtest.h>

#include "base/json.h"

namespace weir::wire {
namespace {

TEST(Stored, TheHistoryIsPutAheadOfWhatIsNew) {
  const std::string body =
      R"({"model":"m","previous_response_id":"resp_1","store":true,"input":"And now?","tools":[]})";
  const StoredAsk ask = stored_ask(body);
  EXPECT_EQ(ask.previous, "resp_1");
  EXPECT_TRUE(ask.store);
  const std::vector<StoredTurn> turns = {
      {R"({"role":"user","content":"Hello"})",
       R"({"id":"resp_1","output":[{"type":"reasoning","id":"rs_1","summary":[]},{"type":"message","id":"msg_1","role":"assistant","content":[]}]})"},
      {R"({"role":"user","content":"Go on"})",
       R"({"id":"resp_2","output":[{"type":"reasoning","id":"rs_2","summary":[],"encrypted_content":"zz"},{"type":"function_call","id":"fc_1","call_id":"c","name":"f","arguments":"{}"}]})"}};
  // A thought that nothing is sealed in goes, and what came of it does not name it.
  EXPECT_EQ(
      with_history(body, turns),
      R"({"model":"m","tools":[],"input":[{"role":"user","content":"Hello"},{"type":"message","role":"assistant","content":[]},)"
      R"({"role":"user","content":"Go on"},{"type":"reasoning","id":"rs_2","summary":[],"encrypted_content":"zz"},)"
      R"({"type":"function_call","id":"fc_1","call_id":"c","name":"f","arguments":"{}"},)"
      R"({"type":"message","role":"user","content":[{"type":"input_text","text":"And now?"}]}],"store":false})");
  EXPECT_EQ(with_history(R"({"model":"m","input":"x"})", {}), R"({"model":"m","input":"x","store":false})");
}

TEST(Stored, MalformedRequestsAskForNothing) {
  for (const char* body : {"", "[", "[1]", R"({"previous_response_id":7})", R"({"input":3,"store":"yes"})"}) {
    EXPECT_EQ(stored_ask(body).previous, "") << body;
    EXPECT_EQ(stored_ask(body).input, "") << body;
  }
  EXPECT_FALSE(stored_ask("{").store);
  EXPECT_EQ(with_history("[", {}), "[");
}

TEST(Stored, TheResponseIsFoundInAnyPieces) {
  const std::string stream =
      "event: response.created\ndata: {\"type\":\"response.created\",\"response\":{\"id\":\"a\"}}\n\n"
      "event: response.output_text.delta\ndata: "
      "{\"type\":\"response.output_text.delta\",\"delta\":\"\\\"response.completed\\\"\"}\n\n"
      "event: response.completed\ndata: "
      "{\"type\":\"response.completed\",\"response\":{\"id\":\"a\",\"output\":[]}}\n\n";
  for (size_t size = 1; size < stream.size(); ++size) {
    ResponseWatch watch;
    std::vector<std::string> found;
    for (size_t at = 0; at < stream.size(); at += size) {
      if (auto object = watch.feed(std::string_view(stream).substr(at, size))) found.push_back(*object);
    }
    ASSERT_EQ(found, std::vector<std::string>{R"({"id":"a","output":[]})"}) << size;
  }
  EXPECT_EQ(ResponseWatch::whole(R"({"id":"a","status":"failed"})"), std::nullopt);
  EXPECT_EQ(response_id(*ResponseWatch::whole(R"({"id":"a","status":"incomplete"})")), "a");
}

TEST(Stored, ItemsComeInPages) {
  std::string input;
  for (int i = 0; i < 5; ++i)
    input += std::string(i == 0 ? "" : ",") + R"({"role":"user","content":")" + std::to_string(i) + "\"}";
  const std::vector<StoredTurn> earlier = {
      {"", R"({"output":[{"type":"message","id":"msg_0","role":"assistant","content":[]}]})"}};
  std::string after;
  std::string contents;
  for (int page = 0; page < 3; ++page) {
    const auto items = input_items("resp_1", earlier, input,
                                   "order=asc&limit=2" + (after.empty() ? std::string() : "&after=" + after));
    ASSERT_TRUE(items.has_value());
    const auto document = json::parse(*items);
    ASSERT_TRUE(document.has_value()) << *items;
    for (const json::Value item : (*document)["data"].elements()) contents += item["content"].string_or("-");
    after = (*document)["last_id"].string_or("");
    EXPECT_EQ((*document)["has_more"].boolean(), page < 2);
  }
  EXPECT_EQ(contents, "-01234");
  const auto newest = json::parse(*input_items("resp_1", earlier, input, ""));
  for (const json::Value item : (*newest)["data"].elements()) {
    EXPECT_EQ(item["content"].string_or(""), "4");
    break;
  }
  for (const char* query : {"limit=0", "limit=101", "limit=x", "after=nothing"})
    EXPECT_FALSE(input_items("resp_1", earlier, input, query).has_value()) << query;
}

}  // namespace
}  // namespace weir::wire
