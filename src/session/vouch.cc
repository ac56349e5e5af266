#include "session/vouch.h"

#include <algorithm>

#include "base/limits.h"

namespace weir::session {

std::string vouch_json(const Vouch& vouch) {
  json::Writer writer;
  writer.begin_object().field("id", vouch.id);
  if (!vouch.origin.empty()) {
    writer.field("origin", vouch.origin);
  } else {
    writer.field("session", vouch.session).key("value").integer(vouch.number);
    writer.field("content", to_hex(as_bytes(vouch.content)));
  }
  writer.field("reason", vouch.reason).key("made").integer(vouch.made_wall_ms);
  return writer.key("expires").integer(vouch.expires_wall_ms).end_object().take();
}

Result<Vouch> parse_vouch(json::Value value) {
  Vouch vouch;
  vouch.id = value["id"].string_or("");
  vouch.origin = value["origin"].string_or("");
  vouch.session = value["session"].string_or("");
  const int64_t number = value["value"].integer().value_or(0);
  if (vouch.origin.empty() == (number == 0))
    return bad_input("a vouch names an origin, or a value of a session", "/origin",
                     R"("origin":"file:/srv/docs/**", or "session":"…","value":7)");
  if (number < 0 || number > INT32_MAX || (number != 0 && vouch.session.empty()))
    return bad_input("a value is named by its number and its session", "/value", "weir log --sessions");
  vouch.number = static_cast<uint32_t>(number);
  if (const auto digest = from_hex(value["content"].string_or(""));
      digest && digest->size() == vouch.content.size())
    std::copy(digest->begin(), digest->end(), vouch.content.begin());
  vouch.reason = value["reason"].string_or("");
  if (vouch.reason.empty() || vouch.reason.size() > limits::kReasonBytesMax)
    return bad_input("a vouch needs a reason, and a short one", "/reason", "who checked what");
  vouch.made_wall_ms = value["made"].integer().value_or(0);
  const auto expires = value["expires"].integer();
  if (!expires) return bad_input("a vouch needs an expiry", "/expires");
  vouch.expires_wall_ms = *expires;
  return vouch;
}

Digest content_digest(const seal::Sealed& value) {
  return sha256({value.json ? "json/" : "text/", value.content});
}

LabelId vouched_label(Labels& labels, const std::vector<Vouch>& vouches, std::string_view session,
                      uint32_t number, const seal::Sealed& value) {
  if (labels.trusted(value.label)) return value.label;
  const bool vouched = std::any_of(vouches.begin(), vouches.end(), [&](const Vouch& vouch) {
    return vouch.origin.empty() && vouch.number == number && vouch.session == session &&
           vouch.content == content_digest(value);
  });
  if (!vouched) return value.label;
  Label label = labels.get(value.label);
  for (Origin& origin : label.origins) origin.trusted = true;
  label.more_trusted = label.more_trusted || label.more_untrusted;
  label.more_untrusted = false;
  std::sort(label.origins.begin(), label.origins.end());
  label.origins.erase(std::unique(label.origins.begin(), label.origins.end()), label.origins.end());
  return labels.intern(label);
}

}  // namespace weir::session
