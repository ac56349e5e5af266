// .expect files: what a replayed session must decide, written by hand (tests/dialogues/README.md has the
// format), and how what was decided differs.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/json.h"

namespace weir::replay {

struct ExpectedLabel {
  std::string name;       // "/POINTER", "(text)" or "context"
  std::string integrity;  // "trusted", "untrusted", or empty: either
  bool only = false;      // every origin contains one of `origins`
  std::vector<std::string> origins;
  std::optional<std::vector<std::string>> readers;  // exactly these
};

struct Expectation {
  std::string id;
  std::string decision;
  bool only = false;  // no other policy decided
  std::vector<std::string> policies;
  std::vector<ExpectedLabel> labels;
  std::vector<std::string> why;  // parts of the sentence
};

// In the order of the file. Error: bad_input at "file:line".
Result<std::vector<Expectation>> read_expectations(std::string_view text, const std::string& file_name);

// One thing that is not as expected. Both are lines in the form of the file; either may be empty.
struct Difference {
  std::string id;
  std::string expected;
  std::string got;
};

// `decisions` are what Replay wrote, parsed. Every decision must be expected, and every expectation be met.
std::vector<Difference> differences(const std::vector<Expectation>& expectations,
                                    const std::vector<json::Document>& decisions);

}  // namespace weir::replay
