#include "review/candidates.h"

#include <fmt/format.h>

#include <algorithm>

#include "approval/question.h"
#include "base/bytes.h"
#include "base/toml.h"
#include "label/origin.h"
#include "manifest/trust.h"

namespace weir::review {
namespace {

using manifest::ArgRole;
using policy::Value;

constexpr size_t kManyValues = 3;  // so many different ones are worth a pattern
constexpr std::string_view kLasts = "30d";

// "/srv/out/a.txt" → "/srv/out/"; nothing above the second level, and nothing for what is no path.
std::string folder_of(std::string_view value) {
  const size_t slash = value.rfind('/');
  if (slash == std::string_view::npos || slash + 1 == value.size()) return {};
  const std::string_view folder = value.substr(0, slash + 1);
  const size_t scheme = folder.find("://");
  const std::string_view path = scheme == std::string_view::npos ? folder : folder.substr(scheme + 3);
  return std::count(path.begin(), path.end(), '/') >= 2 ? std::string(folder) : std::string();
}

// "tool:files/read file:/srv/a" → the principal, or else the whole.
std::string principal_of(const std::string& origin) {
  const size_t space = origin.find(' ');
  return origin.starts_with("tool:") && space != std::string::npos ? origin.substr(space + 1) : origin;
}

// What may stand for several principals: "mailto:*@x.org", "file:/srv/", "https://host".
std::string wider(const std::string& principal) {
  if (principal.starts_with("mailto:")) {
    const size_t at = principal.find('@');
    return at == std::string::npos ? std::string() : "mailto:*" + principal.substr(at);
  }
  return principal.starts_with("file:/") ? folder_of(principal) : std::string();
}

Value with(const Value& context, const std::map<std::string, Value>& changes) {
  std::vector<Value::Field> fields;
  for (const auto& [key, value] : context.record()) {
    const auto changed = changes.find(key);
    fields.emplace_back(key, changed == changes.end() ? value : changed->second);
  }
  return Value::record(std::move(fields));
}

bool allowed(const policy::PolicySet& policies, const policy::Request& request,
             const std::map<std::string, Value>& changes) {
  policy::Request changed = request;
  changed.context = with(request.context, changes);
  return policy::decide(policies, changed).decision == policy::Decision::allow;
}

bool leaks(const policy::Request& request) {
  const Value* leaks = request.context.field("leaks");
  return leaks != nullptr && leaks->is(Value::Kind::boolean) && leaks->boolean();
}

}  // namespace

std::string Candidate::text() const {
  if (is_grant()) {
    session::Grant grant;
    grant.tool = tool;
    grant.arguments = arguments;
    grant.release = release;
    return approval::grant_line(grant, kLasts);
  }
  return fmt::format("[[trust]]\norigin = {}\nintegrity = \"trusted\"", toml::quoted(origin));
}

std::string Candidate::risk() const {
  if (!is_grant()) {
    const std::string name = shown(principal_of(origin), 120);
    if (name.starts_with("mailto:"))
      return fmt::format("whoever can send mail as {} gives your agent orders", name.substr(7));
    if (name.starts_with("file:"))
      return fmt::format("whoever can put text into {} gives your agent orders", name.substr(5));
    if (name.starts_with("http"))
      return fmt::format("whoever can write anything at {} gives your agent orders", name);
    return fmt::format("whatever {} returns, whoever wrote it, counts as your own words", name);
  }
  const bool wide = std::any_of(arguments.begin(), arguments.end(), [](const auto& argument) {
    return session::matches_pattern(argument.second + "x", argument.second);
  });
  std::string says;
  if (runs) {
    says = "it can be run again at any moment, also because a stranger's text asks for it";
  } else if (arguments.empty()) {
    says = "a stranger's text can have this tool called at any moment, with arguments that are yours";
  } else if (wide) {
    says = "a stranger's text can have it called for anything that fits the pattern";
  } else {
    says = "a stranger's text can have exactly this call made again, with a content of its choice";
  }
  if (release) says += ", and whatever the agent has read by then goes to that recipient";
  return says;
}

std::string case_key(const Recorded& recorded) {
  std::string key = recorded.tool;
  const auto add = [&](std::string_view text) {
    key += '\n';
    key += text;
  };
  for (const std::string& policy : recorded.policies) add(policy);
  for (const std::string& origin : recorded.context_origins) add(origin);
  for (const RecordedArgument& argument : recorded.arguments) {
    if (argument.trusted || !manifest::authority_bearing(argument.role)) continue;
    add(argument.pointer);
    add(argument.value.value_or("\x01"));
    for (const std::string& origin : argument.origins) add(origin);
  }
  if (recorded.request) add(recorded.request->context.text());
  return key;
}

Finder::Finder(const std::vector<Recorded>& recorded, const policy::PolicySet& policies,
               const manifest::Manifests& manifests)
    : policies_(policies), manifests_(manifests) {
  for (const Recorded& each : recorded) {
    for (const RecordedArgument& argument : each.arguments) {
      if (argument.trusted || !argument.value) continue;
      if (const std::string folder = folder_of(*argument.value); !folder.empty())
        values_[each.tool + "\n" + argument.pointer + "\n" + folder].insert(*argument.value);
    }
    std::vector<std::string> origins = each.context_origins;
    for (const RecordedArgument& argument : each.arguments)
      origins.insert(origins.end(), argument.origins.begin(), argument.origins.end());
    for (const std::string& origin : origins) {
      const std::string principal = principal_of(origin);
      if (const std::string wide = wider(principal); !wide.empty()) principals_[wide].insert(principal);
    }
  }
}

std::string Finder::argument_pattern(const Recorded& recorded, const RecordedArgument& argument) const {
  const std::string& value = *argument.value;
  const bool place = argument.role == ArgRole::target || argument.role == ArgRole::selector;
  const std::string folder = place ? folder_of(value) : std::string();
  const auto found = values_.find(recorded.tool + "\n" + argument.pointer + "\n" + folder);
  if (!folder.empty() && found != values_.end() && found->second.size() >= kManyValues)
    return session::literal_pattern(folder) + "*";
  return session::literal_pattern(value);
}

// A principal out of a result counts only where the server is said to have checked it.
bool Finder::principal_counts(const std::string& server_tool) const {
  const manifest::ResultFacts& result = manifests_.facts(server_tool).result;
  if (result.origin.empty()) return false;
  const manifest::Template::Piece* piece = result.origin.result_piece();
  return piece == nullptr || result.is_authenticated(piece->pointer);
}

std::string Finder::origin_pattern(const std::string& text) const {
  const auto origin = parse_origin(text, false);
  // A star in it would stand for more than was seen.
  if (!origin || origin->kind != OriginKind::tool || text.find('*') != std::string::npos) return {};
  const bool counts = !origin->principal.empty() && principal_counts(origin->name);
  std::string pattern = counts ? origin->principal : "tool:" + origin->name;
  const std::string wide = counts ? wider(pattern) : std::string();
  const auto found = principals_.find(wide);
  if (!wide.empty() && found != principals_.end() && found->second.size() >= kManyValues)
    pattern = wide.starts_with("mailto:") ? wide : wide + "**";
  // It must be a rule, and say so of this origin.
  manifest::TrustRules rules;
  if (!rules.add({.pattern = pattern, .trusted = true}).has_value()) return {};
  return rules.judge(origin->name, origin->principal, counts).trusted == true ? pattern : std::string();
}

std::vector<Bundle> Finder::ways(const Recorded& recorded) const {
  std::vector<Bundle> ways;
  if (!recorded.request) return ways;
  const policy::Request& request = *recorded.request;
  // By a grant: the arguments that nobody vouched for are named, and who receives if data goes to them.
  Candidate grant;
  grant.tool = session::literal_pattern(recorded.tool);
  grant.release = leaks(request);
  bool nameable = true;
  for (const RecordedArgument& argument : recorded.arguments) {
    grant.runs = grant.runs || argument.role == ArgRole::command;
    const bool receives = argument.role == ArgRole::recipient || argument.role == ArgRole::target;
    const bool named =
        manifest::authority_bearing(argument.role) && (!argument.trusted || (grant.release && receives));
    if (!named) continue;
    if (!argument.value)
      nameable = false;
    else
      grant.arguments[argument.pointer] = argument_pattern(recorded, argument);
  }
  std::map<std::string, Value> granted{{"granted", Value(true)}};
  if (grant.release) granted.emplace("released", Value(true));
  if (nameable && allowed(policies_, request, granted)) ways.push_back({grant});
  // By trusting where it came from; not where it was denied: what no person may approve is no reason to
  // believe its source.
  if (recorded.decision == policy::Decision::deny) return ways;
  Bundle trust;
  bool possible = true;
  std::vector<std::string> origins;
  if (!recorded.context_trusted) origins = recorded.context_origins;
  for (const RecordedArgument& argument : recorded.arguments) {
    if (!argument.trusted) origins.insert(origins.end(), argument.origins.begin(), argument.origins.end());
  }
  for (const std::string& origin : origins) {
    Candidate rule;
    rule.origin = origin_pattern(origin);
    possible = possible && !rule.origin.empty();
    trust.insert(std::move(rule));
  }
  const std::map<std::string, Value> trusted{
      {"trusted", Value(true)}, {"untrusted_roles", Value::set({})}, {"copied_roles", Value::set({})}};
  if (possible && !trust.empty() && allowed(policies_, request, trusted)) ways.push_back(std::move(trust));
  return ways;
}

}  // namespace weir::review
