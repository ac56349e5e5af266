// Who may do what: the client's token for the model APIs, the person's token for answers and grants.
//
// Two tokens, because an agent holds the first and must not be able to approve its own calls; and a third for
// what collects metrics, which needs neither. Compared in
// constant time, never logged.
#pragma once

#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/error.h"

namespace weir::gateway {

struct Tokens {
  std::string client;
  std::string person;
  std::string metrics;  // reads /metrics and nothing else
};

// Reads DIR/token, DIR/person-token and DIR/metrics-token, or makes them (mode 0600).
Result<Tokens> load_tokens(const std::string& dir, Random& random);

// Cuts "/t/TOKEN" off the front of a target; the token, or nothing.
std::string take_token_prefix(std::string& target);

// The token of "Bearer TOKEN" (RFC 6750), or nothing.
std::string_view bearer(std::string_view authorization);

}  // namespace weir::gateway
