// AnswerType: in what form a quarantined reader must answer, and what that tells the planner.
//
// bool, int, date and enum within bounds that the planner states are revealed and cost log2 of all outcomes,
// "the reader could not answer" included; text and a list of texts become sealed values and cost nothing.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/json.h"

namespace weir::seal {

struct AnswerType {
  enum class Kind : uint8_t { boolean, integer, date, enumeration, text, list };
  Kind kind = Kind::text;
  int64_t min = 0, max = 0;               // of an integer; of a date: days since 1970-01-01
  std::vector<std::string> options = {};  // of an enumeration

  bool reveals() const { return kind != Kind::text && kind != Kind::list; }
  // 0 where nothing is revealed.
  double bits() const;
  // For the reader: "true or false".
  std::string in_words() const;
};

// "bool", "text", "list", "int:0..50", "date:2024-01-01..2024-12-31", "enum:red,green"; or as an object:
// {"type":"int","min":0,"max":50}, {"type":"date","from":…,"to":…}, {"type":"enum","options":[…]}.
// Error: bad_input, where = a JSON pointer below `where`.
Result<AnswerType> parse_answer_type(json::Value value, std::string_view where);

// What the reader wrote, as JSON in its one canonical spelling (of text and list: any); nothing when it is
// not of the type. Takes {"answer": …}, also within a code fence, or the bare value.
std::optional<std::string> read_answer(const AnswerType& type, std::string_view written);

}  // namespace weir::seal
