#include "wire/gemini_path.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/bytes.h"

namespace weir::wire {
namespace {

bool is_model_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
         c == '.';
}

// Calls `each` with every "name=value" of a query.
template <class Each>
void each_field(std::string_view query, Each each) {
  while (!query.empty()) {
    const size_t end = std::min(query.find('&'), query.size());
    each(query.substr(0, end));
    query.remove_prefix(std::min(end + 1, query.size()));
  }
}

}  // namespace

Result<GeminiPath> parse_gemini_path(std::string_view path) {
  const Error unknown{Code::not_found,
                      fmt::format("weir does not know {}", shown(path)),
                      {},
                      "POST …/models/MODEL:generateContent, :streamGenerateContent or :countTokens"};
  constexpr std::string_view kModels = "/models/";
  const size_t query = std::min(path.find('?'), path.size());
  std::string_view name = path.substr(0, query);
  if (!name.starts_with(kModels)) return unknown;
  name.remove_prefix(kModels.size());
  const size_t colon = name.find(':');
  if (colon == std::string_view::npos || colon == 0) return unknown;
  GeminiPath out{std::string(name.substr(0, colon)), std::string(name.substr(colon + 1))};
  if (!std::all_of(out.model.begin(), out.model.end(), is_model_char)) return unknown;
  if (out.method != kGenerate && out.method != kGenerateStream && out.method != kCount) return unknown;
  each_field(path.substr(std::min(query + 1, path.size())),
             [&](std::string_view field) { out.events |= field == "alt=sse"; });
  return out;
}

std::string gemini_path(std::string_view model, std::string_view method) {
  return fmt::format("/{}{}:{}", model.find('/') == std::string_view::npos ? "models/" : "", model, method);
}

std::string without_key(std::string_view query, std::string& key) {
  if (query.starts_with('?')) query.remove_prefix(1);
  constexpr std::string_view kKey = "key=";
  std::string out;
  each_field(query, [&](std::string_view field) {
    if (field.starts_with(kKey)) {
      key = field.substr(kKey.size());
      return;
    }
    out += out.empty() ? '?' : '&';
    out += field;
  });
  return out;
}

}  // namespace weir::wire
