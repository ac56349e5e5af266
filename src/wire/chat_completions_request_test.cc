// Requests of Chat Completions: every type of the published schema is taken or refused on purpose.
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
  return parse_request(exchange::Dialect::chat_completions, std::move(body), options);
}
std::string with(std::string_view messages, std::string_view more = "") {
  return R"({"model":"m","messages":[)" + std::string(messages) + "]" + std::string(more) + "}";
}
std::string times(std::string_view item, size_t count) {
  std::string all;
  for (size_t i = 0; i < count; ++i) all += (i == 0 ? "" : ",") + std::string(item);
  return all;
}
const std::string kUser = R"({"role":"user","content":"hi"})";

TEST(ChatRequest, EveryRole) {
  const std::vector<std::pair<std::string, Role>> roles{
      {R"({"role":"system","content":"x"})", Role::operator_text},
      {R"({"role":"developer","content":[{"type":"text","text":"x"}]})", Role::operator_text},
      {R"({"role":"user","name":"bob","content":"x"})", Role::user},
      {R"({"role":"assistant","content":"x"})", Role::planner},
      {R"({"role":"tool","tool_call_id":"c","content":"x"})", Role::tool},
      {R"({"role":"function","name":"f","content":"x"})", Role::tool},
  };
  for (const auto& [wire, role] : roles) {
    const auto request = parse(with(kUser + "," + wire + "," + kUser));  // in mid-conversation too
    ASSERT_TRUE(request.has_value()) << wire << request.error().text();
    ASSERT_EQ(request->request.messages.size(), 3U);
    const exchange::Message& message = request->request.messages[1];
    EXPECT_EQ(message.role, role) << wire;
    ASSERT_EQ(message.parts.size(), 1U);
    if (const auto* result = std::get_if<exchange::Result>(&message.parts[0])) {
      EXPECT_EQ(result->texts, std::vector<std::string>{"x"});
      EXPECT_FALSE(result->call_id.empty());
    } else {
      EXPECT_EQ(exchange::text_of(message), "x");
    }
  }
}

TEST(ChatRequest, EveryContentPart) {
  const auto request = parse(with(R"({"role":"user","content":[{"type":"text","text":"a"},)"
                                  R"({"type":"image_url","image_url":{"url":"https://h/p.png"}},)"
                                  R"({"type":"image_url","image_url":{"url":"data:image/png;base64,AAAA"}},)"
                                  R"({"type":"input_audio","input_audio":{"data":"AAAA","format":"wav"}},)"
                                  R"({"type":"file","file":{"filename":"f.pdf","file_data":"AAAA"}}]},)"
                                  R"({"role":"assistant","content":[{"type":"refusal","refusal":"no"}]})"));
  ASSERT_TRUE(request.has_value()) << request.error().text();
  const auto& parts = request->request.messages[0].parts;
  ASSERT_EQ(parts.size(), 5U);
  EXPECT_EQ(std::get<Text>(parts[0]).text, "a");
  EXPECT_EQ(std::get<Media>(parts[1]).text, "https://h/p.png");
  for (size_t i = 2; i < 5; ++i) EXPECT_TRUE(std::holds_alternative<Media>(parts[i])) << i;
  EXPECT_EQ(std::get<Media>(parts[4]).text, "f.pdf");
  EXPECT_EQ(std::get<Text>(request->request.messages[1].parts[0]).text, "no");
}

