// Vouch: a person's statement, made at run time, that a source or one sealed value can be trusted until it
// expires. A source: as a trust rule of weir.toml (manifest/trust.h), in all sessions. A value: its content,
// in its session; in arguments it is as if a trusted source had said it, but it stays sealed.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"
#include "base/json.h"
#include "label/label.h"
#include "seal/vault.h"

namespace weir::session {

struct Vouch {
  std::string id;
  std::string origin = {};  // a pattern; empty: it is a value
  std::string session = {};
  uint32_t number = 0;  // of the value
  Digest content = {};  // of the value: another content under its number is not vouched for
  std::string reason;
  int64_t made_wall_ms = 0;
  int64_t expires_wall_ms = 0;

  bool expired(int64_t wall_ms) const { return wall_ms >= expires_wall_ms; }
};

// {"id","origin" or "session","value":7,"content":"…","reason","made","expires"}; times in milliseconds since
// 1970. parse_vouch(vouch_json(x)) == x. Error: bad_input, also for what names no origin or value, or gives
// no reason.
std::string vouch_json(const Vouch& vouch);
Result<Vouch> parse_vouch(json::Value value);

Digest content_digest(const seal::Sealed& value);
// `label` with all its origins trusted, when a vouch speaks of this value of the session; else as it is.
LabelId vouched_label(Labels& labels, const std::vector<Vouch>& vouches, std::string_view session,
                      uint32_t number, const seal::Sealed& value);

}  // namespace weir::session
