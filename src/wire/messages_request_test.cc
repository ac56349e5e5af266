// Requests of Messages: every type of the published schema is taken or refused on purpose.
#include <gtest/gtest.h>

#include "base/limits.h"
#include "wire/dialect.h"

namespace weir::wire {
namespace {

using exchange::Call;
using exchange::Media;
using exchange::Role;
using exchange::Text;
using exchange::Thinking;

Result<ParsedRequest> parse(std::string body, const Options& options = {}) {
  return parse_request(exchange::Dialect::messages, std::move(body), options);
}
std::string with(std::string_view messages, std::string_view more = "") {
  return R"({"model":"m","max_tokens":9,"messages":[)" + std::string(messages) + "]" + std::string(more) +
         "}";
}
std::string user(std::string_view blocks) {
  return R"({"role":"user","content":[)" + std::string(blocks) + "]}";
}
std::string planner(std::string_view blocks) {
  return R"({"role":"assistant","content":[)" + std::string(blocks) + "]}";
}
std::string times(std::string_view item, size_t count) {
  std::string all;
  for (size_t i = 0; i < count; ++i) all += (i == 0 ? "" : ",") + std::string(item);
  return all;
}
const std::string kUser = R"({"role":"user","content":"hi"})";

TEST(MessagesRequest, RolesAndSystemTextInMidConversation) {
  const auto request =
      parse(with(kUser + R"(,{"role":"system","content":"be brief"},{"role":"assistant","content":"ok"},)" +
                     R"({"role":"system"},)" + kUser,
                 R"(,"system":[{"type":"text","text":"top","cache_control":{"type":"ephemeral"}}])"));
  ASSERT_TRUE(request.has_value()) << request.error().text();
  std::vector<Role> roles;
  for (const exchange::Message& message : request->request.messages) roles.push_back(message.role);
  EXPECT_EQ(roles, (std::vector<Role>{Role::operator_text, Role::user, Role::operator_text, Role::planner,
                                      Role::operator_text, Role::user}));
  EXPECT_EQ(request->wire_index, (std::vector<size_t>{std::string::npos, 0, 1, 2, 3, 4}));
  EXPECT_EQ(exchange::text_of(request->request.messages[0]), "top");
  EXPECT_EQ(exchange::text_of(request->request.messages[2]), "be brief");
  EXPECT_EQ(parse(with(kUser, R"(,"system":"s")"))->request.messages.size(), 2U);
  EXPECT_EQ(parse(with(kUser, R"(,"system":null)"))->request.messages.size(), 1U);
}

// A block, and the text that must be seen of it.
struct Block {
  std::string wire;
  std::string seen;
};

TEST(MessagesRequest, EveryBlockThatCarriesNoCallIsMediaWithItsText) {
  const std::vector<Block> blocks{
      {R"({"type":"image","source":{"type":"base64","media_type":"image/png","data":"AAAA"}})", ""},
      {R"({"type":"image","source":{"type":"url","url":"https://h/p.png"}})", "https://h/p.png"},
      {R"({"type":"document","title":"T1","source":{"type":"text","media_type":"text/plain","data":"body"}})",
       "body"},
      {R"({"type":"document","context":"C1","source":{"type":"content","content":[{"type":"text","text":"in"}]}})",
       "C1"},
      {R"({"type":"document","source":{"type":"base64","media_type":"application/pdf","data":"AAAA"}})", ""},
      {R"({"type":"search_result","title":"T","source":"https://h","content":[{"type":"text","text":"hit"}]})",
       "hit"},
      {R"({"type":"container_upload","file_id":"f1"})", "f1"},
      {R"({"type":"compaction","content":"summary"})", "summary"},
      {R"({"type":"fallback","from":{"model":"a"},"to":{"model":"b"}})", "b"},
      {R"({"type":"tool_addition","tool":{"type":"tool_reference","tool_name":"f"}})", "f"},
      {R"({"type":"tool_removal","tool":{"type":"tool_reference","tool_name":"f"}})", "f"},
      {R"({"type":"server_tool_use","id":"s","name":"web_search","input":{"query":"q1"}})", "q1"},
      {R"({"type":"mcp_tool_use","id":"s","name":"n","server_name":"v","input":{"query":"q1"}})", "q1"},
      {R"({"type":"mcp_tool_result","tool_use_id":"s","content":[{"type":"text","text":"r1"}]})", "r1"},
      {R"({"type":"mcp_tool_listing","mcp_server_name":"v","tools":[{"name":"n","description":"d1"}]})",
       "d1"},
      {R"({"type":"web_search_tool_result","tool_use_id":"s","content":[{"type":"web_search_result","title":"t1",)"
       R"("url":"https://h","encrypted_content":"zzz"}]})",
       "t1"},
      {R"({"type":"web_fetch_tool_result","tool_use_id":"s","content":{"type":"web_fetch_result","url":"u1"}})",
       "u1"},
      {R"({"type":"code_execution_tool_result","tool_use_id":"s","content":{"stdout":"o1"}})", "o1"},
      {R"({"type":"bash_code_execution_tool_result","tool_use_id":"s","content":{"stdout":"o1"}})", "o1"},
      {R"({"type":"text_editor_code_execution_tool_result","tool_use_id":"s","content":{"content":"o1"}})",
       "o1"},
      {R"({"type":"tool_search_tool_result","tool_use_id":"s","content":{"tool_references":[]}})", "s"},
      {R"({"type":"advisor_tool_result","tool_use_id":"s","content":{"text":"a1"}})", "a1"},
  };
  for (const Block& block : blocks) {
    const std::string body = with(user(block.wire) + "," + planner(block.wire));
    const auto request = parse(body);
    ASSERT_TRUE(request.has_value()) << block.wire << request.error().text();
    for (const exchange::Message& message : request->request.messages) {
      ASSERT_EQ(message.parts.size(), 1U) << block.wire;
      const auto* media = std::get_if<Media>(&message.parts[0]);
      ASSERT_NE(media, nullptr) << block.wire;
      EXPECT_NE(media->text.find(block.seen), std::string::npos) << block.wire << media->text;
      EXPECT_EQ(media->text.find("AAAA"), std::string::npos) << media->text;
      EXPECT_EQ(media->text.find("zzz"), std::string::npos) << media->text;
    }
    EXPECT_EQ(request->write({}), body);
  }
}

TEST(MessagesRequest, TextThinkingCallsAndResults) {
  const auto request = parse(with(
      kUser + "," +
      planner(R"({"type":"thinking","thinking":"hm","signature":"c2ln"},)"
              R"({"type":"redacted_thinking","data":"zz"},)"
              R"({"type":"text","text":"see","citations":[{"type":"char_location","cited_text":"quoted",)"
              R"("document_index":0,"document_title":"D","start_char_index":0,"end_char_index":1}]},)"
              R"({"type":"tool_use","id":"a","name":"f","input":{"x": 1},"caller":{"type":"direct"}})") +
      "," +
      user(
          R"({"type":"tool_result","tool_use_id":"a","is_error":true,"content":[{"type":"text","text":"t1"},)"
          R"({"type":"image","source":{"type":"base64","media_type":"image/png","data":"AAAA"}},)"
          R"({"type":"document","source":{"type":"text","media_type":"text/plain","data":"t2"}},)"
          R"({"type":"search_result","title":"t3","source":"s","content":[]},)"
          R"({"type":"tool_reference","tool_name":"t4"}]},)"
          R"({"type":"tool_result","tool_use_id":"b","content":"t5"},{"type":"tool_result","tool_use_id":"c"})")));
  ASSERT_TRUE(request.has_value()) << request.error().text();
  const auto& said = request->request.messages[1].parts;
  ASSERT_EQ(said.size(), 5U);
  EXPECT_EQ(std::get<Thinking>(said[0]).text, "hm");
  EXPECT_TRUE(std::holds_alternative<Thinking>(said[1]));
  EXPECT_EQ(std::get<Text>(said[2]).text, "see");
  EXPECT_NE(std::get<Media>(said[3]).text.find("quoted"), std::string::npos);
  EXPECT_EQ(std::get<Call>(said[4]).arguments, R"({"x": 1})");
  const auto& results = request->request.messages[2].parts;
  ASSERT_EQ(results.size(), 3U);
  const auto& first = std::get<exchange::Result>(results[0]);
  EXPECT_TRUE(first.is_error);
  EXPECT_EQ(first.media, 4U);
  std::string texts;
  for (const std::string& text : first.texts) texts += text + "\n";
  for (const std::string_view text : {"t1", "t2", "t3", "t4"})
    EXPECT_NE(texts.find(text), std::string::npos) << text;
  EXPECT_EQ(texts.find("AAAA"), std::string::npos);
  EXPECT_EQ(std::get<exchange::Result>(results[1]).texts, std::vector<std::string>{"t5"});
  EXPECT_TRUE(std::get<exchange::Result>(results[2]).texts.empty());
}

TEST(MessagesRequest, EveryPublishedParameterPasses) {
  for (const std::string_view key : {"cache_control",
                                     "compaction",
                                     "container",
                                     "context_management",
                                     "diagnostics",
                                     "fallbacks",
                                     "fallback_credit_token",
                                     "billing_policy",
                                     "inference_geo",
                                     "mcp_servers",
                                     "metadata",
                                     "output_config",
                                     "output_format",
                                     "service_tier",
                                     "speed",
                                     "stop_sequences",
                                     "stream",
                                     "system",
                                     "temperature",
                                     "thinking",
                                     "thread",
                                     "tool_choice",
                                     "tools",
                                     "top_k",
                                     "top_p",
                                     "user_profile_id",
                                     "workspace_id",
                                     "betas"}) {
    EXPECT_TRUE(parse(with(kUser, R"(,")" + std::string(key) + R"(":null)")).has_value()) << key;
  }
  EXPECT_TRUE(
      parse(with(kUser,
                 R"(,"thinking":{"type":"enabled","budget_tokens":9},"mcp_servers":[],"context_management":)"
                 R"({"edits":[{"type":"clear_tool_uses_20250919"}]},"output_config":{"effort":"high"},)"
                 R"("fallbacks":[{"model":"b","max_tokens":3}])"))
          .has_value());
  // What is asked to be counted has no max_tokens.
  EXPECT_TRUE(parse(R"({"model":"m","messages":[]})").has_value());
}

TEST(MessagesRequest, ToolsOfTheClient) {
  for (const std::string_view type :
       {"custom", "bash_20241022", "bash_20250124", "computer_20241022", "computer_20250124",
        "computer_20251124", "memory_20250818", "text_editor_20241022", "text_editor_20250124",
        "text_editor_20250429", "text_editor_20250728"}) {
    const auto request = parse(with(
        kUser,
        R"(,"tools":[{"type":")" + std::string(type) +
            R"(","name":"f","description":"d","input_schema":{"type":"object"}},{"name":"g","type":null}])"));
    ASSERT_TRUE(request.has_value()) << type << request.error().text();
    ASSERT_EQ(request->request.tools.size(), 2U);
    EXPECT_EQ(request->request.tools[0].name + request->request.tools[0].description, "fd");
    EXPECT_EQ(request->request.tools[0].schema, R"({"type":"object"})");
  }
  // What the model is shown of a tool beside its description is part of it.
  const auto more =
      parse(with(kUser, R"(,"tools":[{"name":"f","description":"d","input_examples":[{"x":"e1"}]}])"));
  ASSERT_TRUE(more.has_value());
  EXPECT_NE(more->request.tools[0].description.find("e1"), std::string::npos);
}

TEST(MessagesRequest, HostedToolsAreRefusedOrCut) {
  for (const std::string_view type :
       {"code_execution_20250522", "code_execution_20250825", "code_execution_20260120",
        "code_execution_20260521", "web_search_20250305", "web_search_20260209", "web_search_20260318",
        "web_fetch_20250910", "web_fetch_20260209", "web_fetch_20260309", "web_fetch_20260318",
        "advisor_20260301", "tool_search_tool_bm25_20251119", "tool_search_tool_bm25",
        "tool_search_tool_regex_20251119", "tool_search_tool_regex", "mcp_toolset", "brand_new_20300101"}) {
    const std::string hosted = R"({"type":")" + std::string(type) + R"(","name":"n"})";
    const std::string mine = R"({"name":"f","input_schema":{}})";
    const auto refused = parse(with(kUser, R"(,"tools":[)" + mine + "," + hosted + "]"));
    ASSERT_FALSE(refused.has_value()) << type;
    EXPECT_EQ(refused.error().where, "/tools/1");
    EXPECT_EQ(refused.error().code, Code::unsupported);
    for (const std::string& tools :
         {hosted, hosted + "," + mine, mine + " , " + hosted, hosted + "," + hosted}) {
      const bool left = tools.find(mine) != std::string::npos;
      for (
          const std::string_view extra :
          {"",
           R"(,"mcp_servers":[{"type":"url","url":"u","name":"v"}],"container":"c","tool_choice":{"type":"auto"})"}) {
        const auto cut = parse(with(kUser, R"(,"tools":[)" + tools + "]" + std::string(extra)),
                               {.strip_hosted_tools = true});
        ASSERT_TRUE(cut.has_value()) << cut.error().text();
        const std::string out = cut->write({});
        const auto again = parse(out);
        ASSERT_TRUE(again.has_value()) << out << again.error().text();
        EXPECT_EQ(again->request.tools.size(), left ? 1U : 0U) << out;
        EXPECT_EQ(again->document["tools"].exists(), left) << out;
        EXPECT_FALSE(again->document["mcp_servers"].exists()) << out;
        EXPECT_FALSE(again->document["container"].exists()) << out;
        EXPECT_EQ(again->document["tool_choice"].exists(), left && !extra.empty()) << out;
      }
    }
  }
  // Cutting a toolset would change what the client asked for without a provider to blame.
  for (const std::string_view type : {"browser_toolset_20260801", "computer_toolset_20260801"}) {
    const auto request = parse(with(kUser, R"(,"tools":[{"type":")" + std::string(type) + R"("}])"),
                               {.strip_hosted_tools = true});
    ASSERT_FALSE(request.has_value());
    EXPECT_EQ(request.error().where, "/tools/0");
  }
}

struct Bad {
  std::string body;
  std::string where;
  Code code = Code::bad_input;
};

TEST(MessagesRequest, MalformedNamesThePlace) {
  const std::string at = "/messages/0/content";
  const std::vector<Bad> table{
      {"{", "byte 1"},
      {"null", ""},
      {R"({"messages":[]})", "/model"},
      {R"({"model":"m"})", "/messages"},
      {with("null"), "/messages/0"},
      {with(R"({"role":"tool","content":"x"})"), "/messages/0/role", Code::unsupported},
      {with(R"({"role":"user"})"), at},
      {with(R"({"role":"assistant","content":null})"), at},
      {with(R"({"role":"user","content":"x","tool_calls":[{"function":{}}]})"), "/messages/0/tool_calls",
       Code::unsupported},
      {with(user("1")), at + "/0/type", Code::unsupported},
      {with(user(R"({"type":"text"})")), at + "/0/text"},
      {with(user(R"({"type":"text","text":"a"},{"type":"hologram"})")), at + "/1/type", Code::unsupported},
      {with(planner(R"({"type":"tool_use","name":"f","input":{}})")), at + "/0/id"},
      {with(planner(R"({"type":"tool_use","id":"a","input":{}})")), at + "/0/name"},
      {with(planner(R"({"type":"tool_use","id":"a","name":"f"})")), at + "/0/input"},
      {with(planner(R"({"type":"tool_use","id":"a","name":"f","input":"{}"})")), at + "/0/input"},
      {with(planner(R"({"type":"tool_use","id":"a","name":"f","input":{},"toolset_name":"b"})")),
       at + "/0/toolset_name", Code::unsupported},
      {with(user(R"({"type":"tool_result","content":"x"})")), at + "/0/tool_use_id"},
      {with(user(R"({"type":"tool_result","tool_use_id":"a","content":1})")), at + "/0/content"},
      {with(user(R"({"type":"tool_result","tool_use_id":"a","content":[{"type":"text"}]})")),
       at + "/0/content/0/text"},
      {with(user(
           R"({"type":"tool_result","tool_use_id":"a","content":[{"type":"browser_state","tabs":[]}]})")),
       at + "/0/content/0/type", Code::unsupported},
      {with(user(R"({"type":"tool_addition","tool":{"type":"tool_definition","definition":{"name":"f"}}})")),
       at + "/0/tool", Code::unsupported},
      {with(user(R"({"type":"tool_addition","tool":{"type":"mcp_toolset_reference","server_name":"v"}})")),
       at + "/0/tool", Code::unsupported},
      {with(kUser, R"(,"system":1)"), "/system"},
      {with(kUser, R"(,"system":[{"type":"hologram"}])"), "/system/0/type", Code::unsupported},
      {with(kUser, R"(,"stream":"yes")"), "/stream"},
      {with(kUser, R"(,"tools":{})"), "/tools"},
      {with(kUser, R"(,"tools":[{}])"), "/tools/0/name"},
      {with(kUser, R"(,"tools":[{"name":"f","description":1}])"), "/tools/0/description"},
      {with(kUser, R"(,"mcp_servers":[{"type":"url","url":"u","name":"v"}])"), "/mcp_servers",
       Code::unsupported},
      {with(kUser, R"(,"container":{"skills":[]})"), "/container", Code::unsupported},
      {with(kUser, R"(,"thread":{"type":"create"})"), "/thread", Code::unsupported},
      {with(kUser, R"(,"fallbacks":[{"model":"b","tools":[]}])"), "/fallbacks", Code::unsupported},
      {with(kUser, R"(,"documents":["x"])"), "/documents", Code::unsupported},
  };
  for (const Bad& bad : table) {
    const auto request = parse(bad.body);
    ASSERT_FALSE(request.has_value()) << bad.body;
    EXPECT_EQ(request.error().where, bad.where) << bad.body << "\n" << request.error().text();
    EXPECT_EQ(request.error().code, bad.code) << bad.body << "\n" << request.error().text();
  }
}

TEST(MessagesRequest, UnknownItemsPassAsMediaWhereThatIsSet) {
  const Options pass{.unknown_items_untrusted = true};
  const auto request =
      parse(with(user(R"({"type":"hologram","data":"x"},{"type":"tool_result","tool_use_id":"a",)"
                      R"("content":[{"type":"browser_state","tabs":[]}]})")),
            pass);
  ASSERT_TRUE(request.has_value()) << request.error().text();
  const auto& parts = request->request.messages[0].parts;
  EXPECT_EQ(std::get<Media>(parts[0]).text, R"({"type":"hologram","data":"x"})");
  EXPECT_EQ(std::get<exchange::Result>(parts[1]).texts.size(), 1U);
  EXPECT_FALSE(parse(with(kUser, R"(,"tools":[{"type":"brand_new"}])"), pass).has_value());
  EXPECT_FALSE(parse(with(kUser, R"(,"mcp_servers":[{"name":"v"}])"), pass).has_value());
}

TEST(MessagesRequest, BoundsAtTheLimitAndPast) {
  const std::string call = R"({"type":"tool_use","id":"a","name":"f","input":{}})";
  const auto past = [](const Result<ParsedRequest>& request) {
    return !request.has_value() && request.error().code == Code::too_large;
  };
  EXPECT_TRUE(parse(with(times(kUser, limits::kMessagesMax))).has_value());
  EXPECT_TRUE(past(parse(with(times(kUser, limits::kMessagesMax + 1)))));
  EXPECT_TRUE(
      parse(with(kUser, R"(,"tools":[)" + times(R"({"name":"f"})", limits::kToolsMax) + "]")).has_value());
  EXPECT_TRUE(
      past(parse(with(kUser, R"(,"tools":[)" + times(R"({"name":"f"})", limits::kToolsMax + 1) + "]"))));
  EXPECT_TRUE(parse(with(planner(times(call, limits::kCallsPerTurnMax)))).has_value());
  EXPECT_TRUE(past(parse(with(planner(times(call, limits::kCallsPerTurnMax + 1))))));
}

TEST(MessagesRequest, WriteWithEdits) {
  const std::string one = R"({"role":"user","content":"1"})";
  const std::string two = R"({"role":"assistant","content":"2"})";
  using Kind = Edit::Kind;
  const auto after = [&](const std::string& user_message, const std::vector<Edit>& edits) {
    const auto request = parse(with(one + ", " + two + "," + user_message, R"(,"system":"s")"));
    return request->write({.edits = edits});
  };
  // Indexes count the system text, which no edit may name.
  EXPECT_EQ(after(one, {{Kind::replace, 2, "X,Y"}}), with(one + ", X,Y," + one, R"(,"system":"s")"));
  EXPECT_EQ(after(one, {{Kind::replace, 0, "X"}}), with(one + ", " + two + "," + one, R"(,"system":"s")"));
  EXPECT_EQ(after(one, {{Kind::prepend_blocks, 3, R"({"a":1})"}}),
            with(one + ", " + two + R"(,{"role":"user","content":[{"a":1},{"type":"text","text":"1"}]})",
                 R"(,"system":"s")"));
  EXPECT_EQ(after(R"({"role":"user","content":" \n"})", {{Kind::prepend_blocks, 3, R"({"a":1})"}}),
            with(one + ", " + two + R"(,{"role":"user","content":[{"a":1}]})", R"(,"system":"s")"));
  EXPECT_EQ(after(R"({"role":"user","content":[]})", {{Kind::prepend_blocks, 3, R"({"a":1})"}}),
            with(one + ", " + two + R"(,{"role":"user","content":[{"a":1}]})", R"(,"system":"s")"));
  EXPECT_EQ(after(R"({"role":"user","content":[ {"type":"text","text":"x"}]})",
                  {{Kind::replace, 2, "X"}, {Kind::prepend_blocks, 3, R"({"a":1},{"b":2})"}}),
            with(one + R"(, X,{"role":"user","content":[{"a":1},{"b":2}, {"type":"text","text":"x"}]})",
                 R"(,"system":"s")"));
}

TEST(MessagesRequest, ErrorsHaveTheApisShape) {
  const std::vector<std::pair<Code, std::string>> types{
      {Code::bad_input, "invalid_request_error"}, {Code::unsupported, "invalid_request_error"},
      {Code::too_large, "request_too_large"},     {Code::denied, "permission_error"},
      {Code::not_found, "not_found_error"},       {Code::unavailable, "api_error"},
      {Code::timed_out, "timeout_error"},         {Code::internal, "api_error"}};
  for (const auto& [code, type] : types) {
    const Error error{code, "m", "/w"};
    const auto body = json::parse(error_body(exchange::Dialect::messages, error));
    ASSERT_TRUE(body.has_value());
    EXPECT_EQ((*body)["type"].string(), "error");
    EXPECT_EQ((*body)["error"]["type"].string(), type);
    EXPECT_EQ((*body)["error"]["message"].string(), "weir: /w: m");
    EXPECT_EQ(error_event(exchange::Dialect::messages, error),
              "event: error\ndata: " + std::string(body->text()) + "\n\n");
  }
}

}  // namespace
}  // namespace weir::wire