TEST(ChatRequest, PlannersCallsOfEveryKind) {
  const auto request = parse(
      with(R"({"role":"assistant","content":null,"refusal":null,"reasoning_content":"hm","tool_calls":[)"
           R"({"id":"a","type":"function","function":{"name":"f","arguments":"{\"x\": 1}"}},)"
           R"({"id":"b","type":"custom","custom":{"name":"g","input":"free"}}]},)"
           R"({"role":"tool","tool_call_id":"a","content":[{"type":"text","text":"1"},)"
           R"({"type":"text","text":"2"}]},{"role":"tool","tool_call_id":"b","content":""},)"
           R"({"role":"assistant","content":null,"function_call":{"name":"h","arguments":"{}"}},)"
           R"({"role":"function","name":"h","content":null},)"
           R"({"role":"assistant","audio":{"id":"s"}})"));
  ASSERT_TRUE(request.has_value()) << request.error().text();
  const auto& messages = request->request.messages;
  ASSERT_EQ(messages[0].parts.size(), 3U);
  EXPECT_EQ(std::get<Thinking>(messages[0].parts[0]).text, "hm");
  EXPECT_EQ(std::get<Call>(messages[0].parts[1]).arguments, "{\"x\": 1}");
  EXPECT_TRUE(std::get<Call>(messages[0].parts[1]).is_json);
  EXPECT_EQ(std::get<Call>(messages[0].parts[2]).arguments, "free");
  EXPECT_FALSE(std::get<Call>(messages[0].parts[2]).is_json);
  EXPECT_EQ(std::get<exchange::Result>(messages[1].parts[0]).texts.size(), 2U);
  // A legacy call and its result are matched by the name.
  EXPECT_EQ(std::get<Call>(messages[3].parts[0]).id, "h");
  EXPECT_EQ(std::get<exchange::Result>(messages[4].parts[0]).call_id, "h");
  EXPECT_TRUE(std::holds_alternative<Media>(messages[5].parts[0]));
}

TEST(ChatRequest, ToolsOfEveryKind) {
  const auto good = parse(with(
      kUser,
      R"(,"tools":[{"type":"function","function":{"name":"f","description":"d","strict":true,)"
      R"("parameters":{"type":"object"}}},{"type":"custom","custom":{"name":"g","description":"e",)"
      R"("format":{"type":"text"}}}],"functions":[{"name":"h","description":null}],"function_call":"auto")"));
  ASSERT_TRUE(good.has_value()) << good.error().text();
  const auto& tools = good->request.tools;
  ASSERT_EQ(tools.size(), 3U);
  EXPECT_EQ(tools[0].name + tools[0].description + tools[0].schema, R"(fd{"type":"object"})");
  EXPECT_EQ(tools[1].kind, exchange::ToolKind::custom);
  EXPECT_EQ(tools[1].schema, R"({"type":"text"})");
  EXPECT_EQ(tools[2].name, "h");
  EXPECT_EQ(tools[2].description, "");
}

TEST(ChatRequest, EveryPublishedParameterPasses) {
  for (const std::string_view key : {"audio",
                                     "frequency_penalty",
                                     "function_call",
                                     "functions",
                                     "logit_bias",
                                     "logprobs",
                                     "metadata",
                                     "max_completion_tokens",
                                     "max_tokens",
                                     "modalities",
                                     "moderation",
                                     "parallel_tool_calls",
                                     "prediction",
                                     "presence_penalty",
                                     "n",
                                     "prompt_cache_key",
                                     "reasoning_effort",
                                     "prompt_cache_options",
                                     "seed",
                                     "prompt_cache_retention",
                                     "response_format",
                                     "safety_identifier",
                                     "service_tier",
                                     "stop",
                                     "store",
                                     "stream",
                                     "stream_options",
                                     "temperature",
                                     "tool_choice",
                                     "tools",
                                     "top_logprobs",
                                     "top_p",
                                     "user",
                                     "verbosity",
                                     "web_search_options"}) {
    EXPECT_TRUE(parse(with(kUser, R"(,")" + std::string(key) + R"(":null)")).has_value()) << key;
  }
  EXPECT_TRUE(parse(with(kUser, R"(,"prediction":{"type":"content","content":"x"})")).has_value());
  EXPECT_TRUE(parse(with(kUser, R"(,"response_format":{"type":"json_schema","json_schema":{"name":"n"}})"))
                  .has_value());
  EXPECT_TRUE(parse(with(kUser, R"(,"brand_new":{"level":3})")).has_value());
}

struct Bad {
  std::string body;
  std::string where;
  Code code = Code::bad_input;
};

