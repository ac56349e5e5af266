#include "wire/mcp/request_meta.h"

#include <algorithm>
#include <array>
#include <functional>

#include "wire/mcp/object.h"

namespace weir::wire::mcp {
namespace {

using Which = std::function<bool(std::string_view)>;

constexpr std::array<std::string_view, 4> kSaid{meta::kRevision, meta::kClientInfo, meta::kCapabilities,
                                                meta::kLogLevel};

bool is_said(std::string_view key) {
  return std::find(kSaid.begin(), kSaid.end(), key) != kSaid.end();
}

json::Document parsed(std::string_view params) {
  json::Limits limits;
  limits.bytes_max = limits::kMcpMessageBytesMax;
  auto document = json::parse(std::string(params.empty() ? "{}" : params), limits);
  return document ? std::move(*document) : json::Document();
}

}  // namespace

bool says_revision(const Message& message) {
  return message.params()["_meta"][meta::kRevision].exists();
}

Result<RequestMeta> read_request_meta(const Message& message) {
  const json::Value all = message.params()["_meta"];
  if (!all.is_object()) return bad_input("`_meta` is missing", "/params/_meta");
  const auto at = [](std::string_view key) { return "/params/_meta/" + json::pointer_token(key); };
  const json::Value level = all[meta::kLogLevel];
  const RequestMeta said{all[meta::kRevision].string_or(""), level.string_or(""), all[meta::kClientInfo],
                         all[meta::kCapabilities]};
  if (!all[meta::kRevision].is_string())
    return bad_input("the revision is missing or no string", at(meta::kRevision));
  if (!said.capabilities.is_object())
    return bad_input("the capabilities are missing or no object", at(meta::kCapabilities));
  if (said.client_info.exists() && !said.client_info.is_object())
    return bad_input("expected an object", at(meta::kClientInfo));
  if (level.exists() && !level.is_string()) return bad_input("expected a string", at(meta::kLogLevel));
  return said;
}

std::string with_sender(std::string_view params, const Sender& sender) {
  Added said{{meta::kRevision, json::quote(kStatelessRevision)},
             {meta::kClientInfo, sender.client_info},
             {meta::kCapabilities, sender.capabilities}};
  if (!sender.log_level.empty()) said.emplace_back(meta::kLogLevel, json::quote(sender.log_level));
  const json::Document document = parsed(params);
  const json::Value old = document["_meta"];
  std::string all = with_members(old, is_said, said);
  if (old.exists()) return with_value(document, old, std::move(all));
  return with_members(document.root(), {}, {{"_meta", std::move(all)}});
}

std::string without_sender(std::string_view params) {
  if (params.find("io.modelcontextprotocol") == std::string_view::npos &&
      params.find("inputResponses") == std::string_view::npos &&
      params.find("requestState") == std::string_view::npos)
    return std::string(params);
  const json::Document document = parsed(params);
  const json::Value old = document["_meta"];
  const Which of_input = [](std::string_view key) {
    return key == "inputResponses" || key == "requestState";
  };
  const std::string all = with_members(old, is_said, {});
  if (old.is_object() && all != "{}") return with_members(document.root(), of_input, {{"_meta", all}});
  return with_members(document.root(), [&](std::string_view key) { return key == "_meta" || of_input(key); },
                      {});
}

std::string with_input(std::string_view params, const std::string* responses, const std::string* state) {
  const json::Document document = parsed(params);
  Added added;
  if (responses != nullptr) added.emplace_back("inputResponses", *responses);
  if (state != nullptr) added.emplace_back("requestState", json::quote(*state));
  return with_members(
      document.root(), [](std::string_view key) { return key == "inputResponses" || key == "requestState"; },
      added);
}

Result<std::string> plain_result(const Message& answer, bool hints) {
  const json::Value result = answer.result();
  const json::Value type = result["resultType"];
  if (type.exists() && type.string_or("") != "complete")
    return bad_input("a result of a kind that is not known", "/result/resultType");
  const json::Value ttl = result["ttlMs"];
  const json::Value scope = result["cacheScope"];
  if (hints && ttl.exists() && !ttl.is_number()) return bad_input("expected a number", "/result/ttlMs");
  if (hints && scope.exists() && scope.string_or("") != "public" && scope.string_or("") != "private")
    return bad_input("expected public or private", "/result/cacheScope");
  const json::Value all = result["_meta"];
  const bool described = all[meta::kServerInfo].exists();
  if (!type.exists() && !described && !(hints && (ttl.exists() || scope.exists())))
    return std::string(answer.text());
  const auto drop = [&](std::string_view key) {
    return key == "resultType" || (hints && (key == "ttlMs" || key == "cacheScope")) ||
           (described && key == "_meta" && all.size() == 1);
  };
  Added added;
  if (described && all.size() > 1) {
    added.emplace_back("_meta",
                       with_members(all, [](std::string_view key) { return key == meta::kServerInfo; }, {}));
  }
  return with_value(answer.document, result, with_members(result, drop, added));
}

Freshness freshness_of(json::Value result) {
  Freshness freshness;
  freshness.ttl_ms = std::max<int64_t>(0, result["ttlMs"].integer().value_or(0));
  freshness.shared = result["cacheScope"].string_or("") == "public";
  return freshness;
}

std::string stateless_answer(const Message& answer, std::string_view server_info,
                             const Freshness* freshness) {
  if (answer.kind != Kind::result) return std::string(answer.text());
  const json::Value result = answer.result();
  Added added;
  if (!result["resultType"].exists()) added.emplace_back("resultType", "\"complete\"");
  const Added info{{meta::kServerInfo, std::string(server_info)}};
  added.emplace_back("_meta", with_members(result["_meta"], {}, info));
  if (freshness != nullptr) {
    added.emplace_back("ttlMs", std::to_string(freshness->ttl_ms));
    added.emplace_back("cacheScope", freshness->shared ? "\"public\"" : "\"private\"");
  }
  return with_value(answer.document, result, with_members(result, {}, added));
}

std::string with_subscription(std::string_view method, std::string_view params, std::string_view id) {
  const json::Document document = parsed(params);
  const Added tag{{meta::kSubscription, std::string(id)}};
  return notification(
      method, with_members(document.root(), {}, {{"_meta", with_members(document["_meta"], {}, tag)}}));
}

}  // namespace weir::wire::mcp
