// docs/any-to-any.md says what each pair carries; this asks the code. With WEIR_WRITE_DOCS set it writes the
// page's tables anew.
#include <gtest/gtest.h>
#include <stdlib.h>

#include <fstream>
#include <sstream>

#include "wire/translate/translate.h"

namespace weir::wire::translate {
namespace {

using exchange::Dialect;

constexpr Dialect kClients[] = {Dialect::chat_completions, Dialect::messages, Dialect::responses,
                                Dialect::ollama, Dialect::gemini};
constexpr Dialect kUpstreams[] = {Dialect::chat_completions, Dialect::messages, Dialect::responses,
                                  Dialect::ollama, Dialect::gemini};

struct Probe {
  const char* what;
  const char* more;      // members of the request
  const char* messages;  // in place of one user message; nullptr: that
};

const std::vector<Probe> kChat = {
    {"`system`, `developer`; several texts in a message", "",
     R"({"role":"system","content":"a"},{"role":"user","content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]},{"role":"developer","content":"c"})"},
    {"functions, parallel calls, their results", R"("tools":[{"type":"function","function":{"name":"f"}}])",
     R"({"role":"user","content":"a"},{"role":"assistant","tool_calls":[{"id":"a","type":"function","function":{"name":"f","arguments":"{}"}},{"id":"b","type":"function","function":{"name":"f","arguments":"{}"}}]},{"role":"tool","tool_call_id":"a","content":"x"},{"role":"tool","tool_call_id":"b","content":"y"})"},
    {"custom tools (as a function with one text)", R"("tools":[{"type":"custom","custom":{"name":"f"}}])",
     nullptr},
    {"`functions`, `function_call`", R"("functions":[{"name":"f"}])", nullptr},
    {"picture, by its bytes or its address", "",
     R"({"role":"user","content":[{"type":"image_url","image_url":{"url":"data:image/png;base64,AAAA"}},{"type":"image_url","image_url":{"url":"https://a.example/b.png"}}]})"},
    {"file, by its bytes", "",
     R"({"role":"user","content":[{"type":"file","file":{"filename":"a.pdf","file_data":"data:application/pdf;base64,AAAA"}}]})"},
    {"file, by its id", "", R"({"role":"user","content":[{"type":"file","file":{"file_id":"f"}}]})"},
    {"sound, video", "",
     R"({"role":"user","content":[{"type":"input_audio","input_audio":{"data":"AA","format":"wav"}}]})"},
    {"`modalities` with sound", R"("modalities":["text","audio"])", nullptr},
    {"`n` above 1", R"("n":2)", nullptr},
    {"`tool_choice` auto, none, required, one tool",
     R"("tool_choice":"required","tools":[{"type":"function","function":{"name":"f"}}])", nullptr},
    {"`tool_choice` of allowed tools", R"("tool_choice":{"type":"allowed_tools"})", nullptr},
    {"`parallel_tool_calls`",
     R"("parallel_tool_calls":false,"tools":[{"type":"function","function":{"name":"f"}}])", nullptr},
    {"`max_tokens`, `max_completion_tokens`, `temperature` up to 1, `top_p`",
     R"("max_tokens":5,"temperature":1,"top_p":0.5)", nullptr},
    {"`temperature` above 1", R"("temperature":1.5)", nullptr},
    {"`stop`", R"("stop":["x"])", nullptr},
    {"`seed`, penalties", R"("seed":1)", nullptr},
    {"`response_format` with a schema",
     R"("response_format":{"type":"json_schema","json_schema":{"name":"a","schema":{}}})", nullptr},
    {"`response_format` of any JSON object", R"("response_format":{"type":"json_object"})", nullptr},
    {"`reasoning_effort` low and above", R"("reasoning_effort":"low")", nullptr},
    {"`verbosity`, `prompt_cache_key`", R"("verbosity":"low","prompt_cache_key":"k")", nullptr},
    {"`user`", R"("user":"u")", nullptr},
    {"`logprobs`, `logit_bias`, `metadata`, `service_tier`, unknown settings", R"("logprobs":true)", nullptr},
};

const std::vector<Probe> kMessages = {
    {"`system`, system messages further on; several texts in a message",
     R"("system":[{"type":"text","text":"a"}])",
     R"({"role":"user","content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]},{"role":"system","content":"c"})"},
    {"tools, parallel calls, their results", R"("tools":[{"name":"f","input_schema":{}}])",
     R"({"role":"user","content":"a"},{"role":"assistant","content":[{"type":"tool_use","id":"a","name":"f","input":{}}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"a","content":"x"}]})"},
    {"`is_error` of a result (its text is carried)", "",
     R"({"role":"assistant","content":[{"type":"tool_use","id":"a","name":"f","input":{}}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"a","content":"x","is_error":true}]})"},
    {"`bash_…`, `text_editor_…`, `computer_…`, `memory_…` tools",
     R"("tools":[{"type":"bash_20250124","name":"bash"}])", nullptr},
    {"picture of a person's", "",
     R"({"role":"user","content":[{"type":"image","source":{"type":"base64","media_type":"image/png","data":"AAAA"}},{"type":"image","source":{"type":"url","url":"https://a.example/b.png"}}]})"},
    {"picture in a result", "",
     R"({"role":"assistant","content":[{"type":"tool_use","id":"a","name":"f","input":{}}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"a","content":[{"type":"image","source":{"type":"base64","media_type":"image/png","data":"AAAA"}}]}]})"},
    {"document, by its bytes or its text", "",
     R"({"role":"user","content":[{"type":"document","source":{"type":"base64","media_type":"application/pdf","data":"AAAA"}}]})"},
    {"document, by its address", "",
     R"({"role":"user","content":[{"type":"document","source":{"type":"url","url":"https://a.example/b.pdf"}}]})"},
    {"document, search result, file by its id", "",
     R"({"role":"user","content":[{"type":"search_result","source":"a","title":"b","content":[]}]})"},
    {"blocks of hosted tools, `compaction`", "",
     R"({"role":"assistant","content":[{"type":"compaction","content":"a"}]})"},
    {"thinking in the history (its signature never)", "",
     R"({"role":"assistant","content":[{"type":"thinking","thinking":"a","signature":"s"},{"type":"text","text":"b"}]})"},
    {"`thinking`", R"("thinking":{"type":"adaptive"})", nullptr},
    {"`output_config.effort`", R"("output_config":{"effort":"low"})", nullptr},
    {"`output_config.format` with a schema",
     R"("output_config":{"format":{"type":"json_schema","schema":{}}})", nullptr},
    {"`tool_choice`, `disable_parallel_tool_use`",
     R"("tool_choice":{"type":"any","disable_parallel_tool_use":true},"tools":[{"name":"f","input_schema":{}}])",
     nullptr},
    {"`max_tokens`, `temperature`, `top_p`", R"("temperature":0.5)", nullptr},
    {"`stop_sequences`", R"("stop_sequences":["x"])", nullptr},
    {"`top_k`", R"("top_k":5)", nullptr},
    {"`metadata.user_id` up to 64 characters", R"("metadata":{"user_id":"u"})", nullptr},
    {"`cache_control`", R"("system":[{"type":"text","text":"a","cache_control":{"type":"ephemeral"}}])",
     nullptr},
    {"`context_management`, `service_tier`, unknown settings", R"("context_management":{})", nullptr},
};

const std::vector<Probe> kResponses = {
    {"`instructions`; messages of `system`, `developer`", R"("instructions":"a")",
     R"({"role":"developer","content":"a"},{"role":"user","content":[{"type":"input_text","text":"a"},{"type":"input_text","text":"b"}]})"},
    {"functions, also in a namespace, parallel calls, their results",
     R"("tools":[{"type":"function","name":"f"},{"type":"namespace","name":"n","tools":[{"type":"function","name":"g"}]}])",
     R"({"type":"function_call","call_id":"a","name":"f","arguments":"{}"},{"type":"function_call_output","call_id":"a","output":"x"})"},
    {"custom tools (as a function with one text)", R"("tools":[{"type":"custom","name":"f"}])",
     R"({"type":"custom_tool_call","call_id":"a","name":"f","input":"x"},{"type":"custom_tool_call_output","call_id":"a","output":"y"})"},
    {"`shell`, `local_shell`, `apply_patch`, `computer`, `tool_search`",
     R"("tools":[{"type":"local_shell"}])", nullptr},
    {"picture of a person's", "",
     R"({"role":"user","content":[{"type":"input_image","image_url":"data:image/png;base64,AAAA"}]})"},
    {"picture in a result", "",
     R"({"type":"function_call","call_id":"a","name":"f","arguments":"{}"},{"type":"function_call_output","call_id":"a","output":[{"type":"input_image","image_url":"data:image/png;base64,AAAA"}]})"},
    {"file, by its bytes", "",
     R"({"role":"user","content":[{"type":"input_file","filename":"a.pdf","file_data":"data:application/pdf;base64,AAAA"}]})"},
    {"file, by its address", "",
     R"({"role":"user","content":[{"type":"input_file","file_url":"https://a.example/b.pdf"}]})"},
    {"file or picture, by its id", "", R"({"role":"user","content":[{"type":"input_file","file_id":"f"}]})"},
    {"items of hosted tools, `compaction`, `additional_tools`", "",
     R"({"type":"web_search_call","id":"w","status":"completed"})"},
    {"reasoning in the history (what is sealed in it never)", "",
     R"({"type":"reasoning","id":"r","summary":[{"type":"summary_text","text":"a"}]},{"role":"assistant","content":"b"})"},
    {"`previous_response_id`, `store` (weir keeps it)", R"("store":true)", nullptr},
    {"`reasoning.effort` low and above", R"("reasoning":{"effort":"low"})", nullptr},
    {"`reasoning.summary`, `include`", R"("include":["reasoning.encrypted_content"])", nullptr},
    {"`text.format` with a schema", R"("text":{"format":{"type":"json_schema","name":"a","schema":{}}})",
     nullptr},
    {"`tool_choice` auto, none, required, one tool; `parallel_tool_calls`",
     R"("tool_choice":"required","tools":[{"type":"function","name":"f"}])", nullptr},
    {"`tool_choice` of allowed tools", R"("tool_choice":{"type":"allowed_tools"})", nullptr},
    {"`max_output_tokens`, `temperature` up to 1, `top_p`", R"("max_output_tokens":5,"temperature":1)",
     nullptr},
    {"`text.verbosity`, `prompt_cache_key`", R"("text":{"verbosity":"low"},"prompt_cache_key":"k")", nullptr},
    {"`metadata`, `truncation`, `service_tier`, unknown settings", R"("metadata":{})", nullptr},
};

const std::vector<Probe> kOllama = {
    {"`system`, `user`, `assistant` messages", "",
     R"({"role":"system","content":"a"},{"role":"user","content":"b"},{"role":"assistant","content":"c"})"},
    {"tools, calls, their results",
     R"("tools":[{"type":"function","function":{"name":"f","description":"d","parameters":{}}}])",
     R"({"role":"user","content":"a"},{"role":"assistant","content":"","tool_calls":[{"id":"a","function":{"name":"f","arguments":{}}}]},{"role":"tool","tool_name":"f","tool_call_id":"a","content":"x"})"},
    {"`images` of a person's", "", R"({"role":"user","content":"a","images":["AAAA"]})"},
    {"`images` of a result", "",
     R"({"role":"assistant","content":"","tool_calls":[{"id":"a","function":{"name":"f","arguments":{}}}]},{"role":"tool","tool_call_id":"a","content":"x","images":["AAAA"]})"},
    {"`thinking` in the history", "", R"({"role":"assistant","content":"a","thinking":"b"})"},
    {"`num_predict`, `temperature` up to 1, `top_p`", R"("options":{"num_predict":5,"temperature":1})",
     nullptr},
    {"`stop`", R"("options":{"stop":["x"]})", nullptr},
    {"`top_k`", R"("options":{"top_k":5})", nullptr},
    {"`seed`, penalties", R"("options":{"seed":5})", nullptr},
    {"`format` with a schema", R"("format":{"type":"object"})", nullptr},
    {"`format` of any JSON object", R"("format":"json")", nullptr},
    {"`think` low, medium, high", R"("think":"low")", nullptr},
    {"`think` true or false, `keep_alive`, other options", R"("keep_alive":5)", nullptr},
};

const std::vector<Probe> kGemini = {
    {"`systemInstruction`, contents of the user and the model",
     R"("systemInstruction":{"parts":[{"text":"a"}]})",
     R"({"role":"user","parts":[{"text":"a"}]},{"role":"model","parts":[{"text":"b"}]})"},
    {"functions, calls, their results (ids where the client sends none)",
     R"("tools":[{"functionDeclarations":[{"name":"f","parameters":{"type":"OBJECT"}}]}])",
     R"({"parts":[{"text":"a"}]},{"role":"model","parts":[{"functionCall":{"name":"f","args":{}}}]},{"role":"user","parts":[{"functionResponse":{"name":"f","response":{"output":"x"}}}]})"},
    {"an error as a result (its text is carried)", "",
     R"({"role":"model","parts":[{"functionCall":{"name":"f","args":{}}}]},{"role":"user","parts":[{"functionResponse":{"name":"f","response":{"error":"x"}}}]})"},
    {"picture, by its bytes or its address", "",
     R"({"parts":[{"inlineData":{"mimeType":"image/png","data":"AAAA"}},{"fileData":{"mimeType":"image/png","fileUri":"https://a.example/b.png"}}]})"},
    {"file, by its bytes", "", R"({"parts":[{"inlineData":{"mimeType":"application/pdf","data":"AAAA"}}]})"},
    {"sound, video, uploaded files", "",
     R"({"parts":[{"inlineData":{"mimeType":"audio/wav","data":"AAAA"}}]})"},
    {"thoughts in the history (signatures never)", "",
     R"({"role":"model","parts":[{"text":"a","thought":true},{"text":"b"}]})"},
    {"`functionCallingConfig` AUTO, NONE, ANY with none or one name",
     R"("toolConfig":{"functionCallingConfig":{"mode":"ANY"}},"tools":[{"functionDeclarations":[{"name":"f"}]}])",
     nullptr},
    {"`functionCallingConfig` with several names",
     R"("toolConfig":{"functionCallingConfig":{"mode":"ANY","allowedFunctionNames":["a","b"]}})", nullptr},
    {"`maxOutputTokens`, `temperature` up to 1, `topP`",
     R"("generationConfig":{"maxOutputTokens":5,"temperature":1})", nullptr},
    {"`stopSequences`", R"("generationConfig":{"stopSequences":["x"]})", nullptr},
    {"`topK`", R"("generationConfig":{"topK":5})", nullptr},
    {"`seed`, penalties", R"("generationConfig":{"seed":5})", nullptr},
    {"`responseSchema`, `responseJsonSchema`",
     R"("generationConfig":{"responseJsonSchema":{"type":"object"}})", nullptr},
    {"`responseMimeType` of JSON without a schema",
     R"("generationConfig":{"responseMimeType":"application/json"})", nullptr},
    {"`thinkingLevel`", R"("generationConfig":{"thinkingConfig":{"thinkingLevel":"low"}})", nullptr},
    {"`thinkingBudget`, `safetySettings`, `labels`, other settings", R"("safetySettings":[{"category":"x"}])",
     nullptr},
};

std::string request(Dialect client, const Probe& probe) {
  const bool gemini = client == Dialect::gemini;
  const std::string_view list = client == Dialect::responses ? "input" : gemini ? "contents" : "messages";
  std::string body = gemini ? "{" : R"({"model":"m",)";
  if (client == Dialect::messages) body += R"("max_tokens":9,)";
  if (*probe.more != '\0') body += std::string(probe.more) + ",";
  body += "\"" + std::string(list) + "\":[";
  body += probe.messages != nullptr ? probe.messages
          : gemini                  ? R"({"parts":[{"text":"x"}]})"
                                    : R"({"role":"user","content":"x"})";
  return body + "]}";
}

std::string outcome(Dialect client, Dialect upstream, const Probe& probe) {
  const auto parsed =
      parse_request(client, request(client, probe), {.path = request_path(client, false, "m", false)});
  if (!parsed) return "refused";
  auto translation = Translation::begin(*parsed, upstream);
  if (!translation) return translation.error().code == Code::unsupported ? "refused" : "ERROR";
  if (!translation->dropped().empty()) return "dropped";
  // Thoughts go without a word: the upstream has its own again from the shadow history.
  const bool thought = std::string_view(probe.what).find("in the history") != std::string_view::npos;
  const bool told = translation->body().find("reasoning_content") != std::string::npos ||
                    translation->body().find("\"thinking\"") != std::string::npos;
  if (thought && !told) return "dropped";
  return "carried";
}

std::string tables() {
  std::string all;
  for (const Dialect client : kClients) {
    all += "\n### A client that speaks `" + std::string(exchange::dialect_name(client)) + "`\n\n| |";
    std::string line = "|---|";
    for (const Dialect upstream : kUpstreams) {
      if (upstream == client) continue;
      all += " upstream `" + std::string(exchange::dialect_name(upstream)) + "` |";
      line += "---|";
    }
    all += "\n" + line + "\n";
    const auto& probes = client == Dialect::chat_completions ? kChat
                         : client == Dialect::messages       ? kMessages
                         : client == Dialect::responses      ? kResponses
                         : client == Dialect::ollama         ? kOllama
                                                             : kGemini;
    for (const Probe& probe : probes) {
      all += "| " + std::string(probe.what) + " |";
      for (const Dialect upstream : kUpstreams) {
        if (upstream != client) all += " " + outcome(client, upstream, probe) + " |";
      }
      all += "\n";
    }
  }
  return all;
}

TEST(Translate, ThePageSaysWhatEachPairCarries) {
  const std::string file = std::string(WEIR_SOURCE_DIR) + "/docs/any-to-any.md";
  std::stringstream page;
  page << std::ifstream(file).rdbuf();
  const std::string text = page.str();
  const std::string begin = "<!-- tables -->\n";
  const std::string end = "\n<!-- end of tables -->";
  const size_t from = text.find(begin);
  const size_t to = text.find(end);
  ASSERT_TRUE(from != std::string::npos && to != std::string::npos);
  const std::string made = tables();
  EXPECT_EQ(made.find("ERROR"), std::string::npos) << made;
  if (getenv("WEIR_WRITE_DOCS") != nullptr) {
    std::ofstream(file) << text.substr(0, from + begin.size()) + made + text.substr(to);
    return;
  }
  EXPECT_EQ(text.substr(from + begin.size(), to - from - begin.size()), made)
      << "WEIR_WRITE_DOCS=1 test_wire --gtest_filter='*ThePageSays*' writes it anew";
}

}  // namespace
}  // namespace weir::wire::translate
