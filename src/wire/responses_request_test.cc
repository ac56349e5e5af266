// Requests of Responses: every item, part, tool and parameter of the published schema (2026-11), on purpose.
#include <gtest/gtest.h>

#include "base/limits.h"
#include "wire/dialect.h"

namespace weir::wire {
namespace {

using exchange::Call;
using exchange::Dialect;
using exchange::Media;
using exchange::Message;
using exchange::Part;
using exchange::Result;
using exchange::Role;
using exchange::Text;
using exchange::Thinking;

weir::Result<ParsedRequest> parse(const std::string& members, const Options& options = {}) {
  return parse_request(Dialect::responses, R"({"model":"m",)" + members + "}", options);
}
ParsedRequest items(const std::string& list, const Options& options = {}) {
  auto parsed = parse("\"input\":[" + list + "]", options);
  EXPECT_TRUE(parsed.has_value()) << list << (parsed ? "" : parsed.error().text());
  return parsed ? std::move(*parsed) : ParsedRequest();
}
std::string refused(const std::string& members, const Options& options = {}) {
  const auto parsed = parse(members, options);
  return parsed ? "" : parsed.error().text();
}

// A part in short: what it is, and its text.
std::string brief(const Part& part) {
  if (const auto* text = std::get_if<Text>(&part)) return "text " + text->text;
  if (const auto* thinking = std::get_if<Thinking>(&part))
    return "thinking " + thinking->text + (thinking->sealed.empty() ? "" : "/" + thinking->sealed);
  if (const auto* media = std::get_if<Media>(&part)) return "media " + media->text;
  if (const auto* call = std::get_if<Call>(&part))
    return (call->is_json ? "call " : "custom ") + call->id + " " + call->name + " " + call->arguments;
  const auto& result = std::get<Result>(part);
  std::string all = (result.is_error ? "error " : "result ") + result.call_id;
  for (const std::string& text : result.texts) all += " " + text;
  return all + (result.media > 0 ? " +" + std::to_string(result.media) : "");
}
std::string brief(const Message& message) {
  static constexpr std::string_view kRoles[] = {"operator", "user", "planner", "tool"};
  std::string all(kRoles[static_cast<size_t>(message.role)]);
  for (const Part& part : message.parts) all += " | " + brief(part);
  return all;
}

TEST(ResponsesRequest, EveryItemTypeIsKnown) {
  struct Row {
    std::string item;
    std::string brief;  // empty: refused
  };
  for (
      const Row& row : std::vector<Row>{
          {R"({"role":"user","content":"hi"})", "user | text hi"},
          {R"({"type":"message","role":"system","content":"hi"})", "operator | text hi"},
          {R"({"role":"developer","content":[{"type":"input_text","text":"hi"}]})", "operator | text hi"},
          {R"({"role":"assistant","content":"hi","phase":"commentary"})", "planner | text hi"},
          {R"({"type":"message","id":"m","status":"completed","role":"assistant","content":[)"
           R"({"type":"output_text","text":"a","annotations":[]},{"type":"refusal","refusal":"b"}]})",
           "planner | text a | text b"},
          {R"({"role":"assistant","content":[{"type":"output_text","text":"a","annotations":[{"type":"url_citation","title":"T","url":"U","start_index":0}]}]})",
           "planner | text a | media T\nU"},
          {R"({"role":"user","content":[{"type":"input_image","image_url":"https://x/y.png"},{"type":"input_image","file_id":"f"}]})",
           "user | media https://x/y.png | media f"},
          {R"({"role":"user","content":[{"type":"input_file","filename":"a.pdf","file_data":"QUFB"},{"type":"input_file","file_url":"https://x"}]})",
           "user | media a.pdf | media https://x"},
          {R"({"role":"user","content":[{"type":"input_audio","input_audio":{"data":"QUFB","format":"mp3"}}]})",
           "user | media "},
          {R"({"role":"oracle","content":"hi"})", ""},
          {R"({"role":"user","content":[{"type":"brand_new","text":"x"}]})", ""},
          {R"({"type":"reasoning","id":"r","summary":[{"type":"summary_text","text":"s"}],"content":[{"type":"reasoning_text","text":"c"}]})",
           "planner | thinking s\nc"},
          {R"({"type":"reasoning","id":"r","summary":[],"encrypted_content":"e"})", "planner | thinking /e"},
          {R"({"type":"function_call","call_id":"c","name":"f","arguments":"{}"})", "planner | call c f {}"},
          {R"({"type":"function_call","id":"i","call_id":"c","namespace":"mcp__weir","name":"files__read","arguments":"{}","status":"completed","caller":{"type":"direct"}})",
           "planner | call c mcp__weir__files__read {}"},
          {R"({"type":"function_call","call_id":"c","namespace":"crm","name":"find","arguments":"{}"})",
           "planner | call c crm.find {}"},
          {R"({"type":"custom_tool_call","call_id":"c","name":"apply_patch","input":"*** Begin"})",
           "planner | custom c apply_patch *** Begin"},
          {R"({"type":"shell_call","call_id":"c","action":{"commands":["ls"]},"environment":{"type":"local"}})",
           R"(planner | call c shell {"commands":["ls"]})"},
          {R"({"type":"local_shell_call","id":"i","call_id":"c","status":"completed","action":{"type":"exec","command":["ls"],"env":{}}})",
           R"(planner | call c local_shell {"type":"exec","command":["ls"],"env":{}})"},
          {R"({"type":"apply_patch_call","call_id":"c","status":"completed","operation":{"type":"delete_file","path":"p"}})",
           R"(planner | call c apply_patch {"type":"delete_file","path":"p"})"},
          {R"({"type":"computer_call","id":"i","call_id":"c","pending_safety_checks":[],"status":"completed","action":{"type":"click","x":1}})",
           R"(planner | call c computer {"action":{"type":"click","x":1}})"},
          {R"({"type":"computer_call","id":"i","call_id":"c","status":"completed","actions":[{"type":"type","text":"x"}]})",
           R"(planner | call c computer {"actions":[{"type":"type","text":"x"}]})"},
          {R"({"type":"tool_search_call","call_id":"c","execution":"client","arguments":{"q":"x"}})",
           R"(planner | call c tool_search {"q":"x"})"},
          {R"({"type":"tool_search_call","call_id":null,"execution":"server","arguments":{"q":"x"}})",
           "planner | media server\nx"},
          {R"({"type":"function_call_output","call_id":"c","output":"done"})", "tool | result c done"},
          {R"({"type":"function_call_output","call_id":"c","output":[{"type":"input_text","text":"a"},{"type":"input_image","image_url":"u"},{"type":"input_file","filename":"n"}]})",
           "tool | result c a n +2"},
          {R"({"type":"function_call_output","call_id":"c","output":[{"type":"brand_new"}]})", ""},
          {R"({"type":"custom_tool_call_output","call_id":"c","output":"done"})", "tool | result c done"},
          {R"({"type":"shell_call_output","call_id":"c","output":[{"stdout":"o","stderr":"e","outcome":{"type":"exit","exit_code":0}}]})",
           "tool | result c o e"},
          {R"({"type":"local_shell_call_output","id":"c","output":"o"})", "tool | result c o"},
          {R"({"type":"apply_patch_call_output","call_id":"c","status":"failed","output":"o"})",
           "tool | error c o"},
          {R"({"type":"apply_patch_call_output","call_id":"c","status":"completed"})", "tool | result c"},
          {R"({"type":"computer_call_output","call_id":"c","output":{"type":"computer_screenshot","image_url":"data:x"}})",
           "tool | result c +1"},
          {R"({"type":"tool_search_output","call_id":"c","execution":"client","tools":[{"type":"function","name":"late","parameters":{}}]})",
           "operator"},
          {R"({"type":"additional_tools","role":"developer","tools":[{"type":"function","name":"late","parameters":{}}]})",
           "operator"},
          {R"({"type":"compaction","encrypted_content":"e"})", "planner | media e"},
          {R"({"type":"compaction_trigger"})", "operator"},
          {R"({"type":"web_search_call","id":"w","status":"completed","action":{"type":"search","query":"q"}})",
           "planner | media w\ncompleted\nq"},
          {R"({"type":"image_generation_call","id":"g","status":"completed","result":"QUFB"})",
           "planner | media "},
          {R"({"type":"item_reference","id":"x"})", ""},
          {R"({"id":"x"})", ""},
          {R"({"type":"mcp_approval_response","approval_request_id":"a","approve":true})", ""},
          {R"({"type":"brand_new","x":1})", ""},
          {R"({})", ""},
          {R"("text")", ""},
          {R"({"role":"user","content":"hi","documents":[{"text":"x"}]})", ""},
          {R"({"type":"function_call","call_id":"c","name":"f","arguments":{}})", ""},
          {R"({"type":"function_call","name":"f","arguments":"{}"})", ""},
      }) {
    const auto parsed = parse("\"input\":[" + row.item + "]");
    ASSERT_EQ(parsed.has_value(), !row.brief.empty()) << row.item << (parsed ? "" : parsed.error().text());
    if (!parsed) {
      EXPECT_TRUE(parsed.error().where.starts_with("/input/0")) << row.item << parsed.error().where;
      continue;
    }
    ASSERT_EQ(parsed->request.messages.size(), 1U) << row.item;
    EXPECT_EQ(brief(parsed->request.messages[0]), row.brief) << row.item;
    ASSERT_EQ(parsed->places[0].size(), parsed->request.messages[0].parts.size()) << row.item;
    EXPECT_EQ(parsed->write({}), R"({"model":"m","input":[)" + row.item + "]}");
  }
  // What the provider ran is the planner's, with the worst label; an unknown item too, where that is let
  // pass.
  for (const std::string type : {"file_search_call", "code_interpreter_call", "mcp_call", "mcp_list_tools",
                                 "mcp_approval_request", "program", "program_output"})
    EXPECT_TRUE(brief(items(R"({"type":")" + type + R"(","id":"x"})").request.messages[0])
                    .starts_with("planner | media "));
  EXPECT_EQ(
      brief(items(R"({"type":"brand_new","x":1})", {.unknown_items_untrusted = true}).request.messages[0]),
      R"(planner | media {"type":"brand_new","x":1})");
}

TEST(ResponsesRequest, ARunOfThePlannersItemsIsOneMessage) {
  const ParsedRequest parsed = items(
      R"({"role":"developer","content":"d"},{"role":"user","content":"u"},{"type":"reasoning","summary":[]},)"
      R"({"role":"assistant","content":"a"},{"type":"function_call","call_id":"1","name":"f","arguments":"{}"},)"
      R"({"type":"function_call","call_id":"2","name":"f","arguments":"{}"},)"
      R"({"type":"function_call_output","call_id":"1","output":"x"},{"type":"function_call_output","call_id":"2","output":"y"},)"
      R"({"role":"assistant","content":"b"},{"role":"user","content":"v"})");
  std::string all;
  for (const Message& message : parsed.request.messages) all += brief(message) + "\n";
  EXPECT_EQ(all,
            "operator | text d\nuser | text u\nplanner | thinking  | text a | call 1 f {} | call 2 f {}\n"
            "tool | result 1 x | result 2 y\nplanner | text b\nuser | text v\n");
  EXPECT_EQ(parsed.wire_index, (std::vector<size_t>{0, 1, 2, 6, 8, 9}));
}

TEST(ResponsesRequest, InstructionsAndInput) {
  const auto both = parse(R"("instructions":"i","input":"u")");
  ASSERT_TRUE(both.has_value());
  EXPECT_EQ(brief(both->request.messages.at(0)), "operator | text i");
  EXPECT_EQ(brief(both->request.messages.at(1)), "user | text u");
  EXPECT_EQ(both->write({.parts = {{0, 0, "j\""}, {1, 0, "w"}}}),
            R"({"model":"m","instructions":"j\"","input":"w"})");
  EXPECT_TRUE(parse(R"("instructions":null)").has_value());
  EXPECT_NE(refused(R"("instructions":["x"])"), "");
  EXPECT_NE(refused(R"("input":{"x":1})"), "");
  EXPECT_NE(refused(R"("stream":"yes")"), "");
  EXPECT_FALSE(parse_request(Dialect::responses, R"({"input":"x"})", {}).has_value());
}

TEST(ResponsesRequest, ParametersOfTheSchema) {
  for (const std::string pass :
       {R"("background":false)",
        R"("background":null)",
        R"("context_management":[{"type":"compaction","compact_threshold":1000}])",
        R"("conversation":null)",
        R"("include":["reasoning.encrypted_content"])",
        R"("max_output_tokens":9)",
        R"("metadata":{"text":"x"})",
        R"("moderation":{"model":"m"})",
        R"("parallel_tool_calls":true)",
        R"("previous_response_id":null)",
        R"("prompt":null)",
        R"("prompt_cache_key":"k")",
        R"("prompt_cache_options":{"ttl":"30m"})",
        R"("prompt_cache_retention":"24h")",
        R"("reasoning":{"summary":"auto"})",
        R"("safety_identifier":"s")",
        R"("service_tier":"auto")",
        R"("store":true)",
        R"("store":false)",
        R"("stream_options":{"include_obfuscation":false})",
        R"("temperature":1)",
        R"("text":{"format":{"type":"json_schema","name":"n","schema":{"properties":{"content":{}}}}})",
        R"("tool_choice":"auto")",
        R"("top_logprobs":2)",
        R"("top_p":1)",
        R"("truncation":"auto")",
        R"("user":"u")",
        R"("max_tool_calls":3)",
        R"("client_metadata":{"session_id":"s"})",
        R"("some_number":3)"})
    EXPECT_EQ(refused(pass), "") << pass;
  for (const std::string no :
       {R"("background":true)", R"("background":"yes")", R"("conversation":"c")",
        R"("conversation":{"id":"c"})", R"("previous_response_id":"r")", R"("prompt":{"id":"p"})",
        R"("mcp_servers":[{"url":"x"}])", R"("documents":[{"text":"x"}])", R"("messages":[])"})
    EXPECT_NE(refused(no), "") << no;
}

TEST(ResponsesRequest, EveryToolTypeIsKnown) {
  struct Row {
    std::string tool;
    std::string names;  // of the tools that it is; empty: the provider's
  };
  const std::string function =
      R"({"type":"function","name":"f","description":"d","parameters":{"type":"object"}})";
  for (
      const Row& row : std::vector<Row>{
          {function, "f"},
          {R"({"type":"custom","name":"c","format":{"type":"grammar","syntax":"lark","definition":"x"}})",
           "c"},
          {R"({"type":"namespace","name":"crm","description":"n","tools":[{"type":"function","name":"find"},{"type":"custom","name":"say"}]})",
           "crm.find crm.say"},
          {R"({"type":"namespace","name":"mcp__weir","tools":[)" + function + "]}", "mcp__weir__f"},
          {R"({"type":"namespace","name":"mcp__weir__","tools":[)" + function + "]}", "mcp__weir__f"},
          {R"({"type":"shell"})", "shell"},
          {R"({"type":"shell","environment":{"type":"local"}})", "shell"},
          {R"({"type":"local_shell"})", "local_shell"},
          {R"({"type":"apply_patch"})", "apply_patch"},
          {R"({"type":"computer"})", "computer"},
          {R"({"type":"computer_use_preview","display_width":1,"display_height":1,"environment":"linux"})",
           "computer"},
          {R"({"type":"tool_search","execution":"client","description":"d","parameters":{}})", "tool_search"},
          {R"({"type":"tool_search"})", ""},
          {R"({"type":"shell","environment":{"type":"container_auto"}})", ""},
          {R"({"type":"shell","environment":{"type":"container_reference","container_id":"c"}})", ""},
          {R"({"type":"file_search","vector_store_ids":[]})", ""},
          {R"({"type":"web_search"})", ""},
          {R"({"type":"web_search_2025_08_26"})", ""},
          {R"({"type":"web_search_preview"})", ""},
          {R"({"type":"mcp","server_label":"s","server_url":"https://x"})", ""},
          {R"({"type":"code_interpreter","container":"c"})", ""},
          {R"({"type":"image_generation"})", ""},
          {R"({"type":"programmatic_tool_calling"})", ""},
          {R"({"type":"brand_new"})", ""},
      }) {
    for (const bool late : {false, true}) {
      const std::string list = "\"tools\":[" + row.tool + "]";
      const std::string members =
          late ? R"("input":[{"type":"additional_tools","role":"developer",)" + list + "}]" : list;
      const auto parsed = parse(members);
      const auto stripped = parse(members, {.strip_hosted_tools = true});
      ASSERT_TRUE(stripped.has_value()) << row.tool;
      ASSERT_EQ(parsed.has_value(), !row.names.empty()) << row.tool;
      if (!parsed) {
        EXPECT_EQ(parsed.error().hint, "remove it, or set hosted_tools = \"strip\" in weir.toml");
        EXPECT_EQ(stripped->write({}).find(row.tool), std::string::npos);
        continue;
      }
      std::string names;
      for (const exchange::Tool& tool : parsed->request.tools)
        names += (names.empty() ? "" : " ") + tool.name;
      EXPECT_EQ(names, row.names);
      EXPECT_EQ(stripped->write({}), R"({"model":"m",)" + members + "}");
    }
  }
  EXPECT_NE(refused(R"("tools":[{"type":"namespace","name":"n","tools":[{"type":"web_search"}]}])"), "");
  EXPECT_NE(refused(R"("tools":[{"name":"f"}])"), "");
}

TEST(ResponsesRequest, TwoToolsOfOneNameAreRefused) {
  const std::string crm = R"({"type":"namespace","name":"crm","tools":[{"type":"function","name":"find"}]})";
  const std::string dotted = R"({"type":"function","name":"crm.find"})";
  EXPECT_NE(refused("\"tools\":[" + crm + "," + dotted + "]").find("two tools have the name"),
            std::string::npos);
  EXPECT_NE(refused(R"("tools":[{"type":"shell"},{"type":"function","name":"shell"}])"), "");
  // The same one, twice, is one.
  EXPECT_EQ(refused("\"tools\":[" + crm + "," + crm + "]"), "");
}

TEST(ResponsesRequest, WrittenWithChanges) {
  const std::string list =
      R"({"role":"user","content":"u"},{"type":"reasoning","id":"r","summary":[],"encrypted_content":"e"},)"
      R"({"type":"function_call","call_id":"1","name":"f","arguments":"{}"},)"
      R"({"type":"shell_call","call_id":"2","action":{"commands":["ls"]}},)"
      R"({"type":"apply_patch_call","call_id":"3","operation":{"type":"delete_file","path":"p"}},)"
      R"({"type":"function_call_output","call_id":"1","output":[{"type":"input_text","text":"o"}]},)"
      R"({"type":"shell_call_output","call_id":"2","output":[{"stdout":"o","stderr":"","outcome":{"type":"timeout"}}]},)"
      R"({"type":"apply_patch_call_output","call_id":"3","status":"failed"},)"
      R"({"role":"user","content":[{"type":"input_image","image_url":"u"},{"type":"input_text","text":"t"}]},)"
      R"({"role":"assistant","content":[{"type":"output_text","text":"a","annotations":[{"url":"U"}]}]})";
  const ParsedRequest parsed = items(list);
  ASSERT_EQ(parsed.request.messages.size(), 5U);
  const std::string out = parsed.write({.parts = {{1, 0, "(gone)"},
                                                  {1, 1, R"({"a":1})"},
                                                  {1, 2, R"({"arguments":"{{1}}"})"},
                                                  {1, 3, R"({"type":"delete_file","path":"q"})"},
                                                  {2, 0, "ref 1"},
                                                  {2, 1, "ref 2"},
                                                  {2, 2, "ref 3"},
                                                  {3, 0, "ref 4"},
                                                  {4, 1, "ref 5"}},
                                        .tools = {{exchange::ToolKind::function, "weir_ask", "asks", "{}"}}});
  const auto again = parse_request(Dialect::responses, out, {});
  ASSERT_TRUE(again.has_value()) << out;
  std::string all;
  for (const Message& message : again->request.messages) all += brief(message) + "\n";
  EXPECT_EQ(all,
            "user | text u\n"
            "planner | text (gone) | call 1 f {\"a\":1} | call 2 shell "
            "{\"commands\":[\"{\\\"arguments\\\":\\\"{{1}}\\\"}\"]} | call 3 apply_patch "
            "{\"type\":\"delete_file\",\"path\":\"q\"}\n"
            "tool | result 1 ref 1 | result 2 ref 2 | result 3 ref 3\n"
            "user | text ref 4 | text t\nplanner | text a | text ref 5\n");
  EXPECT_EQ(out.find("timeout"), std::string::npos);
  EXPECT_EQ(out.find("failed"), std::string::npos);
  EXPECT_NE(
      out.find(
          R"("tools":[{"type":"function","name":"weir_ask","description":"asks","parameters":{},"strict":false}])"),
      std::string::npos)
      << out;
  // A planner's message goes as a whole, however many items it has.
  using Kind = Edit::Kind;
  const std::string replaced =
      parsed.write({.edits = {{Kind::replace, 1, R"({"role":"assistant","content":"own"})"},
                              {Kind::insert_after, 1, R"({"role":"developer","content":"more"})"},
                              {Kind::insert_after, 4, R"({"role":"user","content":"last"})"}}});
  const auto whole = parse_request(Dialect::responses, replaced, {});
  ASSERT_TRUE(whole.has_value()) << replaced;
  ASSERT_EQ(whole->request.messages.size(), 7U);
  EXPECT_EQ(brief(whole->request.messages[1]), "planner | text own");
  EXPECT_EQ(brief(whole->request.messages[2]), "operator | text more");
  EXPECT_EQ(brief(whole->request.messages[6]), "user | text last");
}

TEST(ResponsesRequest, AComputersActionCannotKeepWhatItSaid) {
  for (const std::string action :
       {R"("action":{"type":"type","text":"SECRET"})", R"("actions":[{"type":"type","text":"SECRET"}])"}) {
    const ParsedRequest parsed = items(R"({"type":"computer_call","id":"i","call_id":"c",)" + action + "}");
    const std::string out = parsed.write({.parts = {{0, 0, R"({"arguments":"ref"})"}}});
    EXPECT_EQ(out.find("SECRET"), std::string::npos) << out;
    EXPECT_NE(out.find("ref"), std::string::npos) << out;
    EXPECT_TRUE(parse_request(Dialect::responses, out, {}).has_value()) << out;
  }
}

TEST(ResponsesRequest, AScreenshotIsReplacedByABlankOne) {
  const ParsedRequest parsed = items(
      R"({"type":"computer_call_output","call_id":"c","output":{"type":"computer_screenshot","image_url":"SECRET"},)"
      R"("acknowledged_safety_checks":[{"id":"SECRET"}]})");
  const std::string out = parsed.write({.parts = {{0, 0, "ref"}}});
  EXPECT_EQ(out.find("SECRET"), std::string::npos) << out;
  EXPECT_TRUE(parse_request(Dialect::responses, out, {}).has_value());
}

TEST(ResponsesRequest, ALocalShellsResultNamesItsCallByItsItem) {
  const ParsedRequest parsed =
      items(R"({"type":"local_shell_call","id":"item","call_id":"call","action":{"command":["ls"]}},)"
            R"({"type":"local_shell_call_output","id":"item","output":"o"})");
  EXPECT_EQ(brief(parsed.request.messages[1]), "tool | result call o");
}

TEST(ResponsesRequest, AtTheLimitsAndPast) {
  const auto many = [](size_t count, const std::string& item) {
    std::string all;
    for (size_t i = 0; i < count; ++i) all += (all.empty() ? "" : ",") + item;
    return all;
  };
  const std::string user = R"({"role":"user","content":""})";
  EXPECT_EQ(refused("\"input\":[" + many(limits::kMessagesMax, user) + "]"), "");
  EXPECT_NE(refused("\"input\":[" + many(limits::kMessagesMax + 1, user) + "]"), "");
  const std::string call = R"({"type":"function_call","call_id":"c","name":"f","arguments":"{}"})";
  EXPECT_EQ(refused("\"input\":[" + many(limits::kCallsPerTurnMax, call) + "]"), "");
  EXPECT_NE(refused("\"input\":[" + many(limits::kCallsPerTurnMax + 1, call) + "]"), "");
  const std::string tool = R"({"type":"function","name":"f"})";
  EXPECT_EQ(refused("\"tools\":[" + many(limits::kToolsMax, tool) + "]"), "");
  EXPECT_NE(refused("\"tools\":[" + many(limits::kToolsMax + 1, tool) + "]"), "");
  const std::string inner = R"({"type":"namespace","name":"n","tools":[)";
  EXPECT_EQ(refused("\"tools\":[" + inner + many(limits::kToolsMax, tool) + "]}]"), "");
  EXPECT_NE(refused("\"tools\":[" + inner + many(limits::kToolsMax + 1, tool) + "]}]"), "");
}

}  // namespace
}  // namespace weir::wire
