// Requests of both dialects: every shape of the published schemas (2026-11, beta parts included), on purpose.
#include <gtest/gtest.h>

#include "base/limits.h"
#include "wire/dialect.h"

namespace weir::wire {
namespace {

using exchange::Dialect;
using exchange::Role;

constexpr Dialect kChat = Dialect::chat_completions;
constexpr Dialect kMessages = Dialect::messages;

std::string request(const std::string& messages, const std::string& more = "") {
  return R"({"model":"m","max_tokens":1,"messages":[)" + messages + "]" + (more.empty() ? "" : "," + more) +
         "}";
}

// "T:text", "t" thinking, "C:name(arguments)", "R:id=texts|media", "M:text": what the parts say.
std::string parts_of(const exchange::Message& message) {
  std::string all;
  for (const exchange::Part& part : message.parts) {
    if (!all.empty()) all += " ";
    if (const auto* text = std::get_if<exchange::Text>(&part)) all += "T:" + text->text;
    if (const auto* thinking = std::get_if<exchange::Thinking>(&part)) all += "t:" + thinking->text;
    if (const auto* call = std::get_if<exchange::Call>(&part))
      all += (call->is_json ? "C:" : "F:") + call->name + "(" + call->arguments + ")";
    if (const auto* media = std::get_if<exchange::Media>(&part)) all += "M:" + media->text;
    if (const auto* result = std::get_if<exchange::Result>(&part)) {
      all += (result->is_error ? "E:" : "R:") + result->call_id + "=";
      for (const std::string& text : result->texts) all += text + "|";
      all += std::to_string(result->media);
    }
  }
  return all;
}

struct Shape {
  std::string message;
  std::string parts;  // "-": refused
};

void check_shapes(Dialect dialect, const std::vector<Shape>& shapes) {
  for (const Shape& shape : shapes) {
    const std::string body = request(shape.message);
    const auto parsed = parse_request(dialect, body, {});
    ASSERT_EQ(parsed.has_value(), shape.parts != "-")
        << shape.message << (parsed ? "" : parsed.error().text());
    if (!parsed) {
      EXPECT_TRUE(parsed.error().where.starts_with("/messages/0")) << parsed.error().text();
      continue;
    }
    ASSERT_EQ(parsed->request.messages.size(), 1U);
    EXPECT_EQ(parts_of(parsed->request.messages[0]), shape.parts) << shape.message;
    EXPECT_EQ(parsed->write({}), body);
  }
}

TEST(ChatRequestShapes, MessageShapes) {
  check_shapes(
      kChat,
      {
          {R"({"role":"system","content":"s"})", "T:s"},
          {R"({"role":"developer","content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]})",
           "T:a T:b"},
          {R"({"role":"user","name":"n","content":"u"})", "T:u"},
          {R"({"role":"user","content":[{"type":"text","text":"x","prompt_cache_breakpoint":{"mode":"explicit"}}]})",
           "T:x"},
          {R"({"role":"user","content":[{"type":"image_url","image_url":{"url":"https://e/x","detail":"low"}}]})",
           "M:https://e/x"},
          {R"({"role":"user","content":[{"type":"image_url","image_url":"https://e/y"}]})", "M:https://e/y"},
          {R"({"role":"user","content":[{"type":"input_audio","input_audio":{"data":"eA==","format":"wav"}}]})",
           "M:"},
          {R"({"role":"user","content":[{"type":"file","file":{"filename":"f.pdf","file_data":"eA=="}}]})",
           "M:f.pdf"},
          {R"({"role":"user","content":[{"type":"brand_new"}]})", "-"},
          {R"({"role":"user","content":[{"text":"x"}]})", "-"},
          {R"({"role":"user","content":[{"type":"text"}]})", "-"},
          {R"({"role":"user","content":7})", "-"},
          {R"({"role":"assistant","content":"a"})", "T:a"},
          {R"({"role":"assistant","content":null,"refusal":"no"})", "T:no"},
          {R"({"role":"assistant","content":[{"type":"refusal","refusal":"no"}]})", "T:no"},
          {R"({"role":"assistant","content":null,"audio":{"id":"a"}})", "M:"},
          {R"({"role":"assistant","content":"a","reasoning_content":"r"})", "t:r T:a"},
          {R"({"role":"assistant","content":"a","reasoning":"r"})", "t:r T:a"},
          {R"({"role":"assistant","content":"a","reasoning_details":[{"type":"reasoning.text","text":"r"}]})",
           "t:r T:a"},
          {R"({"role":"assistant","content":[{"type":"thinking","thinking":[{"type":"text","text":"r"}]},{"type":"text","text":"a"}]})",
           "t:r T:a"},
          {R"({"role":"assistant","tool_calls":[{"id":"1","type":"function","function":{"name":"f","arguments":"{}"}}]})",
           "C:f({})"},
          {R"({"role":"assistant","tool_calls":[{"id":"1","type":"custom","custom":{"name":"f","input":"x"}}]})",
           "F:f(x)"},
          {R"({"role":"assistant","tool_calls":[{"id":"1","function":{"name":"f","arguments":"{}"}},{"id":"2","type":"function","function":{"name":"g","arguments":""}}]})",
           "C:f({}) C:g()"},
          {R"({"role":"assistant","tool_calls":[{"id":"1","type":"shell"}]})", "-"},
          {R"({"role":"assistant","tool_calls":[{"id":"1","type":"function","function":{"name":"f","arguments":"{}"},"custom":{"name":"g"}}]})",
           "-"},
          {R"({"role":"assistant","tool_calls":[{"type":"function","function":{"name":"f","arguments":"{}"}}]})",
           "-"},
          {R"({"role":"assistant","tool_calls":{}})", "-"},
          {R"({"role":"assistant","function_call":{"name":"f","arguments":"{}"}})", "C:f({})"},
          {R"({"role":"tool","tool_call_id":"1","content":"r"})", "R:1=r|0"},
          {R"({"role":"tool","tool_call_id":"1","content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]})",
           "R:1=a|b|0"},
          {R"({"role":"tool","content":"r"})", "-"},
          {R"({"role":"function","name":"f","content":"r"})", "R:f=r|0"},
          {R"({"role":"user","content":"u","tool_calls":[{"id":"1"}]})", "-"},
          {R"({"role":"user","content":"u","reasoning_content":"x"})", "-"},
          {R"({"role":"user","content":"u","tool_calls":null,"refusal":""})", "T:u"},
          {R"({"role":"user","content":"u","extra":{"messages":[]}})", "-"},
          {R"({"role":"tool_x","content":"u"})", "-"},
          {R"("x")", "-"},
      });
}

