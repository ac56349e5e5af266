#include "gateway/forms.h"

#include <array>

#include "wire/gemini_path.h"

namespace weir::gateway {
namespace {

using exchange::Dialect;

// The versions of Google's API differ in what they take, not in how it is said. The upstream's own is in its
// url.
constexpr std::array<std::string_view, 3> kGeminiRoots{"/v1beta", "/v1", "/v1alpha"};
constexpr std::string_view kOllamaRoot = "/api";

std::string_view path_of(std::string_view target) {
  return target.substr(0, target.find('?'));
}

bool is_under(std::string_view target, std::string_view root) {
  return target.starts_with(root) && target.substr(root.size()).starts_with('/');
}

// The root of a Gemini path, or nothing. Its models stand where another API has its own.
std::string_view gemini_root(std::string_view target) {
  for (const std::string_view root : kGeminiRoots) {
    if (!is_under(target, root)) continue;
    if (root != "/v1") return root;
    const std::string_view path = path_of(target.substr(root.size()));
    if (path == "/models" || path.starts_with("/models/")) return root;
  }
  return {};
}

}  // namespace

std::optional<Route> turn_route(std::string_view method, std::string_view target) {
  struct Known {
    std::string_view root;
    std::string_view path;
    Dialect dialect;
  };
  static constexpr std::array<Known, 7> kKnown{{{"/v1", "/chat/completions", Dialect::chat_completions},
                                                {"/v1", "/messages", Dialect::messages},
                                                {"/v1", "/messages/count_tokens", Dialect::messages},
                                                {"/v1", "/responses", Dialect::responses},
                                                {"/v1", "/responses/input_tokens", Dialect::responses},
                                                {kOllamaRoot, "/chat", Dialect::ollama},
                                                {kOllamaRoot, "/generate", Dialect::ollama}}};
  if (method != "POST") return std::nullopt;
  for (const Known& known : kKnown) {
    if (!is_under(target, known.root)) continue;
    const std::string_view below = target.substr(known.root.size());
    if (path_of(below) == known.path) return Route{known.dialect, std::string(below)};
  }
  const std::string_view root = gemini_root(target);
  if (root.empty()) return std::nullopt;
  const std::string below(target.substr(root.size()));
  return wire::parse_gemini_path(below) ? std::optional<Route>({Dialect::gemini, below}) : std::nullopt;
}

std::optional<Route> passing_route(std::string_view method, std::string_view target,
                                   const net::Headers& headers) {
  const std::string_view path = path_of(target);
  const auto route = [&](Dialect dialect, std::string_view root) {
    return Route{dialect, std::string(target.substr(root.size()))};
  };
  const std::string_view root = gemini_root(target);
  const std::string_view below = path.substr(root.size());
  if (method == "GET" && !root.empty() && (below == "/models" || below.starts_with("/models/")))
    return route(root == "/v1" ? dialect_at(target, headers) : Dialect::gemini, root);
  const bool read = path == "/api/tags" || path == "/api/version" || path == "/api/ps";
  if ((method == "GET" && read) || (method == "POST" && path == "/api/show"))
    return route(Dialect::ollama, kOllamaRoot);
  return std::nullopt;
}

Dialect dialect_at(std::string_view target, const net::Headers& headers) {
  if (is_under(target, "/v1beta") || is_under(target, "/v1alpha") || headers.has("x-goog-api-key"))
    return Dialect::gemini;
  if (is_under(target, kOllamaRoot)) return Dialect::ollama;
  return target.starts_with("/v1/messages") || headers.has("anthropic-version") ? Dialect::messages
                                                                                : Dialect::chat_completions;
}

bool is_stream(Dialect dialect, bool wanted, const net::Headers& headers) {
  const std::string_view type = headers.find("content-type").value_or("");
  if (dialect != Dialect::ollama) return type.starts_with("text/event-stream");
  // One object is a stream of one line.
  return type.starts_with("application/x-ndjson") || (wanted && type.starts_with("application/json"));
}

bool only_counts(std::string_view path) {
  path = path_of(path);
  return path.ends_with("/count_tokens") || path.ends_with("/input_tokens") || path.ends_with(":countTokens");
}

void take_query_key(std::string& target, net::Headers& headers) {
  const size_t query = target.find('?');
  if (query == std::string::npos || gemini_root(target).empty()) return;
  std::string key;
  const std::string rest = wire::without_key(std::string_view(target).substr(query), key);
  target.resize(query);
  target += rest;
  if (!key.empty() && !headers.has("x-goog-api-key")) headers.set("x-goog-api-key", key);
}

std::string with_events(const std::string& path) {
  const auto parsed = wire::parse_gemini_path(path);
  if (!parsed || parsed->method != wire::kGenerateStream || parsed->events) return path;
  // Of several `alt` the API may take another than the last.
  const size_t query = path.find('?');
  std::string out = path.substr(0, query) + "?alt=sse";
  if (query == std::string::npos) return out;
  std::string_view rest = std::string_view(path).substr(query + 1);
  while (!rest.empty()) {
    const size_t end = std::min(rest.find('&'), rest.size());
    const std::string_view field = rest.substr(0, end);
    if (!field.starts_with("alt=") && !field.starts_with("$alt=") && !field.empty())
      out += "&" + std::string(field);
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return out;
}

}  // namespace weir::gateway
