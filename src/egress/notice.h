// Notice: what a sandbox's egress tells whoever keeps the ledger, a message of JSON each, and the answer.
// Pure.
//
// A connection is told of before it is dialled, and dialled when the answer says that the entry is durable;
// told of again when it is over. What was refused is told of, and nobody waits.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace weir::egress {

struct Notice {
  enum class Kind : uint8_t {
    opening,  // `number` is to be answered
    refused,
    ended,  // of the entry `number`
  };
  Kind kind = Kind::refused;
  uint64_t number = 0;
  std::string program = {};  // of the sandbox
  std::string host = {};     // as it was asked for; hostile
  uint16_t port = 0;         // 0: a name that was asked for
  std::string address = {};  // ended: that was dialled
  bool allowed = true;       // ended: false when it was refused on the way, by what was sent
  std::string why = {};      // when it was refused or failed
  // opening: names of those that may be put in; ended: of those that were.
  std::vector<std::string> secrets = {};
  uint64_t out_bytes = 0, in_bytes = 0, requests = 0;  // ended
  uint64_t left_out = 0;                               // refused: so many before it were not told of
  bool operator==(const Notice&) const = default;
};

inline constexpr size_t kNoticeBytesMax = size_t{16} << 10;

std::string notice_text(const Notice& notice);
// Errors: bad_input.
Result<Notice> parse_notice(std::string_view text);

// The answer to an opening: the entry's index; nothing: it could not be written, and nothing may go out.
struct Noted {
  uint64_t number = 0;
  std::optional<uint64_t> index = {};
};
std::string noted_text(const Noted& noted);
Result<Noted> parse_noted(std::string_view text);

}  // namespace weir::egress
