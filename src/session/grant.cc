#include "session/grant.h"

#include <fmt/format.h>

#include "base/bytes.h"
#include "base/limits.h"
#include "manifest/trust.h"

namespace weir::session {

std::string_view scope_name(Scope scope) {
  switch (scope) {
    case Scope::once:
      return "once";
    case Scope::session:
      return "session";
    case Scope::until:
      return "until";
  }
  return "once";
}

std::string grant_json(const Grant& grant) {
  json::Writer writer;
  writer.begin_object().field("id", grant.id).field("tool", grant.tool).key("args").begin_object();
  for (const auto& [pointer, pattern] : grant.arguments) writer.field(pointer, pattern);
  writer.end_object().field("scope", scope_name(grant.scope));
  if (!grant.session.empty()) writer.field("session", grant.session);
  if (grant.expires_wall_ms) writer.key("expires").integer(*grant.expires_wall_ms);
  if (grant.release) writer.key("release").boolean(true);
  if (!grant.origins.empty()) {
    writer.key("origins").begin_array();
    for (const std::string& origin : grant.origins) writer.string(origin);
    writer.end_array();
  }
  if (!grant.reason.empty()) writer.field("reason", grant.reason);
  if (grant.planned) writer.key("planned").boolean(true);
  return writer.end_object().take();
}

namespace {

Status read_origins(json::Value list, Grant& grant) {
  manifest::TrustRules patterns;
  for (const json::Value each : list.elements()) {
    WEIR_TRY(patterns.add({std::string(each.string_or("")), true, {}, "/origins"}));
    grant.origins.emplace_back(*each.string());
    if (grant.origins.size() > limits::kGrantOriginsMax) return too_large("too many origins", "/origins");
  }
  return {};
}

}  // namespace

Result<Grant> parse_grant(json::Value value, std::string_view beside) {
  if (!value.is_object()) return bad_input("a grant must be an object");
  Grant grant;
  for (const json::Member& member : value.members()) {
    const std::string where = "/" + json::pointer_token(member.key);
    const auto text = member.value.string();
    if (!beside.empty() && member.key == beside) continue;
    if (member.key == "id" && text) {
      grant.id = *text;
    } else if (member.key == "tool" && text && text->find('/') != std::string_view::npos) {
      grant.tool = *text;
    } else if (member.key == "session" && text) {
      grant.session = *text;
    } else if (member.key == "expires" && member.value.integer()) {
      grant.expires_wall_ms = member.value.integer();
    } else if (member.key == "release" && member.value.boolean()) {
      grant.release = *member.value.boolean();
    } else if (member.key == "reason" && text && text->size() <= limits::kReasonBytesMax) {
      grant.reason = *text;
    } else if (member.key == "origins" && member.value.is_array()) {
      WEIR_TRY(read_origins(member.value, grant));
    } else if (member.key == "planned" && member.value.boolean()) {
      grant.planned = *member.value.boolean();
    } else if (member.key == "scope" && text && (*text == "once" || *text == "session" || *text == "until")) {
      grant.scope = *text == "once" ? Scope::once : *text == "session" ? Scope::session : Scope::until;
    } else if (member.key == "args" && member.value.is_object()) {
      for (const json::Member& argument : member.value.members()) {
        const auto pattern = argument.value.string();
        // "" is the whole: the text of a call whose arguments are one free text.
        if (!pattern || (!argument.key.empty() && !argument.key.starts_with('/'))) {
          return bad_input("an argument of a grant is a JSON pointer and a text pattern", where,
                           R"("args":{"/to":"bob@x.org"})");
        }
        grant.arguments[std::string(argument.key)] = *pattern;
      }
    } else {
      return bad_input(
          fmt::format("not understood in a grant: {} = {}", shown(member.key), shown(member.value.raw())),
          where, "tool, args, scope (once, session, until), session, expires, release, origins, reason");
    }
  }
  if (!grant.origins.empty() && !grant.release)
    return bad_input("origins are what a grant releases", "/origins", "\"release\":true");
  if (grant.tool.empty()) return bad_input("a grant needs a tool", "/tool", R"("tool":"mail/send")");
  return grant;
}

namespace {

// One step of a pattern: any run, or one literal character ("\\*" is a star, "\\\\" a backslash).
struct Step {
  bool any = false;
  char literal = 0;
};

std::vector<Step> steps_of(std::string_view pattern) {
  std::vector<Step> steps;
  for (size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] == '\\' && i + 1 < pattern.size()) {
      steps.push_back({false, pattern[++i]});
    } else {
      steps.push_back({pattern[i] == '*', pattern[i]});
    }
  }
  return steps;
}

}  // namespace

bool matches_pattern(std::string_view text, std::string_view pattern) {
  const std::vector<Step> steps = steps_of(pattern);
  size_t t = 0;
  size_t p = 0;
  size_t star = std::string_view::npos;  // the last "*" and where in the text it began
  size_t mark = 0;
  while (t < text.size()) {
    if (p < steps.size() && steps[p].any) {
      star = p++;
      mark = t;
    } else if (p < steps.size() && steps[p].literal == text[t]) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++mark;
    } else {
      return false;
    }
  }
  while (p < steps.size() && steps[p].any) ++p;
  return p == steps.size();
}

std::string literal_pattern(std::string_view value) {
  std::string pattern;
  for (const char c : value) {
    if (c == '*' || c == '\\') pattern += '\\';
    pattern += c;
  }
  return pattern;
}

}  // namespace weir::session
