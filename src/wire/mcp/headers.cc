#include "wire/mcp/headers.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "base/bytes.h"

namespace weir::wire::mcp {
namespace {

constexpr std::string_view kOpen = "=?base64?", kClose = "?=";
constexpr int64_t kSafeInteger = (int64_t{1} << 53) - 1;
constexpr size_t kAnnotationsMax = 64;

bool is_sentinel(std::string_view value) {
  return value.size() >= kOpen.size() + kClose.size() && value.starts_with(kOpen) && value.ends_with(kClose);
}

bool is_plain(std::string_view value) {
  return std::all_of(value.begin(), value.end(), [](char c) { return c == '\t' || (c >= ' ' && c <= '~'); });
}

bool is_tchar(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
  return out;
}

// What stands under Mcp-Name, where the method has a name.
json::Value named(std::string_view method, json::Value params) {
  if (method == "tools/call" || method == "prompts/get") return params["name"];
  if (method == "resources/read") return params["uri"];
  if (method == "tasks/get" || method == "tasks/update" || method == "tasks/cancel") return params["taskId"];
  return {};
}

// Collects annotations; `reachable`: by `properties` alone. Recursion is bounded by the JSON parser's depth.
struct Collector {
  std::vector<HeaderParam> found = {};
  std::set<std::string> names = {};
  std::vector<std::string> path = {};

  Status annotated(json::Value schema, json::Value name, bool reachable) {
    const std::string text(name.string_or(""));
    if (!name.is_string() || text.empty() || !std::all_of(text.begin(), text.end(), is_tchar))
      return bad_input("x-mcp-header is no header's name");
    if (!reachable || path.empty()) return bad_input("x-mcp-header stands where no argument is");
    const std::string_view type = schema["type"].string_or("");
    if (type != "string" && type != "integer" && type != "boolean")
      return bad_input("x-mcp-header on what is no string, integer or boolean");
    if (!names.insert(lower(text)).second) return bad_input("two arguments have one x-mcp-header");
    if (found.size() >= kAnnotationsMax) return too_large("too many x-mcp-header");
    found.push_back({"Mcp-Param-" + text, path});
    return {};
  }

  Status schema(json::Value schema, bool reachable) {
    if (schema["x-mcp-header"].exists()) WEIR_TRY(annotated(schema, schema["x-mcp-header"], reachable));
    for (const json::Member& member : schema.members()) {
      if (member.key == "properties" && member.value.is_object()) {
        for (const json::Member& property : member.value.members()) {
          path.emplace_back(property.key);
          WEIR_TRY(this->schema(property.value, reachable));
          path.pop_back();
        }
      } else if (member.key != "const" && member.key != "default" && member.key != "enum" &&
                 member.key != "examples") {
        WEIR_TRY(elsewhere(member.value));
      }
    }
    return {};
  }

