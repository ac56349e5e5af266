#include "review/session_view.h"

#include <gtest/gtest.h>

#include "base/bytes.h"
#include "review/session_draw.h"

namespace weir::review {
namespace {

constexpr const char* kEntries = R"([
  {"index":3,"entry":{"type":"decision","time":"2026-11-28T10:00:01Z","session":"s","call":"c1","tool":"files/read","decision":"allow","enforced":true,"policies":[],"context":"trusted"},
   "detail":{"why":"it only reads","args":{"/path":{"integrity":"trusted","origins":["user"],"role":"selector"}},"values":{"/path":"bill\u001b[2J.txt"},"influence_bits":0}},
  {"index":4,"entry":{"type":"effect","session":"s","call":"c1","error":false}},
  {"index":5,"entry":{"type":"decision","time":"2026-11-28T10:00:02Z","session":"other","call":"c9","tool":"files/read","decision":"allow","enforced":true,"policies":[],"context":"trusted"}},
  {"index":6,"entry":{"type":"decision","time":"2026-11-28T10:00:03Z","session":"s","call":"c2","tool":"bank/send_money","decision":"ask","enforced":true,"policies":["untrusted-authority"],"context":"trusted"},
   "detail":{"why":"recipient GB29SECRET came from file:bill.txt","args":{"/recipient":{"integrity":"untrusted","origins":["tool:files/read file:bill.txt"],"role":"recipient"}},"values":{"/recipient":"GB29SECRET"},"sealed":{"/recipient":"{{weir:v2}}"},"influence_bits":1.5}},
  {"index":7,"entry":{"type":"answer","decision":6,"answer":"deny"}}])";

std::vector<std::string> arrivals() {
  return {
      R"({"at":0,"time":"2026-11-28T10:00:00Z","kind":"user","bytes":24,"trusted":true,"origins":["user"],"sealed":[],"sealed_count":0,"context":"trusted","mode":"seal","bits":0,"budget":64})",
      R"({"at":4,"time":"2026-11-28T10:00:02Z","kind":"result","tool":"files/read","call":"c1","bytes":1500,"trusted":false,"origins":["tool:files/read file:bill.txt"],"sealed":[1,2,3,7],"sealed_count":6,"context":"trusted","mode":"seal","bits":1.5,"budget":64})",
      "no JSON"};
}

std::string text_of(const std::vector<Line>& lines) {
  std::string out;
  for (const Line& line : lines) {
    for (const Span& span : line) out += span.text;
    out += "\n";
  }
  return out;
}

SessionView view() {
  const auto entries = json::parse(kEntries);
  auto made = view_session("s", entries->root(), arrivals());
  EXPECT_TRUE(made) << made.error().text();
  return std::move(*made);
}

TEST(SessionView, PutsArrivalsAndCallsInOrder) {
  const SessionView seen = view();
  ASSERT_EQ(seen.happened.size(), 4u);
  EXPECT_EQ(seen.happened[0].arrival->kind, "user");
  EXPECT_EQ(seen.happened[1].call->tool, "files/read");
  EXPECT_TRUE(seen.happened[1].effect);
  EXPECT_EQ(seen.happened[2].arrival->call, "c1");
  EXPECT_EQ(seen.happened[3].call->answer, "deny");
  EXPECT_FALSE(seen.happened[3].effect);
  EXPECT_EQ(seen.allowed, 1u);
  EXPECT_EQ(seen.asked, 1u);
  EXPECT_EQ(seen.sealed, 6u);
  EXPECT_EQ(seen.bits, 1.5);
  EXPECT_EQ(seen.mode, "seal");
}

TEST(SessionView, ShowsNoSealedContentNorControlBytes) {
  for (const std::string& text : {text_of(draw_session(view(), {120, 0})), view_json(view())}) {
    EXPECT_EQ(text.find("GB29SECRET"), std::string::npos) << text;
    EXPECT_EQ(text.find('\x1b'), std::string::npos);
  }
  const std::string drawn = text_of(draw_session(view(), {120, 0}));
  EXPECT_NE(drawn.find("sealed v1-v3, v7 and 2 more"), std::string::npos) << drawn;
  EXPECT_NE(drawn.find("/recipient v2 from file:bill.txt"), std::string::npos) << drawn;
  EXPECT_NE(drawn.find("ASKED, deny"), std::string::npos);
  EXPECT_NE(drawn.find("why: untrusted-authority"), std::string::npos);
  EXPECT_NE(drawn.find("1.5 of 64 bits told"), std::string::npos);
  const auto document = json::parse(view_json(view()));
  ASSERT_TRUE(document);
  EXPECT_EQ((*document)["events"].size(), 4u);
}

TEST(SessionView, FitsTheScreen) {
  SessionView many = view();
  const Happened one = many.happened[3];
  for (int i = 0; i < 100; ++i) many.happened.push_back(one);
  const auto lines = draw_session(many, {60, 24});
  EXPECT_LE(lines.size(), 24u);
  EXPECT_NE(text_of(lines).find("lines are left out: --all"), std::string::npos);
  for (const Line& line : lines) {
    size_t columns = 0;
    for (const Span& span : line) {
      for (size_t at = 0; at < span.text.size(); ++columns) next_utf8(span.text, at);
    }
    EXPECT_LE(columns, 60u);
  }
  EXPECT_GT(draw_session(many, {60, 0}).size(), 200u);
}

TEST(SessionView, SaysWhereTheContextChanges) {
  const auto entries = json::parse("[]");
  const auto state = [](const char* context) {
    return std::string(R"({"at":0,"kind":"result","tool":"t/u","trusted":false,"context":")") + context +
           R"(","context_origins":["file:a"]})";
  };
  const auto seen = view_session(
      "s", entries->root(), {state("trusted"), state("untrusted"), state("untrusted"), state("trusted")});
  ASSERT_TRUE(seen);
  const std::string drawn = text_of(draw_session(*seen, {}));
  EXPECT_NE(drawn.find("from here on the model has seen untrusted text: file:a"), std::string::npos) << drawn;
  EXPECT_NE(drawn.find("the context is trusted again"), std::string::npos);
}

}  // namespace
}  // namespace weir::review