TEST(ChatRequest, MalformedNamesThePlace) {
  const std::string call = R"({"role":"assistant","tool_calls":[)";
  const std::vector<Bad> table{
      {"", "byte 0"},
      {"[]", ""},
      {R"({"messages":[]})", "/model"},
      {R"({"model":1,"messages":[]})", "/model"},
      {R"({"model":"m"})", "/messages"},
      {R"({"model":"m","messages":{}})", "/messages"},
      {R"({"model":"m","model":"n","messages":[]})", "byte 13"},
      {with("1"), "/messages/0"},
      {with(kUser + R"(,{"role":"critic","content":"x"})"), "/messages/1/role", Code::unsupported},
      {with(R"({"content":"x"})"), "/messages/0/role", Code::unsupported},
      {with(R"({"role":"user","content":1})"), "/messages/0/content"},
      {with(R"({"role":"user","content":[{"type":"text"}]})"), "/messages/0/content/0/text"},
      {with(R"({"role":"user","content":[1]})"), "/messages/0/content/0/type", Code::unsupported},
      {with(R"({"role":"user","content":[{"type":"hologram"}]})"), "/messages/0/content/0/type",
       Code::unsupported},
      {with(R"({"role":"user","content":"x","tool_calls":[{"id":"a"}]})"), "/messages/0/tool_calls"},
      {with(R"({"role":"system","content":"x","function_call":{"name":"f","arguments":""}})"),
       "/messages/0/function_call"},
      {with(R"({"role":"user","content":"x","extra":{"content":"y"}})"), "/messages/0/extra",
       Code::unsupported},
      {with(R"({"role":"tool","content":"x"})"), "/messages/0/tool_call_id"},
      {with(R"({"role":"function","content":"x"})"), "/messages/0/name"},
      {with(call + R"({"type":"function","function":{"name":"f","arguments":""}}]})"),
       "/messages/0/tool_calls/0/id"},
      {with(call + R"({"id":"a","type":"function","function":{"arguments":""}}]})"),
       "/messages/0/tool_calls/0/function/name"},
      {with(call + R"({"id":"a","type":"function","function":{"name":"f","arguments":{}}}]})"),
       "/messages/0/tool_calls/0/function/arguments"},
      {with(call + R"({"id":"a","type":"custom","custom":{"name":"f"}}]})"),
       "/messages/0/tool_calls/0/custom/input"},
      {with(call + R"({"id":"a","type":"mcp","mcp":{}}]})"), "/messages/0/tool_calls/0/type",
       Code::unsupported},
      {with(call + R"({"id":"a","type":"function","function":{"name":"f","arguments":""},"custom":{}}]})"),
       "/messages/0/tool_calls/0"},
      {with(R"({"role":"assistant","tool_calls":{}})"), "/messages/0/tool_calls"},
      {with(R"({"role":"assistant","function_call":{"name":"f"}})"), "/messages/0/function_call/arguments"},
      {with(kUser, R"(,"stream":1)"), "/stream"},
      {with(kUser, R"(,"n":0)"), "/n"},
      {with(kUser, R"(,"n":1.5)"), "/n"},
      {with(kUser, R"(,"tools":{})"), "/tools"},
      {with(kUser, R"(,"tools":[{"function":{"name":"f"}}])"), "/tools/0/type"},
      {with(kUser, R"(,"tools":[{"type":"function","function":{}}])"), "/tools/0/function/name"},
      {with(kUser, R"(,"tools":[{"type":"function","function":{"name":"f","description":[]}}])"),
       "/tools/0/function/description"},
      {with(kUser, R"(,"functions":[{"name":7}])"), "/functions/0/name"},
      {with(kUser, R"(,"mcp_servers":[{"url":"x"}])"), "/mcp_servers", Code::unsupported},
      {with(kUser, R"(,"web_search_options":{})"), "/web_search_options", Code::unsupported},
      {with(kUser, R"(,"plugins":[{"id":"web"}])"), "/plugins", Code::unsupported},
      {with(kUser, R"(,"input":"x")"), "/input", Code::unsupported},
      {with(kUser, R"(,"brand_new":{"deep":[{"tools":[]}]})"), "/brand_new", Code::unsupported},
      {with(kUser, R"(,"previous_response_id":"r")"), "/previous_response_id", Code::unsupported},
      {with(kUser, R"(,"conversation":"r")"), "/conversation", Code::unsupported},
      {with(kUser, R"(,"n":129)"), "/n", Code::too_large},
  };
  for (const Bad& bad : table) {
    const auto request = parse(bad.body);
    ASSERT_FALSE(request.has_value()) << bad.body;
    EXPECT_EQ(request.error().where, bad.where) << bad.body << "\n" << request.error().text();
    EXPECT_EQ(request.error().code, bad.code) << bad.body << "\n" << request.error().text();
  }
}

