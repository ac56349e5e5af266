#include "wire/mcp/labels.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/bytes.h"
#include "wire/mcp/object.h"

namespace weir::wire::mcp {
namespace {

constexpr std::string_view kIfc = "ifc", kByPath = "com.github.ifc/labels",
                           kAnnotations = "io.modelcontextprotocol/trust-annotations";
constexpr size_t kPathsMax = 1'000;
constexpr size_t kReadersMax = 100;

std::optional<bool> trusted_of(json::Value integrity) {
  const std::string_view text = integrity.string_or("");
  if (text == "trusted") return true;
  if (text == "untrusted") return false;
  return std::nullopt;
}

// "public", "private", or a list of readers.
std::optional<Readers> readers_of(json::Value confidentiality) {
  if (confidentiality.string_or("") == "public") return Readers::everyone();
  if (confidentiality.string_or("") == "private") return Readers::owner();
  if (!confidentiality.is_array() || confidentiality.size() > kReadersMax) return std::nullopt;
  std::vector<std::string> names{"owner"};
  for (const json::Value name : confidentiality.elements()) {
    if (!name.is_string()) return std::nullopt;
    const std::string text(*name.string());
    if (text == "public") return Readers::everyone();
    const bool address = text.find('@') != std::string::npos && text.find(':') == std::string::npos;
    names.push_back(address ? "mailto:" + text : text);
  }
  return Readers::of(std::move(names));
}

SaidLabel ifc_label(json::Value said) {
  const auto trusted = trusted_of(said["integrity"]);
  const auto readers = readers_of(said["confidentiality"]);
  if (!said.is_object() || !trusted || !readers) return SaidLabel::worst();
  return {trusted, readers};
}

SaidLabel annotated(json::Value said) {
  const json::Value untrusted = said["untrusted"], sensitive = said["sensitive"];
  if (!said.is_object() || (untrusted.exists() && !untrusted.boolean()) ||
      (sensitive.exists() && !sensitive.boolean()))
    return SaidLabel::worst();
  SaidLabel label;
  if (const auto flag = untrusted.boolean()) label.trusted = !*flag;
  if (const auto flag = sensitive.boolean()) label.readers = *flag ? Readers::owner() : Readers::everyone();
  return label;
}

bool is_rest(std::string_view member) {
  return member == "content" || member == "contents" || member == "messages";
}

void take_path(json::Value result, const std::vector<std::string>& path, const SaidLabel& said,
               SaidLabels& labels, std::vector<bool>& covered) {
  if (path.empty()) {
    labels.fallback = said;
  } else if (path.front() == "structuredContent") {
    std::string pointer;
    for (size_t i = 1; i < path.size(); ++i) pointer += "/" + json::pointer_token(path[i]);
    labels.structured.emplace_back(std::move(pointer), said);
  } else {
    labels.rest = labels.rest ? labels.rest->with(said) : said;
    if (!is_rest(path.front()) || !result[path.front()].is_array()) return;
    covered.resize(result[path.front()].size());
    if (path.size() == 1) covered.assign(covered.size(), true);
    size_t index = 0;
    const auto& text = path.size() == 2 ? path[1] : std::string();
    const bool number = !text.empty() && text.size() < 7 &&
                        std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
    if (number) index = std::stoul(text);
    if (number && index < covered.size()) covered[index] = true;
  }
}

// One quoted name of a JSONPath, from behind its opening quote; `at` ends behind the closing one.
std::optional<std::string> quoted(std::string_view text, size_t& at, char quote) {
  std::string as_json = "\"";
  for (; at < text.size() && text[at] != quote; ++at) {
    if (text[at] == '\\' && at + 1 < text.size()) {
      ++at;
      if (text[at] != '\'') as_json += '\\';
      as_json += text[at];
    } else if (text[at] == '"') {
      as_json += "\\\"";
    } else {
      as_json += text[at];
    }
  }
  if (at >= text.size()) return std::nullopt;
  ++at;
  const auto document = json::parse(as_json + "\"");
  if (!document || !document->root().is_string()) return std::nullopt;
  return std::string(*document->root().string());
}

bool is_name(char c, bool first) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (c & 0x80) != 0 ||
         (!first && c >= '0' && c <= '9');
}

}  // namespace

std::optional<std::vector<std::string>> json_path(std::string_view text) {
  if (text.empty() || text.front() != '$') return std::nullopt;
  std::vector<std::string> path;
  for (size_t at = 1; at < text.size();) {
    if (text[at] == '.') {
      const size_t begin = ++at;
      while (at < text.size() && is_name(text[at], at == begin)) ++at;
      if (at == begin) return std::nullopt;
      path.emplace_back(text.substr(begin, at - begin));
      continue;
    }
    if (text[at] != '[' || ++at >= text.size()) return std::nullopt;
    if (text[at] == '\'' || text[at] == '"') {
      const char quote = text[at++];
      auto name = quoted(text, at, quote);
      if (!name) return std::nullopt;
      path.push_back(std::move(*name));
    } else {
      const size_t begin = at;
      while (at < text.size() && text[at] >= '0' && text[at] <= '9') ++at;
      if (at == begin || (text[begin] == '0' && at > begin + 1)) return std::nullopt;
      path.emplace_back(text.substr(begin, at - begin));
    }
    if (at >= text.size() || text[at++] != ']') return std::nullopt;
  }
  return path;
}

bool is_label_key(std::string_view key) {
  return key == kIfc || key == kByPath || key == kAnnotations;
}

SaidLabels read_labels(json::Value result) {
  SaidLabels labels;
  labels.structured_first = result["structuredContent"].exists();
  const json::Value all = result["_meta"];
  if (all[kIfc].exists()) labels.whole = labels.whole.also(ifc_label(all[kIfc]));
  if (all[kAnnotations].exists()) labels.whole = labels.whole.also(annotated(all[kAnnotations]));
  const json::Value by_path = all[kByPath];
  if (!by_path.exists()) return labels;
  if (!by_path.is_object() || by_path.size() > kPathsMax) {
    labels.whole = SaidLabel::worst();
    return labels;
  }
  std::vector<bool> covered;
  for (const json::Member& member : by_path.members()) {
    const auto path = json_path(member.key);
    if (path) {
      take_path(result, *path, ifc_label(member.value), labels, covered);
    } else {
      labels.whole = SaidLabel::worst();
    }
  }
  labels.rest_covered =
      !covered.empty() && std::all_of(covered.begin(), covered.end(), [](bool each) { return each; });
  return labels;
}

std::string with_annotations(const Message& answer, bool untrusted, bool sensitive, bool believed) {
  const json::Value result = answer.result();
  const Added own{{kAnnotations, fmt::format(R"({{"untrusted":{},"sensitive":{}}})", untrusted, sensitive)}};
  const auto drop = [&](std::string_view key) { return !believed && (key == kIfc || key == kByPath); };
  return with_value(answer.document, result,
                    with_members(result, {}, {{"_meta", with_members(result["_meta"], drop, own)}}));
}

}  // namespace weir::wire::mcp
