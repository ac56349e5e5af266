// Origin: where a piece of data came from.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.h"

namespace weir {

enum class OriginKind : uint8_t { user, operator_text, tool, skill, model };

// One source. Whether it is trusted is fixed when the origin is made (by the manifest and the trust rules of
// that moment) and is part of its identity: the same file read before and after a trust rule was added
// gives two origins. Plain value.
struct Origin {
  OriginKind kind = OriginKind::model;
  std::string name =
      {};  // tool: "server/tool"; skill: "name@digest"; user: "attachment" or empty; else empty
  std::string principal =
      {};  // "mailto:a@b.c", "file:/path", "https://host"; at most kPrincipalBytesMax; may be empty
  bool trusted = false;

  static Origin user() { return {OriginKind::user, {}, {}, true}; }
  // A file or picture that the user handed over: not the user's own words.
  static Origin attachment() { return {OriginKind::user, "attachment", {}, false}; }
  static Origin operator_text() { return {OriginKind::operator_text, {}, {}, true}; }
  // `server_tool` is "server/tool".
  static Origin tool(std::string server_tool, std::string principal, bool trusted);
  // Text that the planner is said to have written, though weir did not see it do so.
  static Origin unseen_model() { return {OriginKind::model, {}, {}, false}; }

  // "user", "user attachment", "operator", "model", "tool:files/read file:bill.txt", "skill:pdf@1f2e".
  std::string text() const;
  // The shortest name for a person: the principal, or else text() ("file:bill.txt").
  std::string short_text() const;

  auto operator<=>(const Origin&) const = default;
};

// Reads what text() wrote. Error: bad_input. Not part of the text: `trusted`, which the caller gives.
Result<Origin> parse_origin(std::string_view text, bool trusted);

}  // namespace weir
