// A JSON-RPC message or batch, as a client or a server may send it. What is checked beyond not crashing: with
// another id a message is the same but for the id; what was written is read; every string of a result or an
// entry of a list is among the texts that weir labels; a client-facing name stands for its own target; no
// difference is empty between definitions that differ.
#include "manifest/pin.h"
#include "wire/mcp/content.h"
#include "wire/mcp/labels.h"
#include "wire/mcp/message.h"
#include "wire/mcp/names.h"
#include "wire_fuzz.h"

namespace {

using namespace weir;
using namespace weir::wire;
using fuzz::expect;

// Media is no text, and known words are left out; anything with a "!" in it is neither.
void expect_read(json::Value value, const std::string& texts) {
  for (const json::Value element : value.elements()) expect_read(element, texts);
  for (const json::Member& member : value.members()) {
    if (member.key.find('!') != std::string_view::npos) expect(texts.find(member.key) != std::string::npos);
    expect_read(member.value, texts);
  }
  const std::string_view text = value.string_or("");
  if (text.find('!') != std::string_view::npos) expect(texts.find(text) != std::string::npos);
}

void check_content(json::Value result) {
  for (const auto read : {mcp::tool_result, mcp::resource_result, mcp::prompt_result}) {
    const auto content = read("c", result);
    if (!content) continue;
    std::string all;
    for (const std::string& text : content->texts) {
      // Structured content and unknown blocks are texts of JSON.
      all += text + "\n";
      if (const auto document = json::parse(text)) all += mcp::all_text(document->root()) + "\n";
    }
    // Labels in `_meta` are read as labels.
    for (const json::Member& member : result.members()) {
      if (member.key != "_meta") {
        expect_read(member.value, all);
        continue;
      }
      for (const json::Member& each : member.value.members())
        if (!mcp::is_label_key(each.key)) expect_read(each.value, all);
    }
  }
  expect_read(result, mcp::all_text(result));
}

void check_names(json::Value result) {
  mcp::Names names;
  std::vector<manifest::ToolText> tools;
  std::vector<std::string> others;
  for (const json::Value entry : result["tools"].elements()) {
    auto tool = manifest::read_tool_text(entry);
    if (!tool) continue;
    const mcp::Target target{tools.size() % 2 == 0 ? "a" : "b", tool->name};
    const std::string name = names.add(target, tools.size() % 3 != 0);
    expect(!name.empty() && name.size() <= limits::kMcpNameBytesMax);
    expect(names.find(name)->name == target.name && names.find(name)->server == target.server);
    expect(names.name_of(target) == name);
    others.push_back(target.server + "/" + target.name);
    tools.push_back(std::move(*tool));
  }
  const manifest::ToolText* before = nullptr;
  for (const manifest::ToolText& tool : tools) {
    expect(manifest::findings(tool, "c", others).size() <= limits::kPinFindingsMax);
    if (before != nullptr)
      expect(manifest::difference(before->definition, tool.definition).empty() ==
             (before->digest == tool.digest));
    before = &tool;
  }
  for (const json::Value entry : result["resourceTemplates"].elements()) {
    const std::string_view uri_template = entry["uriTemplate"].string_or("");
    for (const json::Value resource : result["resources"].elements()) {
      const auto matched = mcp::matches_template(resource["uri"].string_or(""), uri_template);
      expect(!matched || *matched <= uri_template.size());
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  const std::string text(reinterpret_cast<const char*>(bytes), size);
  const auto messages = mcp::parse(text, true);
  if (!messages) {
    (void)mcp::error_code(messages.error());
    if (const auto document = json::parse(text)) {
      check_content(document->root());
      check_names(document->root());
    }
    return 0;
  }
  for (const mcp::Message& message : *messages) {
    (void)message.progress_token();
    if (message.kind != mcp::Kind::notification) {
      const auto renamed = mcp::parse(mcp::with_id(message, "\"other\""), false);
      expect(renamed.has_value() && renamed->front().id == "\"other\"");
      expect(renamed->front().kind == message.kind && renamed->front().method == message.method);
      if (message.document["id"].exists())
        expect(mcp::with_id(renamed->front(), message.id) == std::string(message.text()));
    }
    if (message.kind == mcp::Kind::request) {
      const auto again = mcp::parse(mcp::request(message.id, message.method, message.params().raw()), false);
      expect(again.has_value() && again->front().id == message.id);
      expect(json::canonical(again->front().document.root()) == json::canonical(message.document.root()));
    }
    check_content(message.result());
    check_names(message.result());
    (void)mcp::all_text(message.params());
    (void)mcp::all_text(message.error());
  }
  return 0;
}
