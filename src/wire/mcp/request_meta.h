// What the stateless era (revision 2026-07-28) adds to requests and results: who asks, in which revision and
// with which capabilities stands in each request's `_meta`; each result says what kind it is.
//
// Texts go in and come out; only what has to change changes, all other bytes stay. Pure.
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"
#include "base/json.h"
#include "wire/mcp/message.h"

namespace weir::wire::mcp {

inline constexpr std::string_view kStatelessRevision = "2026-07-28";

namespace meta {
inline constexpr std::string_view kRevision = "io.modelcontextprotocol/protocolVersion";
inline constexpr std::string_view kClientInfo = "io.modelcontextprotocol/clientInfo";
inline constexpr std::string_view kCapabilities = "io.modelcontextprotocol/clientCapabilities";
inline constexpr std::string_view kLogLevel = "io.modelcontextprotocol/logLevel";
inline constexpr std::string_view kServerInfo = "io.modelcontextprotocol/serverInfo";
inline constexpr std::string_view kSubscription = "io.modelcontextprotocol/subscriptionId";
}  // namespace meta

// What one request says of itself. Views into the message.
struct RequestMeta {
  std::string_view revision, log_level;  // log_level: empty, when no log messages are wanted
  json::Value client_info, capabilities;
};

// A request that is meant for this era: its `_meta` names a revision.
bool says_revision(const Message& message);
// Error: bad_input when a member that has to be there is missing or of another type.
Result<RequestMeta> read_request_meta(const Message& message);

// What weir says of itself and its client in requests to a server of this era. JSON texts.
struct Sender {
  std::string client_info, capabilities;
  std::string log_level = {};  // as text, not JSON; empty: none is asked for
};
// `params` (JSON, may be empty) with the sender's members in `_meta`, in place of any that were there.
std::string with_sender(std::string_view params, const Sender& sender);
// `params` for a server of an earlier era: without what only this era knows. The same text when there is
// none of it.
std::string without_sender(std::string_view params);

// `params` with inputResponses and requestState in place of any that were there; `responses` is JSON,
// `state` text; what is null is left out.
std::string with_input(std::string_view params, const std::string* responses, const std::string* state);

// A result as the earlier eras write it: without `resultType`, the server's description of itself, and, where
// `hints` says so, without caching hints. Only for results that are complete. Error: bad_input where one of
// these has another type than it should.
Result<std::string> plain_result(const Message& answer, bool hints);

// Caching hints (server/utilities/caching).
struct Freshness {
  int64_t ttl_ms = 0;
  bool shared = false;  // cacheScope "public"
};
// What a result says; one without hints is stale at once and private.
Freshness freshness_of(json::Value result);

// The whole answer as this era writes it: `resultType` where there is none, weir's description of itself in
// `_meta`, and caching hints where `freshness` is given, in place of any that were there.
std::string stateless_answer(const Message& answer, std::string_view server_info, const Freshness* freshness);
// A notification with a subscription's id in its `_meta`. `id` is JSON text.
std::string with_subscription(std::string_view method, std::string_view params, std::string_view id);

}  // namespace weir::wire::mcp