TEST(ChatRequest, HostedToolsAreRefusedOrCut) {
  const std::string mine = R"({"type":"function","function":{"name":"f"}})";
  const std::string more = R"(,"tool_choice":"auto","parallel_tool_calls":true,"seed":1)";
  for (const std::string_view type :
       {"web_search", "web_search_preview", "code_interpreter", "mcp", "file_search", "image_generation",
        "computer_use_preview", "local_shell", "brand_new"}) {
    const std::string hosted = R"({"type":")" + std::string(type) + R"(","function":{"name":"f"}})";
    const auto refused = parse(with(kUser, R"(,"tools":[)" + mine + "," + hosted + "]"));
    ASSERT_FALSE(refused.has_value()) << type;
    EXPECT_EQ(refused.error().where, "/tools/1");
    EXPECT_EQ(refused.error().code, Code::unsupported);
    for (const std::string& tools : {hosted, hosted + " , " + mine, mine + "," + hosted,
                                     hosted + "," + hosted + "," + mine + "," + hosted}) {
      for (const std::string& extra :
           {std::string(), more, R"(,"web_search_options":{},"plugins":[{"id":"w"}])" + more}) {
        const auto cut =
            parse(with(kUser, R"(,"tools":[)" + tools + "]" + extra), {.strip_hosted_tools = true});
        ASSERT_TRUE(cut.has_value()) << cut.error().text();
        const std::string out = cut->write({});
        const auto again = parse(out);
        ASSERT_TRUE(again.has_value()) << out << again.error().text();
        EXPECT_EQ(again->request.tools.size(), tools == hosted ? 0U : 1U) << out;
        EXPECT_EQ(again->document["tools"].exists(), tools != hosted) << out;
        EXPECT_EQ(again->document["tool_choice"].exists(), tools != hosted && !extra.empty()) << out;
        EXPECT_EQ(again->document["seed"].exists(), !extra.empty()) << out;
        EXPECT_EQ(out.find(type), std::string::npos) << out;
      }
    }
  }
}

TEST(ChatRequest, UnknownItemsPassAsMediaWhereThatIsSet) {
  const Options pass{.unknown_items_untrusted = true};
  const auto request =
      parse(with(R"({"role":"user","content":[{"type":"hologram","data":"x"}]})", R"(,"input":"x")"), pass);
  ASSERT_TRUE(request.has_value()) << request.error().text();
  EXPECT_EQ(std::get<Media>(request->request.messages[0].parts[0]).text, R"({"type":"hologram","data":"x"})");
  // Not even then: a tool that the provider runs, a call that may be read in two ways, a role.
  EXPECT_FALSE(parse(with(kUser, R"(,"tools":[{"type":"mcp"}])"), pass).has_value());
  EXPECT_FALSE(parse(with(R"({"role":"critic","content":"x"})"), pass).has_value());
  EXPECT_FALSE(parse(with(R"({"role":"user","content":[{}]})"), pass).has_value());
}

