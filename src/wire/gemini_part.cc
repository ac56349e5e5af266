#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

#include "base/limits.h"
#include "wire/gemini.h"
#include "wire/request.h"

namespace weir::wire {
namespace {

using Place = PartPlace::Kind;

struct Data {
  std::string_view name;
  GeminiKind kind;
};
constexpr std::array<Data, 10> kData{{{"text", GeminiKind::text},
                                      {"functionCall", GeminiKind::call},
                                      {"functionResponse", GeminiKind::result},
                                      {"inlineData", GeminiKind::media},
                                      {"fileData", GeminiKind::media},
                                      {"audioTranscription", GeminiKind::media},
                                      {"executableCode", GeminiKind::hosted},
                                      {"codeExecutionResult", GeminiKind::hosted},
                                      {"toolCall", GeminiKind::hosted},
                                      {"toolResponse", GeminiKind::hosted}}};
// What a part says of itself beside its data.
constexpr std::array<std::string_view, 5> kBeside{"videoMetadata", "mediaResolution", "mediaProcessing",
                                                  "speechMetadata", "partMetadata"};

bool one_of(std::initializer_list<std::string_view> names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

// A single member of that object, by whatever of the names; nothing where there is more in it.
json::Value only_member(json::Value object, std::initializer_list<std::string_view> names) {
  if (object.size() != 1) return {};
  for (const json::Member& member : object.members()) {
    if (one_of(names, member.key)) return member.value;
  }
  return {};
}

// What a tool came back with, inside of what a client puts around it: {"output": …}, or a result of MCP's.
void read_response(json::Value response, exchange::Result& result) {
  if (const json::Value error = only_member(response, {"error"}); error.exists()) {
    result.is_error = true;
    result.texts.emplace_back(error.is_string() ? error.string_or("") : error.raw());
    return;
  }
  if (const json::Value output = only_member(response, {"output", "result"}); output.exists()) {
    result.texts.emplace_back(output.is_string() ? output.string_or("") : output.raw());
    return;
  }
  const json::Value content = response["content"];
  const auto elements = content.elements();
  bool texts = content.size() > 0;
  for (const json::Value block : elements)
    texts &= block["type"].string_or("") == "text" && block["text"].is_string();
  for (const json::Member& member : response.members())
    texts &= one_of({"content", "isError", "_meta"}, member.key);
  if (!texts) {
    if (response.size() > 0) result.texts.emplace_back(response.raw());
    return;
  }
  result.is_error = response["isError"].boolean().value_or(false);
  for (const json::Value block : elements) result.texts.emplace_back(block["text"].string_or(""));
  if (response["_meta"].exists()) result.texts.emplace_back(response["_meta"].raw());
}

}  // namespace

Result<exchange::Result> read_gemini_result(json::Value data, const std::string& where,
                                            const Options& options) {
  WEIR_TRY(check_gemini_spelling(data, where));
  exchange::Result result;
  WEIR_TRY_ASSIGN(name, required_string(data, "name", where));
  result.name = std::move(name);
  result.call_id = data["id"].string_or("");
  for (const json::Member& member : data.members()) {
    if (one_of({"id", "name", "response", "parts", "scheduling", "willContinue", "will_continue"},
               member.key) ||
        options.unknown_items_untrusted)
      continue;
    return unknown_item("member of a function's response", member.key, where);
  }
  const json::Value response = data["response"];
  if (response.exists() && !response.is_null() && !response.is_object())
    return bad_input("expected an object", where + "/response");
  read_response(response, result);
  for (const json::Value part : data["parts"].elements()) {
    const json::Value inline_data = gemini_member(part, "inlineData");
    const json::Value file = gemini_member(part, "fileData");
    if (!inline_data.exists() && !file.exists() && !options.unknown_items_untrusted)
      return unknown_item("part of a function's response", "", where + "/parts");
    if (file.exists()) result.texts.push_back(text_in(file));
    ++result.media;
  }
  return result;
}

namespace {

// What of media is text: its address and its names, not its bytes.
std::string media_text(json::Value data) {
  std::string all;
  for (const json::Member& member : data.members()) {
    if (one_of({"data", "mimeType", "mime_type"}, member.key)) continue;
    all += all.empty() ? "" : "\n";
    all += member.value.is_string() ? member.value.string_or("") : member.value.raw();
  }
  return all;
}

}  // namespace

std::string gemini_spelling(std::string_view name) {
  std::string out;
  bool big = false;
  for (const char c : name) {
    if (c == '_' && !out.empty()) {
      big = true;
      continue;
    }
    out += big && c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
    big = false;
  }
  return out;
}

json::Value gemini_member(json::Value object, std::string_view name) {
  if (const json::Value value = object[name]; value.exists()) return value;
  for (const json::Member& member : object.members()) {
    if (member.key.find('_') != std::string_view::npos && gemini_spelling(member.key) == name)
      return member.value;
  }
  return {};
}

Status check_gemini_spelling(json::Value object, const std::string& where) {
  std::set<std::string> names;
  for (const json::Member& member : object.members()) {
    if (!names.insert(gemini_spelling(member.key)).second)
      return bad_input(fmt::format("\"{}\" stands there in two spellings", shown(member.key)), where);
  }
  return {};
}

Result<GeminiPart> read_gemini_part(json::Value part, const std::string& where, bool reply,
                                    const Options& options) {
  if (!part.is_object()) return bad_input("expected an object", where);
  WEIR_TRY(check_gemini_spelling(part, where));
  GeminiPart out;
  bool thought = false;
  for (const json::Member& member : part.members()) {
    if (member.value.is_null()) continue;
    const std::string name = reply ? std::string(member.key) : gemini_spelling(member.key);
    const std::string at = where + "/" + json::pointer_token(member.key);
    if (name == "thought" && member.value.boolean()) {
      thought = *member.value.boolean();
      continue;
    }
    if (name == "thoughtSignature" && member.value.is_string()) {
      out.signature = member.value;
      continue;
    }
    const auto* data =
        std::find_if(kData.begin(), kData.end(), [&](const Data& d) { return d.name == name; });
    if (data != kData.end()) {
      if (out.data.exists()) return bad_input("a part that is two things at once", where);
      out.data = member.value;
      out.kind = data->kind;
      continue;
    }
    const auto spelt = [&](const Data& d) { return d.name == gemini_spelling(member.key); };
    if (reply && std::any_of(kData.begin(), kData.end(), spelt))
      return unknown_item("spelling of a part", member.key, at);
    const bool beside = std::find(kBeside.begin(), kBeside.end(), name) != kBeside.end();
    if (options.unknown_items_untrusted) {
      if (!beside) out.kind = GeminiKind::unknown;
      continue;
    }
    if (!beside || may_carry_content(member.value)) return unknown_item("member of a part", member.key, at);
  }
  if (out.kind == GeminiKind::text) {
    if (!out.data.is_string()) return bad_input("expected a string", where + "/text");
    if (thought) out.kind = GeminiKind::thought;
  }
  return out;
}

Result<exchange::Call> read_gemini_call(json::Value data, const std::string& where) {
  WEIR_TRY(check_gemini_spelling(data, where));
  for (const json::Member& member : data.members()) {
    if (one_of({"id", "name", "args"}, member.key) || member.value.is_null()) continue;
    if (one_of({"willContinue", "will_continue"}, member.key) && member.value.boolean() == false) continue;
    return unsupported(fmt::format("a call with \"{}\", which may be only a piece of one", shown(member.key)),
                       where, "calls must come whole: no streamFunctionCallArguments");
  }
  WEIR_TRY_ASSIGN(name, required_string(data, "name", where));
  const json::Value args = data["args"];
  if (args.exists() && !args.is_null() && !args.is_object())
    return bad_input("expected an object", where + "/args");
  return exchange::Call{std::string(data["id"].string_or("")), std::move(name),
                        args.is_object() ? std::string(args.raw()) : std::string("{}"), true};
}

Status read_gemini_parts(json::Value parts, bool planner, const std::string& where, const Options& options,
                         std::vector<exchange::Part>& out, std::vector<PartPlace>* places) {
  const auto add = [&](exchange::Part part, Place kind, json::Value value) {
    out.push_back(std::move(part));
    if (places != nullptr) places->push_back({kind, value});
  };
  size_t index = 0;
  for (const json::Value wire : parts.elements()) {
    const std::string at = fmt::format("{}/{}", where, index++);
    WEIR_TRY_ASSIGN(part, read_gemini_part(wire, at, false, options));
    const bool planners = part.kind == GeminiKind::call || part.kind == GeminiKind::hosted ||
                          part.kind == GeminiKind::thought || part.signature.exists();
    if (planners && !planner) return bad_input("only a content of the model's may have this", at);
    // Only the provider can read it.
    if (part.signature.exists() && part.signature.string_or("") != kNoSignature)
      add(exchange::Thinking{{}, std::string(part.signature.string_or(""))}, Place::signature, wire);
    switch (part.kind) {
      case GeminiKind::text:
        add(exchange::Text{std::string(part.data.string_or(""))}, Place::string, part.data);
        break;
      case GeminiKind::thought:
        add(exchange::Thinking{std::string(part.data.string_or(""))}, Place::fixed, wire);
        break;
      case GeminiKind::call: {
        WEIR_TRY_ASSIGN(call, read_gemini_call(part.data, at));
        add(std::move(call), Place::args, part.data);
        break;
      }
      case GeminiKind::result: {
        if (planner) return bad_input("a content of the model's may not have this", at);
        WEIR_TRY_ASSIGN(result, read_gemini_result(part.data, at, options));
        add(std::move(result), Place::response, part.data);
        break;
      }
      case GeminiKind::media:
        add(exchange::Media{media_text(part.data)}, Place::part, wire);
        break;
      case GeminiKind::hosted:
        add(exchange::Media{text_in(part.data)}, Place::part, wire);
        break;
      case GeminiKind::unknown:
        add(exchange::Media{std::string(wire.raw())}, Place::part, wire);
        break;
      case GeminiKind::nothing:
        break;
    }
  }
  return {};
}

}  // namespace weir::wire