TEST(MessagesRequestShapes, MessageShapes) {
  const auto user = [](const std::string& block) { return R"({"role":"user","content":[)" + block + "]}"; };
  const auto planner = [](const std::string& block) {
    return R"({"role":"assistant","content":[)" + block + "]}";
  };
  check_shapes(
      kMessages,
      {
          {R"({"role":"user","content":"u"})", "T:u"},
          {R"({"role":"system","content":"s"})", "T:s"},
          {R"({"role":"system","clear_at":"never","output_config":{"effort":"low"}})", ""},
          {user(R"({"type":"text","text":"a","cache_control":{"type":"ephemeral"}})"), "T:a"},
          {user(R"({"type":"text","text":"a","citations":[{"type":"char_location","cited_text":"q"}]})"),
           "T:a M:q"},
          {user(R"({"type":"image","source":{"type":"base64","media_type":"image/png","data":"eA=="}})"),
           "M:"},
          {user(R"({"type":"image","source":{"type":"url","url":"https://e"}})"), "M:https://e"},
          {user(
               R"({"type":"document","title":"T","source":{"type":"text","media_type":"text/plain","data":"d"}})"),
           "M:T\nd"},
          {user(
               R"({"type":"document","source":{"type":"base64","media_type":"application/pdf","data":"eA=="}})"),
           "M:"},
          {user(R"({"type":"document","source":{"type":"url","url":"https://e"}})"), "M:https://e"},
          {user(R"({"type":"document","source":{"type":"file","file_id":"f"}})"), "M:f"},
          {user(R"({"type":"document","source":{"type":"content","content":[{"type":"text","text":"d"}]}})"),
           "M:d"},
          {user(R"({"type":"document","source":{"type":"content","content":"d"}})"), "M:d"},
          {user(
               R"({"type":"search_result","title":"T","source":"https://e","content":[{"type":"text","text":"d"}]})"),
           "M:T\nhttps://e\nd"},
          {user(R"({"type":"container_upload","file_id":"f"})"), "M:f"},
          {user(R"({"type":"tool_result","tool_use_id":"1","content":"r"},{"type":"text","text":"u"})"),
           "R:1=r|0 T:u"},
          {user(R"({"type":"tool_result","tool_use_id":"1","is_error":true})"), "E:1=0"},
          {user(
               R"({"type":"tool_result","tool_use_id":"1","content":[{"type":"text","text":"a"},{"type":"image","source":{}}]})"),
           "R:1=a|1"},
          {user(
               R"({"type":"tool_result","tool_use_id":"1","content":[{"type":"tool_reference","tool_name":"f"}]})"),
           "R:1=f|1"},
          {user(
               R"({"type":"tool_result","tool_use_id":"1","content":[{"type":"search_result","title":"T","source":"s","content":[]}]})"),
           "R:1=T\ns|1"},
          {user(R"({"type":"tool_result","tool_use_id":"1","content":[{"type":"browser_state","x":1}]})"),
           "-"},
          {user(R"({"type":"tool_result","content":"r"})"), "-"},
          {planner(R"({"type":"thinking","thinking":"r","signature":"s"})"), "t:r"},
          {planner(R"({"type":"redacted_thinking","data":"d"})"), "t:"},
          {planner(R"({"type":"tool_use","id":"1","name":"f","input":{"a":1}})"), "C:f({\"a\":1})"},
          {planner(R"({"type":"tool_use","id":"1","name":"f","input":"x"})"), "-"},
          {planner(R"({"type":"tool_use","id":"1","name":"navigate","toolset_name":"browser","input":{}})"),
           "-"},
          {planner(R"({"type":"server_tool_use","id":"1","name":"web_search","input":{"query":"q"}})"),
           "M:1\nweb_search\nq"},
          {planner(
               R"({"type":"web_search_tool_result","tool_use_id":"1","content":[{"type":"web_search_result","title":"T","encrypted_content":"e"}]})"),
           "M:1\nT"},
          {planner(R"({"type":"web_fetch_tool_result","tool_use_id":"1","content":{"url":"u"}})"), "M:1\nu"},
          {planner(R"({"type":"code_execution_tool_result","content":{"stdout":"o"}})"), "M:o"},
          {planner(R"({"type":"bash_code_execution_tool_result","content":{"stdout":"o"}})"), "M:o"},
          {planner(R"({"type":"text_editor_code_execution_tool_result","content":{"content":"o"}})"), "M:o"},
          {planner(R"({"type":"tool_search_tool_result","content":{"tool_references":[{"tool_name":"f"}]}})"),
           "M:f"},
          {planner(R"({"type":"advisor_tool_result","content":{"text":"o"}})"), "M:o"},
          {planner(R"({"type":"mcp_tool_use","id":"1","name":"f","server_name":"s","input":{}})"),
           "M:1\nf\ns"},
          {planner(R"({"type":"mcp_tool_result","tool_use_id":"1","content":"r"})"), "M:1\nr"},
          {planner(R"({"type":"mcp_tool_listing","mcp_server_name":"s","tools":[]})"), "M:s"},
          {planner(R"({"type":"compaction","content":"sum"})"), "M:sum"},
          {planner(R"({"type":"fallback","from":{"model":"a"},"to":{"model":"b"}})"), "M:b\na"},
          {R"({"role":"system","content":[{"type":"tool_addition","tool":{"type":"tool_reference","name":"f"}}]})",
           "M:f"},
          {R"({"role":"system","content":[{"type":"tool_removal","tool":{"type":"tool_reference","name":"f"}}]})",
           "M:f"},
          {R"({"role":"system","content":[{"type":"tool_addition","tool":{"type":"tool_definition","definition":{"name":"f"}}}]})",
           "-"},
          {R"({"role":"system","content":[{"type":"tool_addition","tool":{"type":"mcp_tool_reference","name":"f","server_name":"s"}}]})",
           "-"},
          {R"({"role":"system","content":[{"type":"tool_addition","tool":{"type":"mcp_toolset_reference","server_name":"s"}}]})",
           "-"},
          {user(R"({"type":"foo_tool_result","content":"x"})"), "-"},
          {user(R"({"type":"brand_new"})"), "-"},
          {user(R"("x")"), "-"},
          {R"({"role":"user"})", "-"},
          {R"({"role":"user","content":"u","extra":{"content":"x"}})", "-"},
          {R"({"role":"tool","content":"u"})", "-"},
      });
}

TEST(MessagesRequestShapes, SystemComesFirstAndHasNoPlace) {
  const std::string body =
      request(R"({"role":"user","content":"u"})", R"("system":[{"type":"text","text":"s"}])");
  const auto parsed = parse_request(kMessages, body, {});
  ASSERT_TRUE(parsed.has_value());
  ASSERT_EQ(parsed->request.messages.size(), 2U);
  EXPECT_EQ(parsed->request.messages[0].role, Role::operator_text);
  EXPECT_EQ(parsed->wire_index, (std::vector<size_t>{std::string::npos, 0}));
  EXPECT_EQ(parsed->write({.edits = {{Edit::Kind::replace, 0, "X"}}}), body);
}

TEST(RequestShapes, UnknownItemsPassAsMediaWhenToldSo) {
  const Options options{.unknown_items_untrusted = true};
  for (const Dialect dialect : {kChat, kMessages}) {
    const auto parsed =
        parse_request(dialect, request(R"({"role":"user","content":[{"type":"new","x":"y"}]})"), options);
    ASSERT_TRUE(parsed.has_value());
    EXPECT_EQ(parts_of(parsed->request.messages[0]), R"(M:{"type":"new","x":"y"})");
  }
}

struct Tool {
  std::string tool;
  std::string name;  // empty: hosted; "-": refused whatever the options
};

void check_tools(Dialect dialect, const std::vector<Tool>& tools) {
  const std::string kept = dialect == kChat ? R"({"type":"function","function":{"name":"keep"}})"
                                            : R"({"name":"keep","input_schema":{"type":"object"}})";
  for (const Tool& tool : tools) {
    const std::string alone =
        request("", R"("tools":[)" + tool.tool + R"(],"tool_choice":"auto","stream":true)");
    const std::string beside = request("", R"("tools":[)" + tool.tool + "," + kept + "]");
    const auto refused = parse_request(dialect, alone, {});
    EXPECT_EQ(refused.has_value(), !tool.name.empty() && tool.name != "-") << tool.tool;
    const auto stripped = parse_request(dialect, beside, {.strip_hosted_tools = true});
    EXPECT_EQ(stripped.has_value(), tool.name != "-") << tool.tool;
    if (tool.name == "-" || !stripped) continue;
    if (!tool.name.empty()) {
      EXPECT_EQ(refused->request.tools.at(0).name, tool.name);
      EXPECT_EQ(stripped->write({}), beside);
      continue;
    }
    EXPECT_EQ(refused.error().where, "/tools/0");
    EXPECT_EQ(refused.error().code, Code::unsupported);
    EXPECT_EQ(stripped->write({}), request("", R"("tools":[)" + kept + "]"));
    // A choice among no tools is an error to the API.
    const auto none = parse_request(dialect, alone, {.strip_hosted_tools = true});
    ASSERT_TRUE(none.has_value());
    EXPECT_EQ(none->write({}), request("", R"("stream":true)"));
  }
}

TEST(ChatRequestShapes, ToolTypes) {
  check_tools(kChat, {{R"({"type":"function","function":{"name":"f","parameters":{}}})", "f"},
                      {R"({"type":"custom","custom":{"name":"f","format":{"type":"text"}}})", "f"},
                      {R"({"type":"function","function":{}})", "-"},
                      {R"({"type":"function","function":{"name":"f","description":{"x":1}}})", "-"},
                      {R"({"name":"f"})", "-"},
                      {R"({"type":"web_search"})", ""},
                      {R"({"type":"mcp","server_url":"https://e"})", ""},
                      {R"({"type":"brand_new"})", ""}});
  const auto parsed = parse_request(
      kChat,
      request(
          "",
          R"("functions":[{"name":"f","description":"d","parameters":{"a":1}}],"tools":[{"type":"function","function":{"name":"g","examples":["e"]}}])"),
      {});
  ASSERT_TRUE(parsed.has_value());
  ASSERT_EQ(parsed->request.tools.size(), 2U);
  EXPECT_EQ(parsed->request.tools[0].description, "\nexamples: [\"e\"]");
  EXPECT_EQ(parsed->request.tools[1].schema, "{\"a\":1}");
}

TEST(MessagesRequestShapes, ToolTypes) {
  std::vector<Tool> tools{{R"({"name":"f","input_schema":{}})", "f"},
                          {R"({"type":"custom","name":"f","input_schema":{}})", "f"},
                          {R"({"type":null,"name":"f","input_schema":{}})", "f"},
                          {R"({"type":"custom","input_schema":{}})", "-"},
                          {R"({"type":"browser_toolset_20260801"})", "-"},
                          {R"({"type":"computer_toolset_20260801"})", "-"}};
  for (const std::string type :
       {"bash_20241022", "bash_20250124", "text_editor_20241022", "text_editor_20250124",
        "text_editor_20250429", "text_editor_20250728", "computer_20241022", "computer_20250124",
        "computer_20251124", "memory_20250818"})
    tools.push_back({R"({"type":")" + type + R"(","name":"f"})", "f"});
  for (const std::string type :
       {"code_execution_20250522", "code_execution_20250825", "code_execution_20260120",
        "code_execution_20260521", "web_search_20250305", "web_search_20260209", "web_search_20260318",
        "web_fetch_20250910", "web_fetch_20260209", "web_fetch_20260309", "web_fetch_20260318",
        "advisor_20260301", "tool_search_tool_bm25_20251119", "tool_search_tool_regex_20251119",
        "tool_search_tool_bm25", "mcp_toolset", "brand_new"})
    tools.push_back({R"({"type":")" + type + R"(","name":"f"})", ""});
  check_tools(kMessages, tools);
}

struct Parameter {
  std::string text;
  char what;  // 'p' passes, 'h' hosted (refused or cut), '-' refused
};

void check_parameters(Dialect dialect, const std::vector<Parameter>& parameters) {
  for (const Parameter& parameter : parameters) {
    const std::string body = request("", parameter.text + R"(,"user_tag":"z")");
    const auto parsed = parse_request(dialect, body, {});
    const auto stripped = parse_request(dialect, body, {.strip_hosted_tools = true});
    EXPECT_EQ(parsed.has_value(), parameter.what == 'p') << parameter.text;
    EXPECT_EQ(stripped.has_value(), parameter.what != '-') << parameter.text;
    if (parsed) {
      EXPECT_EQ(parsed->write({}), body);
    } else {
      EXPECT_FALSE(parsed.error().where.empty());
      EXPECT_FALSE(parsed.error().hint.empty()) << parsed.error().text();
    }
    if (parameter.what == 'h' && stripped) {
      EXPECT_EQ(stripped->write({}), request("", R"("user_tag":"z")"));
    }
  }
}

TEST(ChatRequestShapes, Parameters) {
  check_parameters(
      kChat,
      {{R"("audio":{"voice":"a","format":"mp3"},"modalities":["text","audio"])", 'p'},
       {R"("function_call":"auto","logit_bias":{"1":2},"prediction":{"type":"content","content":"x"})", 'p'},
       {R"("moderation":{"model":"m","policy":{"input":{"mode":"score"}}})", 'p'},
       {R"("prompt_cache_options":{"mode":"implicit"},"store":true)", 'p'},
       {R"("stream_options":{"include_usage":true},"response_format":{"type":"text"})", 'p'},
       {R"("tool_choice":{"type":"allowed_tools","allowed_tools":{"mode":"auto","tools":[]}})", 'p'},
       {R"("some_new_number":7,"some_new_object":{"a":["b"]})", 'p'},
       {R"("web_search_options":{})", 'h'},
       {R"("web_search_options":null)", 'p'},
       {R"("plugins":[{"id":"web"}])", 'h'},
       {R"("plugins":[{"id":"web"}],"web_search_options":{},"mcp_servers":[{"url":"u"}])", 'h'},
       {R"("previous_response_id":"r")", '-'},
       {R"("conversation":{"id":"c"})", '-'},
       {R"("prompt":"x")", '-'},
       {R"("contents":[{"parts":[]}])", '-'},
       {R"("extra":{"a":{"tools":[]}})", '-'}});
}

TEST(MessagesRequestShapes, Parameters) {
  check_parameters(
      kMessages,
      {{R"("thinking":{"type":"enabled","budget_tokens":9},"betas":["x"],"metadata":{"user_id":"u"})", 'p'},
       {R"("context_management":{"edits":[{"type":"clear_tool_uses_20250919"}]},"output_config":{"effort":"low"})",
        'p'},
       {R"("fallbacks":"default")", 'p'},
       {R"("fallbacks":[{"model":"b","max_tokens":3}])", 'p'},
       {R"("fallbacks":[{"model":"b","tools":[]}])", '-'},
       {R"("compaction":{"type":"summarize","instructions":"i"})", 'p'},
       {R"("diagnostics":{"previous_message_id":"m"},"billing_policy":{"type":"billing_policy"})", 'p'},
       {R"("container":null,"mcp_servers":[])", 'p'},
       {R"("container":"c")", 'h'},
       {R"("mcp_servers":[{"type":"url","url":"u","name":"n"}])", 'h'},
       {R"("mcp_servers":[{"type":"url","url":"u","name":"n"}],"container":{"id":"c"})", 'h'},
       {R"("container":{"id":"c"},"mcp_servers":[{"type":"url","url":"u","name":"n"}])", 'h'},
       {R"("thread":{"type":"continue","previous_message_id":"m"})", '-'},
       {R"("thread":{"type":"create"})", '-'},
       {R"("documents":["x"])", '-'}});
}

TEST(RequestShapes, Malformed) {
  for (const Dialect dialect : {kChat, kMessages}) {
    for (const std::string body :
         {"", "[]", "{", R"({"model":"m"})", R"({"messages":[]})", R"({"model":7,"messages":[]})",
          R"({"model":"m","messages":{}})", R"({"model":"m","messages":[],"messages":[]})",
          R"({"model":"m","messages":[],"stream":"yes"})", R"({"model":"m","messages":[],"tools":{}})",
          R"({"model":"m","messages":[],"tools":["x"]})"})
      EXPECT_FALSE(parse_request(dialect, body, {}).has_value()) << body;
  }
  for (const std::string n : {"0", "-1", "1.5", "\"2\"", "129"})
    EXPECT_FALSE(parse_request(kChat, R"({"model":"m","messages":[],"n":)" + n + "}", {}).has_value()) << n;
}

TEST(RequestShapes, BoundsAtAndPast) {
  const auto many = [](size_t count, const std::string& item) {
    std::string all;
    for (size_t i = 0; i < count; ++i) all += (i == 0 ? "" : ",") + item;
    return all;
  };
  const std::string user = R"({"role":"user","content":"u"})";
  for (const Dialect dialect : {kChat, kMessages}) {
    EXPECT_TRUE(parse_request(dialect, request(many(limits::kMessagesMax, user)), {}).has_value());
    EXPECT_EQ(parse_request(dialect, request(many(limits::kMessagesMax + 1, user)), {}).error().code,
              Code::too_large);
    const std::string tool =
        dialect == kChat ? R"({"type":"function","function":{"name":"f"}})" : R"({"name":"f"})";
    const std::string call = dialect == kChat ? R"({"id":"1","function":{"name":"f","arguments":""}})"
                                              : R"({"type":"tool_use","id":"1","name":"f","input":{}})";
    const std::string key = dialect == kChat ? "tool_calls" : "content";
    for (const size_t more : {0, 1}) {
      EXPECT_EQ(
          parse_request(dialect, request("", "\"tools\":[" + many(limits::kToolsMax + more, tool) + "]"), {})
              .has_value(),
          more == 0);
      EXPECT_EQ(parse_request(dialect,
                              request(R"({"role":"assistant",")" + key + "\":[" +
                                      many(limits::kCallsPerTurnMax + more, call) + "]}"),
                              {})
                    .has_value(),
                more == 0);
    }
  }
  EXPECT_TRUE(parse_request(kChat, request("", R"("n":128)"), {}).has_value());
  EXPECT_EQ(parse_request(kChat, request("", R"("n":129)"), {}).error().code, Code::too_large);
}

TEST(RequestShapes, Edits) {
  const std::string a = R"({"role":"assistant","content":"a"})";
  const std::string u = R"({"role":"user","content":"u"})";
  const std::string blocks = R"({"role":"user", "content" : [ {"type":"text","text":"b"}]})";
  const auto parsed = parse_request(kMessages, request(a + " , " + u + "," + blocks, R"("system":"s")"), {});
  ASSERT_TRUE(parsed.has_value());
  using Kind = Edit::Kind;
  EXPECT_EQ(parsed->write({.edits = {{Kind::replace, 1, "1,2"},
                                     {Kind::insert_after, 1, "3"},
                                     {Kind::prepend_blocks, 2, "4"},
                                     {Kind::prepend_blocks, 3, "5"}}}),
            request(R"(1,2,3 , {"role":"user","content":[4,{"type":"text","text":"u"}]},)"
                    R"({"role":"user", "content" : [5, {"type":"text","text":"b"}]})",
                    R"("system":"s")"));
  EXPECT_EQ(parsed->write({.edits = {{Kind::replace, 9, "X"}}}), parsed->write({}));
  for (const std::string empty : {R"("")", R"(" \n")", "[]"}) {
    const auto silent = parse_request(kMessages, request(R"({"role":"user","content":)" + empty + "}"), {});
    EXPECT_EQ(silent->write({.edits = {{Kind::prepend_blocks, 0, "4"}}}),
              request(R"({"role":"user","content":[4]})"));
  }
}

TEST(ErrorShapes, EachCodeHasItsShape) {
  for (const Code code : {Code::bad_input, Code::too_large, Code::denied, Code::not_found, Code::unsupported,
                          Code::unavailable, Code::timed_out, Code::internal}) {
    const Error error{code, "says \"why\"\n", "/messages/0", "do this"};
    EXPECT_GE(http_status(error), 400);
    for (const Dialect dialect : {kChat, kMessages}) {
      const auto body = json::parse(error_body(dialect, error));
      ASSERT_TRUE(body.has_value());
      EXPECT_TRUE((*body)["error"]["message"].string_or("").starts_with("weir: "));
      EXPECT_TRUE((*body)["error"]["type"].is_string());
      EXPECT_EQ((*body)["type"].string_or(""), dialect == kMessages ? "error" : "");
      const std::string event = error_event(dialect, error);
      EXPECT_EQ(event.find('\n' + std::string("\n")), event.size() - 2);
    }
  }
}

}  // namespace
}  // namespace weir::wire