TEST(ChatRequest, BoundsAtTheLimitAndPast) {
  const std::string tool = R"({"type":"function","function":{"name":"f"}})";
  const std::string call = R"({"id":"a","type":"function","function":{"name":"f","arguments":""}})";
  const auto past = [](const Result<ParsedRequest>& request) {
    return !request.has_value() && request.error().code == Code::too_large;
  };
  EXPECT_TRUE(parse(with(kUser, R"(,"n":128)")).has_value());
  EXPECT_TRUE(parse(with(times(kUser, limits::kMessagesMax))).has_value());
  EXPECT_TRUE(past(parse(with(times(kUser, limits::kMessagesMax + 1)))));
  EXPECT_TRUE(parse(with(kUser, R"(,"tools":[)" + times(tool, limits::kToolsMax) + "]")).has_value());
  EXPECT_TRUE(past(parse(with(kUser, R"(,"tools":[)" + times(tool, limits::kToolsMax + 1) + "]"))));
  EXPECT_TRUE(
      past(parse(with(kUser, R"(,"functions":[)" + times(R"({"name":"f"})", limits::kToolsMax + 1) + "]"))));
  const auto calls = [&](size_t count) {
    return with(R"({"role":"assistant","tool_calls":[)" + times(call, count) + "]}");
  };
  EXPECT_TRUE(parse(calls(limits::kCallsPerTurnMax)).has_value());
  EXPECT_TRUE(past(parse(calls(limits::kCallsPerTurnMax + 1))));
  const std::string frame = with(R"({"role":"user","content":""})");
  const std::string fill(limits::kHttpBodyBytesMax - frame.size(), 'x');
  EXPECT_TRUE(parse(with(R"({"role":"user","content":")" + fill + R"("})")).has_value());
  EXPECT_TRUE(past(parse(with(R"({"role":"user","content":"x)" + fill + R"("})"))));
}

TEST(ChatRequest, WriteWithoutEditsGivesTheVeryBytes) {
  for (
      const std::string& body :
      {with(kUser), std::string(" {\n\t\"messages\" : [ ] , \"model\":\"\\u006d\" }\r\n"),
       std::string(
           R"({"model":"m","messages":[{"role":"assistant","content":"\u00e9 \/","tool_calls":[]}],"x":1e400})")}) {
    const auto request = parse(body);
    ASSERT_TRUE(request.has_value()) << body << request.error().text();
    EXPECT_EQ(request->write({}), body);
  }
}

TEST(ChatRequest, WriteWithEdits) {
  const std::string one = R"({"role":"user","content":"1"})";
  const std::string two = R"({"role":"assistant","content":"2"})";
  const std::string three = R"({"role":"user","content":"3"})";
  const auto request = parse(R"({"model":"m", "messages":[ )" + one + " , " + two + "," + three + " ]}");
  ASSERT_TRUE(request.has_value());
  using Kind = Edit::Kind;
  EXPECT_EQ(request->write({.edits = {{Kind::replace, 1, "X,Y"}}}),
            R"({"model":"m", "messages":[ )" + one + " , X,Y," + three + " ]}");
  EXPECT_EQ(request->write({.edits = {{Kind::insert_after, 1, "X"}}}),
            R"({"model":"m", "messages":[ )" + one + " , " + two + ",X," + three + " ]}");
  // Several for one message, in order.
  EXPECT_EQ(
      request->write(
          {.edits = {{Kind::replace, 1, "X"}, {Kind::insert_after, 1, "Y"}, {Kind::insert_after, 1, "Z"}}}),
      R"({"model":"m", "messages":[ )" + one + " , X,Y,Z," + three + " ]}");
  EXPECT_EQ(request->write({.edits = {{Kind::insert_after, 2, "X"}}}),
            R"({"model":"m", "messages":[ )" + one + " , " + two + "," + three + ",X ]}");
  // A message that does not exist changes nothing.
  EXPECT_EQ(request->write({.edits = {{Kind::replace, 3, "X"}}}), request->document.text());
}

TEST(ChatRequest, ErrorsHaveTheApisShape) {
  const auto refused = parse(with(kUser, R"(,"tools":[{"type":"mcp"}])"));
  ASSERT_FALSE(refused.has_value());
  const auto body = json::parse(error_body(exchange::Dialect::chat_completions, refused.error()));
  ASSERT_TRUE(body.has_value());
  EXPECT_EQ((*body)["error"]["type"].string(), "invalid_request_error");
  EXPECT_EQ((*body)["error"]["param"].string(), "/tools/0");
  EXPECT_TRUE((*body)["error"]["message"].is_string());
  EXPECT_EQ(http_status(refused.error()), 400);
  EXPECT_EQ(error_event(exchange::Dialect::chat_completions, refused.error()),
            "data: " + std::string(body->text()) + "\n\n");
}

}  // namespace
}  // namespace weir::wire
