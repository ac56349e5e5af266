#include "skill/pins.h"

#include <fmt/format.h>

#include "base/clock.h"
#include "base/json.h"
#include "skill/folder.h"
#include "skill/limits.h"

namespace weir::skill {

using State = Standing::State;

std::string pins_json(const std::vector<Pin>& pins) {
  json::Writer out;
  out.begin_object().key("skills").begin_array();
  for (const Pin& pin : pins) {
    out.begin_object()
        .field("name", pin.name)
        .field("digest", pin.digest)
        .field("version", pin.version)
        .field("signer", pin.signer);
    out.field("source", pin.source)
        .field("folder", pin.folder)
        .key("granted")
        .raw(permissions_json(pin.granted));
    out.key("added").integer(pin.added_wall_ms).field("quarantined", pin.quarantined).end_object();
  }
  return out.end_array().end_object().take();
}

Result<std::vector<Pin>> parse_pins(std::string_view text) {
  std::vector<Pin> pins;
  if (text.empty()) return pins;
  WEIR_TRY_ASSIGN(document, json::parse(std::string(text)));
  if (document["skills"].size() > kPinnedMax)
    return too_large(fmt::format("more than {} skills", kPinnedMax));
  for (const json::Value each : document["skills"].elements()) {
    const auto of = [&](std::string_view key) { return std::string(each[key].string_or("")); };
    Pin pin{of("name"),
            of("digest"),
            of("version"),
            of("signer"),
            of("source"),
            of("folder"),
            {},
            each["added"].integer().value_or(0),
            of("quarantined")};
    WEIR_TRY_ASSIGN(granted, read_permissions_json(each["granted"].raw()));
    pin.granted = std::move(granted);
    if (pin.name.empty() || pin.digest.size() != 64) return bad_input("a pin of a skill cannot be read");
    pins.push_back(std::move(pin));
  }
  return pins;
}

std::string_view state_name(State state) {
  switch (state) {
    case State::trusted:
      return "trusted";
    case State::known:
      return "known";
    case State::unsigned_:
      return "unsigned";
    case State::expired:
      return "expired";
    case State::unknown:
      return "unknown signer";
    case State::quarantined:
      return "quarantined";
    case State::changed:
      return "changed";
    case State::missing:
      return "missing";
  }
  return "missing";
}

bool runs(State state) {
  return state == State::trusted || state == State::known || state == State::unsigned_;
}

Standing look_at(const Pin& pin, const Rules& rules, const std::vector<Advisory>& advisories,
                 int64_t wall_ms) {
  Standing out;
  const auto say = [&](State state, std::string why) {
    out.state = state;
    out.why = std::move(why);
    return std::move(out);
  };
  auto package = read_folder(pin.folder);
  if (!package)
    return say(package.error().code == Code::not_found ? State::missing : State::changed,
               package.error().text());
  auto skill = read_skill(std::move(*package), pin.name);
  if (!skill) return say(State::changed, skill.error().text());
  if (skill->digest != pin.digest) return say(State::changed, "its files are not those that were accepted");
  out.skill = std::move(*skill);
  if (!pin.quarantined.empty()) return say(State::quarantined, pin.quarantined);
  if (const Advisory* bad = find_advisory(advisories, pin.name, pin.version, pin.digest))
    return say(State::quarantined, fmt::format("{}: {}", bad->id, shown(bad->summary)));
  if (pin.granted.expired(wall_ms))
    return say(State::expired, fmt::format("it expired on {}", rfc3339(*pin.granted.expires_wall_ms)));
  if (pin.signer.empty()) return say(State::unsigned_, "nobody whom you know signed it");
  // Certificates had to be good when it was added; keys are those of today.
  const auto signature = check_signature(out.skill, rules.signers, pin.added_wall_ms);
  if (!signature) return say(State::changed, signature.error().text());
  if (signature->state != Signature::State::good)
    return say(State::unknown, fmt::format("{} signed it, and is no signer in weir.toml", shown(pin.signer)));
  out.granted = within(pin.granted, rules.allow);
  out.state = signature->trusted ? State::trusted : State::known;
  return out;
}

}  // namespace weir::skill
