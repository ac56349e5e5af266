// Pointers through records: JSON pointers (RFC 6901) in which a token "*" stands for every element of an
// array or member of an object, and templates such as "mailto:{/*/from}" made of them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/json.h"

namespace weir::manifest {

// "/messages/*/from". A member that is really called "*" cannot be named. Plain value.
struct PointerPattern {
  std::vector<std::string> tokens = {};  // unescaped; "*" is any

  // The pattern's tokens match the pointer's first tokens: the pointer is the place or lies below it.
  bool covers(const std::vector<std::string>& pointer_tokens) const;
  // Same length too.
  bool matches(const std::vector<std::string>& pointer_tokens) const;
  std::string text() const;
  bool operator==(const PointerPattern&) const = default;
};

// Splits and unescapes; bad_input if it is neither empty nor starts with "/", or has a bad "~".
Result<std::vector<std::string>> pointer_tokens(std::string_view pointer);
Result<PointerPattern> parse_pointer(std::string_view text);

// Text with places to fill in: "{/*/from}" from the result, "{args/NAME}" from the call's arguments (NAME may
// go on: "{args/to/0}"), "{url:args/NAME}" (or "{url:/*/link}") for the scheme and host of a URL there.
struct Template {
  enum class Source : uint8_t { literal, args, result };
  struct Piece {
    Source source = Source::literal;
    bool url = false;             // scheme://host of the value
    std::string literal = {};     // of a literal
    PointerPattern pointer = {};  // of the others
  };
  std::vector<Piece> pieces = {};

  bool empty() const { return pieces.empty(); }
  // The piece that points into the result, or null; there is at most one.
  const Piece* result_piece() const;
};

// It must start with a scheme ("mailto:") or "{url:", so that no value chooses what kind of principal it is.
Result<Template> parse_template(std::string_view text);

}  // namespace weir::manifest
