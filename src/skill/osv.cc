#include "skill/osv.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/json.h"
#include "skill/limits.h"
#include "skill/permissions.h"

namespace weir::skill {
namespace {

constexpr std::string_view kEcosystem = "agent-skills";
constexpr std::string_view kDigest = "sha256:";

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
  return out;
}

Result<AdvisoryRange> read_range(json::Value value, const std::string& where) {
  AdvisoryRange range;
  for (const json::Value event : value["events"].elements()) {
    if (!event.is_object() || event.size() != 1)
      return bad_input("an event has one member", where + "/events");
    for (const json::Member& member : event.members()) {
      static constexpr std::string_view kEvents[] = {"introduced", "fixed", "last_affected", "limit"};
      if (std::find(std::begin(kEvents), std::end(kEvents), member.key) == std::end(kEvents) ||
          !member.value.is_string())
        return bad_input("an event is introduced, fixed, last_affected or limit", where + "/events");
      range.events.emplace_back(member.key, *member.value.string());
    }
    if (range.events.size() > kAdvisoryVersionsMax) return too_large("too many events", where);
  }
  // By version; of one version the start stands first.
  std::stable_sort(range.events.begin(), range.events.end(), [](const auto& a, const auto& b) {
    if (a.second == "0" || b.second == "0") return a.second == "0" && b.second != "0";
    return compare_versions(a.second, b.second) < 0;
  });
  return range;
}

Result<Affected> read_affected(json::Value value, const std::string& where) {
  Affected out;
  const json::Value package = value["package"];
  const std::string ecosystem = lower(package["ecosystem"].string_or(""));
  if (ecosystem.substr(0, ecosystem.find(':')) == kEcosystem) out.name = package["name"].string_or("");
  for (const json::Value each : value["versions"].elements()) {
    if (!each.is_string()) return bad_input("a version is a string", where + "/versions");
    if (out.versions.size() == kAdvisoryVersionsMax)
      return too_large(fmt::format("more than {} versions", kAdvisoryVersionsMax), where);
    out.versions.emplace_back(*each.string());
  }
  for (const json::Value each : value["ranges"].elements()) {
    if (each["type"].string_or("") == "GIT") continue;  // commits of a repository: a skill has none
    WEIR_TRY_ASSIGN(range, read_range(each, where + "/ranges"));
    out.ranges.push_back(std::move(range));
  }
  return out;
}

Result<Advisory> read_advisory(json::Value value, const std::string& where) {
  Advisory out;
  const auto id = value["id"].string();
  const auto modified = parse_day(value["modified"].string_or(""));
  if (!id || id->empty() || id->size() > 200) return bad_input("an advisory has an id", where + "/id");
  if (!modified) return bad_input("an advisory says when it was modified", where + "/modified");
  out.id = *id;
  out.summary = value["summary"].string_or("").substr(0, 500);
  out.modified_wall_ms = *modified;
  out.withdrawn = value["withdrawn"].exists();
  size_t index = 0;
  for (const json::Value each : value["affected"].elements()) {
    WEIR_TRY_ASSIGN(affected, read_affected(each, fmt::format("{}/affected/{}", where, index++)));
    out.affected.push_back(std::move(affected));
  }
  return out;
}

bool in_range(const AdvisoryRange& range, std::string_view version) {
  bool affected = false;
  bool limited = false, below_limit = false;
  for (const auto& [kind, at] : range.events) {
    if (kind == "limit") {
      limited = true;
      below_limit = below_limit || at == "*" || compare_versions(version, at) < 0;
      continue;
    }
    const int order = at == "0" ? 1 : compare_versions(version, at);
    if (kind == "introduced" && order >= 0) affected = true;
    if (kind == "fixed" && order >= 0) affected = false;
    if (kind == "last_affected" && order > 0) affected = false;
  }
  return affected && (!limited || below_limit);
}

bool means(const Affected& affected, std::string_view name, std::string_view version,
           std::string_view digest) {
  for (const std::string& each : affected.versions) {
    if (each.starts_with(kDigest) && lower(std::string_view(each).substr(kDigest.size())) == digest)
      return true;
  }
  if (affected.name.empty() || affected.name != name) return false;
  const bool any_version = std::any_of(affected.versions.begin(), affected.versions.end(),
                                       [](const std::string& each) { return !each.starts_with(kDigest); });
  if (affected.versions.empty() && affected.ranges.empty()) return true;
  // What has no version cannot be told apart from the bad ones.
  if (version.empty()) return any_version || !affected.ranges.empty();
  return std::find(affected.versions.begin(), affected.versions.end(), version) != affected.versions.end() ||
         std::any_of(affected.ranges.begin(), affected.ranges.end(),
                     [&](const AdvisoryRange& range) { return in_range(range, version); });
}

bool is_number(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

int compare_parts(std::string_view a, std::string_view b) {
  if (is_number(a) && is_number(b)) {
    while (a.size() > 1 && a.front() == '0') a.remove_prefix(1);
    while (b.size() > 1 && b.front() == '0') b.remove_prefix(1);
    if (a.size() != b.size()) return a.size() < b.size() ? -1 : 1;
    return a.compare(b);
  }
  if (is_number(a) != is_number(b)) return is_number(a) ? -1 : 1;  // semver: numbers come before words
  return a.compare(b);
}

int compare_dotted(std::string_view a, std::string_view b, std::string_view missing) {
  while (!a.empty() || !b.empty()) {
    const size_t a_end = std::min(a.find('.'), a.size()), b_end = std::min(b.find('.'), b.size());
    const int order =
        compare_parts(a.empty() ? missing : a.substr(0, a_end), b.empty() ? missing : b.substr(0, b_end));
    if (order != 0) return order;
    a.remove_prefix(std::min(a_end + 1, a.size()));
    b.remove_prefix(std::min(b_end + 1, b.size()));
  }
  return 0;
}

}  // namespace

int compare_versions(std::string_view a, std::string_view b) {
  a = a.substr(0, a.find('+'));
  b = b.substr(0, b.find('+'));
  if (a.starts_with('v')) a.remove_prefix(1);
  if (b.starts_with('v')) b.remove_prefix(1);
  const size_t a_dash = std::min(a.find('-'), a.size()), b_dash = std::min(b.find('-'), b.size());
  if (const int order = compare_dotted(a.substr(0, a_dash), b.substr(0, b_dash), "0"); order != 0)
    return order;
  const std::string_view a_pre = a.substr(std::min(a_dash + 1, a.size())),
                         b_pre = b.substr(std::min(b_dash + 1, b.size()));
  if (a_pre.empty() || b_pre.empty())
    return static_cast<int>(a_pre.empty()) - static_cast<int>(b_pre.empty());
  return compare_dotted(a_pre, b_pre, "");
}

Result<std::vector<Advisory>> parse_advisories(std::string_view text) {
  if (text.size() > kAdvisoriesBytesMax)
    return too_large(fmt::format("more than {} bytes of advisories", kAdvisoriesBytesMax));
  WEIR_TRY_ASSIGN(document, json::parse(std::string(text)));
  const json::Value root = document.root();
  const json::Value list = root.is_array() ? root : root["vulns"];
  std::vector<Advisory> out;
  if (!list.exists()) {
    WEIR_TRY_ASSIGN(one, read_advisory(root, ""));
    out.push_back(std::move(one));
    return out;
  }
  if (!list.is_array()) return bad_input("expected a list", "/vulns");
  if (list.size() > kAdvisoriesMax) return too_large(fmt::format("more than {} advisories", kAdvisoriesMax));
  size_t index = 0;
  for (const json::Value each : list.elements()) {
    WEIR_TRY_ASSIGN(one, read_advisory(each, fmt::format("{}/{}", root.is_array() ? "" : "/vulns", index++)));
    out.push_back(std::move(one));
  }
  return out;
}

const Advisory* find_advisory(const std::vector<Advisory>& advisories, std::string_view name,
                              std::string_view version, std::string_view digest) {
  for (const Advisory& advisory : advisories) {
    if (advisory.withdrawn) continue;
    for (const Affected& affected : advisory.affected) {
      if (means(affected, name, version, digest)) return &advisory;
    }
  }
  return nullptr;
}

}  // namespace weir::skill
