// Grant: what a person allowed ahead of time, or by an approval.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/json.h"

namespace weir::session {

enum class Scope : uint8_t {
  once,     // the next call that it covers uses it up
  session,  // all calls of one session
  until,    // all calls of any session until it expires
};

// "once", "session", "until".
std::string_view scope_name(Scope scope);

// Covers a call when the tool matches and every constraint holds. Grants never widen by themselves. Plain
// value.
struct Grant {
  std::string id;
  std::string tool;  // "mail/send", or "mail/*"
  // JSON pointer into the arguments → pattern (see matches_pattern). An
  // argument that decides something and has no constraint here must be trusted by itself.
  std::map<std::string, std::string> arguments = {};
  Scope scope = Scope::once;
  std::string session = {};  // for once and session: whose; empty: any
  std::optional<int64_t> expires_wall_ms = {};
  // Also releases data to a recipient that is not among its readers, where `arguments` constrains that
  // recipient.
  bool release = false;
  // With `release`: only data that comes from these origins (patterns of trust rules); empty: any.
  std::vector<std::string> origins = {};
  std::string reason = {};  // why, as the person says
  // Planned from the user's words by a model that had read nothing untrusted; ends when the user speaks
  // again.
  bool planned = false;

  bool expired(int64_t wall_ms) const { return expires_wall_ms && wall_ms >= *expires_wall_ms; }
};

// One JSON object:
// {"id","tool","args":{"/to":"bob@x"},"scope","session","expires","release","origins","reason","planned"};
// "expires" is in milliseconds since 1970. parse_grant() refuses unknown members but `beside`, which the
// caller reads.
std::string grant_json(const Grant& grant);
Result<Grant> parse_grant(json::Value value, std::string_view beside = {});

// Text equals pattern, where "*" stands for any run of characters and a backslash takes the next character
// literally. Linear in both for one "*", bounded by their product otherwise.
bool matches_pattern(std::string_view text, std::string_view pattern);
// The pattern that matches exactly `value`.
std::string literal_pattern(std::string_view value);

}  // namespace weir::session
