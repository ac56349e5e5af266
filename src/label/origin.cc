#include "label/origin.h"

#include <fmt/format.h>

#include "base/bytes.h"
#include "base/limits.h"

namespace weir {
namespace {

// Cut at a code point; a principal comes from hostile text and may be of any length.
std::string bounded_principal(std::string principal) {
  if (principal.size() <= limits::kPrincipalBytesMax) return principal;
  size_t cut = limits::kPrincipalBytesMax;
  while (cut > 0 && (static_cast<uint8_t>(principal[cut]) & 0xC0) == 0x80) --cut;
  principal.resize(cut);
  return principal;
}

}  // namespace

Origin Origin::tool(std::string server_tool, std::string principal, bool trusted) {
  return {OriginKind::tool, std::move(server_tool), bounded_principal(std::move(principal)), trusted};
}

std::string Origin::text() const {
  switch (kind) {
    case OriginKind::user:
      return name.empty() ? "user" : "user " + name;
    case OriginKind::operator_text:
      return "operator";
    case OriginKind::model:
      return "model";
    case OriginKind::skill:
      return "skill:" + name;
    case OriginKind::tool:
      return principal.empty() ? "tool:" + name : fmt::format("tool:{} {}", name, principal);
  }
  return "model";
}

std::string Origin::short_text() const {
  return principal.empty() ? text() : principal;
}

Result<Origin> parse_origin(std::string_view text, bool trusted) {
  if (text == "user attachment") return Origin{OriginKind::user, "attachment", {}, trusted};
  if (text == "user") return Origin{OriginKind::user, {}, {}, trusted};
  if (text == "operator") return Origin{OriginKind::operator_text, {}, {}, trusted};
  if (text == "model") return Origin{OriginKind::model, {}, {}, trusted};
  const auto rest = [&](std::string_view prefix) { return text.substr(prefix.size()); };
  if (text.starts_with("skill:")) return Origin{OriginKind::skill, std::string(rest("skill:")), {}, trusted};
  if (text.starts_with("tool:")) {
    const std::string_view tool = rest("tool:");
    const size_t space = tool.find(' ');
    if (space == std::string_view::npos) return Origin::tool(std::string(tool), {}, trusted);
    return Origin::tool(std::string(tool.substr(0, space)), std::string(tool.substr(space + 1)), trusted);
  }
  return bad_input(fmt::format("no such origin: \"{}\"", shown(text)), {},
                   "user, operator, model, tool:SERVER/TOOL or skill:NAME@DIGEST");
}

}  // namespace weir
