// Shared by the tests of this folder.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "policy/policy_set.h"

namespace weir::policy::testing {

// The set of a text that must parse.
inline PolicySet parsed(std::string_view text) {
  Result<PolicySet> out = PolicySet::parse(text, "t");
  EXPECT_TRUE(out.has_value()) << out.error().text() << "\n" << text;
  return out ? std::move(*out) : PolicySet();
}

// The error of a text that must not.
inline std::string parse_error(std::string_view text) {
  const Result<PolicySet> out = PolicySet::parse(text, "t");
  EXPECT_FALSE(out.has_value()) << "accepted: " << text;
  return out ? "" : out.error().where + " " + out.error().message;
}

// A request with things of every kind in it.
inline Request sample_request() {
  Request request{{"User", "alice"}, {"Action", "read"}, {"App::File", "f"}};
  request.context = Value::record({{"t", true},
                                   {"f", false},
                                   {"n", 7},
                                   {"max", INT64_MAX},
                                   {"min", INT64_MIN},
                                   {"s", "hello"},
                                   {"set", Value::set({1, 2, 3})},
                                   {"empty", Value::set({})},
                                   {"users", Value::set({EntityUid{"Group", "g"}, EntityUid{"User", "bob"}})},
                                   {"mixed", Value::set({EntityUid{"User", "alice"}, 1})},
                                   {"r", Value::record({{"a", Value::record({{"b", 1}})}, {"x y", 2}})}});
  return request;
}

inline Entities sample_entities() {
  Entities out;
  out.add({"User", "alice"}, {{"Group", "g"}},
          Value::record({{"age", 30}, {"boss", EntityUid{"User", "bob"}}}));
  out.add({"User", "bob"}, {}, Value::record({{"age", 50}}), Value::record({{"hello", 7}}));
  out.add({"Group", "g"}, {{"Group", "all"}});
  out.add({"Group", "all"}, {{"Group", "g"}});  // a cycle
  return out;
}

}  // namespace weir::policy::testing
