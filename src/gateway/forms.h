// How requests and replies of model APIs are carried by HTTP: which path is whose, and what a stream is.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "exchange/exchange.h"
#include "net/http.h"

namespace weir::gateway {

// A request that a Turn answers.
struct Route {
  exchange::Dialect dialect = exchange::Dialect::chat_completions;
  std::string path;  // below the API's root, with the query
};

// Nothing when no planner is asked at `target`.
std::optional<Route> turn_route(std::string_view method, std::string_view target);

// What passes as it is, because it carries nothing to or from a planner: lists and descriptions of models.
std::optional<Route> passing_route(std::string_view method, std::string_view target,
                                   const net::Headers& headers);

// Whose error shape a client at that path reads.
exchange::Dialect dialect_at(std::string_view target, const net::Headers& headers);

// Whether a reply with these headers is a stream, to a client that asked for one or not.
bool is_stream(exchange::Dialect dialect, bool wanted, const net::Headers& headers);

// Whether a request only counts what it would cost.
bool only_counts(std::string_view path);

// Takes Gemini's `key` out of a target's query, so that nobody writes it down; it becomes x-goog-api-key
// unless there is one.
void take_query_key(std::string& target, net::Headers& headers);

// The path to ask a Gemini upstream: its streams are read as events, whatever the client gets.
std::string with_events(const std::string& path);

}  // namespace weir::gateway
