#include "gateway/bridge.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "gateway/auth.h"
#include "gateway/forms.h"

namespace weir::gateway {
namespace {

constexpr size_t kDroppedBytesMax = 1'024;  // of the names in one header field

}  // namespace

Result<std::unique_ptr<Bridge>> Bridge::begin(const wire::ParsedRequest& request,
                                              const config::Upstream& upstream, std::string_view path,
                                              Random& random, Now now) {
  const bool counts = only_counts(path);
  if (counts && request.request.dialect == exchange::Dialect::gemini)
    return Error{Code::not_found,
                 "weir does not translate countTokens",
                 {},
                 "use an upstream that speaks the Gemini API"};
  const std::string there =
      wire::translate::request_path(upstream.dialect, counts, request.request.model, request.request.stream);
  if (there.empty())
    return Error{
        Code::not_found,
        fmt::format("the upstream {} speaks {}, which cannot {}", upstream.name,
                    exchange::dialect_name(upstream.dialect), counts ? "count tokens" : "be translated to"),
        {},
        "use an upstream that speaks the client's API"};
  WEIR_TRY_ASSIGN(translation, wire::translate::Translation::begin(request, upstream.dialect, counts));
  std::array<uint8_t, 12> id{};
  random.fill(id);
  translation.reply_begins(to_hex({reinterpret_cast<const char*>(id.data()), id.size()}),
                           now.wall_ms / 1'000);
  std::unique_ptr<Bridge> bridge(new Bridge(std::move(translation), upstream.dialect));
  bridge->body_ = bridge->translation_.body();
  bridge->path_ = there;
  return bridge;
}

void Bridge::change_request(net::Headers& headers) const {
  std::string key(headers.find("x-api-key").value_or(""));
  if (key.empty()) key = bearer(headers.find("authorization").value_or(""));
  if (key.empty()) key = headers.find("x-goog-api-key").value_or("");
  // What one provider's API is told beside the body means nothing, or something else, to another.
  static constexpr std::array<std::string_view, 4> kKept{"user-agent", "traceparent", "tracestate",
                                                         "baggage"};
  net::Headers kept;
  for (const std::string_view name : kKept) {
    if (const auto value = headers.find(name)) kept.add(name, std::string(*value));
  }
  kept.add("content-type", "application/json");
  kept.add("accept", translation_.streams() ? "text/event-stream" : "application/json");
  if (upstream_ == exchange::Dialect::messages) {
    kept.add("anthropic-version", "2023-06-01");
    if (!key.empty()) kept.add("x-api-key", key);
  } else if (!key.empty() && upstream_ == exchange::Dialect::gemini) {
    kept.add("x-goog-api-key", key);
  } else if (!key.empty()) {
    kept.add("authorization", "Bearer " + key);
  }
  headers = std::move(kept);
}

void Bridge::change_reply(int status, net::Headers& headers) const {
  const bool streams = translation_.streams() && status == 200;
  const bool lines = translation_.client() == exchange::Dialect::ollama;
  headers.set("content-type", !streams ? "application/json"
                              : lines  ? "application/x-ndjson"
                                       : "text/event-stream");
  std::string dropped;
  for (std::string name : translation_.dropped()) {
    // A parameter's name is the client's own, and anything may stand in it.
    std::replace_if(name.begin(), name.end(), [](char c) { return c <= ' ' || c > '~' || c == ','; }, '?');
    if (dropped.size() + name.size() > kDroppedBytesMax) break;
    dropped += (dropped.empty() ? "" : ", ") + name;
  }
  if (!dropped.empty()) headers.set("weir-dropped", dropped);
}

}  // namespace weir::gateway