  // Below items, allOf, $defs and the like.
  Status elsewhere(json::Value value) {
    if (value.is_object()) return schema(value, false);
    for (const json::Value element : value.elements()) WEIR_TRY(elsewhere(element));
    return {};
  }
};

json::Value at_path(json::Value arguments, const std::vector<std::string>& path) {
  for (const std::string& key : path) arguments = arguments[key];
  return arguments;
}

// The value's form in a header; nothing for what has none.
std::optional<std::string> as_header_text(json::Value value) {
  if (const auto text = value.string()) return std::string(*text);
  if (const auto flag = value.boolean()) return *flag ? "true" : "false";
  if (const auto whole = value.integer()) return std::to_string(*whole);
  const auto number = value.number();
  if (number && std::trunc(*number) == *number && std::abs(*number) <= static_cast<double>(kSafeInteger))
    return std::to_string(static_cast<int64_t>(*number));
  return std::nullopt;
}

bool same(json::Value value, const std::string& header) {
  const auto text = as_header_text(value);
  if (!text) return false;
  if (*text == header) return true;
  if (!value.is_number()) return false;
  const auto other = json::parse(header);  // 42.0 and 42 are one number
  return other && as_header_text(other->root()) == text && other->root().is_number();
}

Error mismatch(std::string_view header, std::string_view why) {
  return bad_input(fmt::format("the header {} {}", header, why));
}

// The one field of that name. Two would be read in two ways.
Result<std::optional<std::string>> one(const FindHeaders& find, const std::string& header) {
  const auto all = find(header);
  if (all.empty()) return std::optional<std::string>();
  if (all.size() > 1) return mismatch(header, "is there twice");
  auto text = from_header_value(all.front());
  if (!text) return mismatch(header, "has characters or an encoding that it may not have");
  return std::optional(std::move(*text));
}

}  // namespace

std::string header_value(std::string_view text) {
  // A tab within is allowed, but not every reader takes it.
  const bool odd = text.find('\t') != std::string_view::npos ||
                   (!text.empty() && (text.front() == ' ' || text.back() == ' '));
  if (is_plain(text) && !odd && !is_sentinel(text)) return std::string(text);
  return std::string(kOpen) + to_base64(text) + std::string(kClose);
}

std::optional<std::string> from_header_value(std::string_view value) {
  if (!is_plain(value)) return std::nullopt;
  if (!is_sentinel(value)) return std::string(value);
  value.remove_prefix(kOpen.size());
  value.remove_suffix(kClose.size());
  auto text = from_base64(value);
  if (text && !is_utf8(*text)) text.reset();
  return text;
}

Result<std::vector<HeaderParam>> header_params(json::Value schema) {
  if (schema.raw().find("x-mcp-header") == std::string_view::npos) return std::vector<HeaderParam>();
  Collector collector;
  WEIR_TRY(collector.schema(schema, true));
  return std::move(collector.found);
}

HeaderList standard_headers(std::string_view revision, std::string_view method, json::Value params) {
  HeaderList headers{{"MCP-Protocol-Version", header_value(revision)}, {"Mcp-Method", header_value(method)}};
  if (const auto name = named(method, params).string()) headers.emplace_back("Mcp-Name", header_value(*name));
  return headers;
}

HeaderList param_headers(const std::vector<HeaderParam>& params, json::Value arguments) {
  HeaderList headers;
  for (const HeaderParam& param : params) {
    if (const auto text = as_header_text(at_path(arguments, param.path)))
      headers.emplace_back(param.header, header_value(*text));
  }
  return headers;
}

Status check_standard_headers(const Message& message, std::string_view revision, const FindHeaders& find) {
  WEIR_TRY_ASSIGN(said, one(find, "MCP-Protocol-Version"));
  if (!said) return mismatch("MCP-Protocol-Version", "is missing");
  if (*said != revision) return mismatch("MCP-Protocol-Version", "is not what the body says");
  WEIR_TRY_ASSIGN(method, one(find, "Mcp-Method"));
  if (!method) return mismatch("Mcp-Method", "is missing");
  if (*method != message.method) return mismatch("Mcp-Method", "is not what the body says");
  WEIR_TRY_ASSIGN(name, one(find, "Mcp-Name"));
  const json::Value body = named(message.method, message.params());
  const bool wanted =
      message.method == "tools/call" || message.method == "prompts/get" || message.method == "resources/read";
  if (wanted && !name) return mismatch("Mcp-Name", "is missing");
  if (name && body.exists() && body.string_or("") != *name)
    return mismatch("Mcp-Name", "is not what the body says");
  return {};
}

Status check_param_headers(const std::vector<HeaderParam>& params, json::Value arguments,
                           const FindHeaders& find) {
  for (const HeaderParam& param : params) {
    const json::Value value = at_path(arguments, param.path);
    WEIR_TRY_ASSIGN(text, one(find, param.header));
    const bool there = value.exists() && !value.is_null();
    if (there && !text) return mismatch(param.header, "is missing");
    if (text && (!there || !same(value, *text))) return mismatch(param.header, "is not what the body says");
  }
  return {};
}

}  // namespace weir::wire::mcp
