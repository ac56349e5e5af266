#include "skill/catalogue.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/clock.h"
#include "base/json.h"
#include "skill/limits.h"
#include "skill/permissions.h"
#include "skill/text.h"

namespace weir::skill {
namespace {

constexpr std::string_view kHeadLine = "weir-skill-catalogue/v1";
constexpr std::string_view kSchema = "https://schemas.agentskills.io/discovery/0.2.0/schema.json";
constexpr std::string_view kDigest = "sha256:";

Error denied(std::string why, std::string hint = {}) {
  return {Code::denied, std::move(why), {}, std::move(hint)};
}

// Hex of 32 bytes behind "sha256:", in lower case.
std::optional<std::string> digest_of(std::string_view text) {
  if (!text.starts_with(kDigest)) return std::nullopt;
  const auto bytes = from_hex(text.substr(kDigest.size()));
  if (!bytes || bytes->size() != 32) return std::nullopt;
  return to_hex(*bytes);
}

}  // namespace

std::string CatalogueHead::text() const {
  return fmt::format("{}\n{}\nversion {}\nissued {}\nexpires {}\n{} {}{}\n{} {}{}\n", kHeadLine, name,
                     version, rfc3339(issued_wall_ms), rfc3339(expires_wall_ms), kIndexFile, kDigest,
                     index_digest, kAdvisoriesFile, kDigest, advisories_digest);
}

Result<CatalogueHead> parse_head(std::string_view text) {
  std::vector<std::string_view> lines;
  for (std::string_view rest = text; !rest.empty() && lines.size() < 9;) {
    const size_t end = std::min(rest.find('\n'), rest.size());
    lines.push_back(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  const auto wrong = [](size_t line) {
    return bad_input("the catalogue's note cannot be read", fmt::format("line {}", line));
  };
  if (lines.size() != 7 || lines[0] != kHeadLine) return wrong(1);
  const auto after = [&](size_t line, std::string_view word) {
    return lines[line].starts_with(word) ? lines[line].substr(word.size()) : std::string_view();
  };
  CatalogueHead head;
  head.name = lines[1];
  if (!is_name(head.name)) return wrong(2);
  const auto version = ledger::parse_decimal(after(2, "version "));
  const auto issued = parse_day(after(3, "issued "));
  const auto expires = parse_day(after(4, "expires "));
  const auto index = digest_of(after(5, std::string(kIndexFile) + " "));
  const auto advisories = digest_of(after(6, std::string(kAdvisoriesFile) + " "));
  if (!version || *version == 0) return wrong(3);
  if (!issued) return wrong(4);
  if (!expires || *expires <= *issued || *expires - *issued > kCatalogueMsMax) return wrong(5);
  if (!index) return wrong(6);
  if (!advisories) return wrong(7);
  head.version = *version;
  head.issued_wall_ms = *issued;
  head.expires_wall_ms = *expires;
  head.index_digest = *index;
  head.advisories_digest = *advisories;
  if (head.text() != text) return bad_input("the catalogue's note is not in its one form");
  return head;
}

std::string seen_json(const Seen& seen) {
  json::Writer writer;
  writer.begin_object()
      .key("version")
      .integer(static_cast<int64_t>(seen.version))
      .field("text", seen.text_digest);
  return writer.key("issued").integer(seen.issued_wall_ms).end_object().take();
}

Result<Seen> parse_seen(std::string_view text) {
  WEIR_TRY_ASSIGN(document, json::parse(std::string(text)));
  const auto version = document["version"].integer();
  const auto issued = document["issued"].integer();
  if (!version || *version < 0 || !issued) return bad_input("what was seen of a catalogue cannot be read");
  return Seen{static_cast<uint64_t>(*version), std::string(document["text"].string_or("")), *issued};
}

Result<CatalogueHead> open_head(std::string_view note, const ledger::VerifierKey& key, const Seen& seen,
                                int64_t wall_ms) {
  WEIR_TRY_ASSIGN(parsed, ledger::parse_note(note));
  if (const Status signed_ = ledger::verify_note(parsed, key); !signed_)
    return denied(fmt::format("the catalogue is not signed by {}: {}", key.name(), signed_.error().message));
  WEIR_TRY_ASSIGN(head, parse_head(parsed.text));
  if (head.name != key.name())
    return denied(fmt::format("the catalogue calls itself {}, and its key {}", head.name, key.name()));
  if (head.version < seen.version)
    return denied(fmt::format("version {} of the catalogue, of which version {} was seen: a rollback",
                              head.version, seen.version),
                  "ask who hosts it");
  if (head.version == seen.version && to_hex(as_bytes(sha256(head.text()))) != seen.text_digest)
    return denied(fmt::format("two different versions {} of the catalogue", head.version),
                  "ask who signs it");
  if (head.issued_wall_ms < seen.issued_wall_ms)
    return denied("the catalogue was issued before the one that was seen");
  if (wall_ms >= head.expires_wall_ms)
    return denied(fmt::format("the catalogue expired on {}", rfc3339(head.expires_wall_ms)),
                  "it may be frozen: ask who hosts it");
  constexpr int64_t kClocksApartMs = 300'000;
  if (head.issued_wall_ms > wall_ms + kClocksApartMs)
    return denied(fmt::format("the catalogue is of {}, which is to come", rfc3339(head.issued_wall_ms)),
                  "set this machine's clock");
  return head;
}

const IndexEntry* Index::find(std::string_view name) const {
  const auto at =
      std::find_if(skills.begin(), skills.end(), [&](const IndexEntry& entry) { return entry.name == name; });
  return at == skills.end() ? nullptr : &*at;
}

const Revoked* Index::revokes(std::string_view digest) const {
  const auto at = std::find_if(revoked.begin(), revoked.end(),
                               [&](const Revoked& each) { return each.digest == digest; });
  return at == revoked.end() ? nullptr : &*at;
}

Result<Index> parse_index(std::string_view text) {
  if (text.size() > kIndexBytesMax)
    return too_large(fmt::format("an index of more than {} bytes", kIndexBytesMax));
  WEIR_TRY_ASSIGN(document, json::parse(std::string(text)));
  const json::Value skills = document["skills"];
  if (!skills.is_array()) return bad_input("an index has a list of skills", "/skills");
  if (skills.size() > kIndexSkillsMax)
    return too_large(fmt::format("an index of more than {} skills", kIndexSkillsMax));
  Index out;
  size_t number = 0;
  for (const json::Value each : skills.elements()) {
    const std::string where = fmt::format("/skills/{}", number++);
    IndexEntry entry;
    entry.name = each["name"].string_or("");
    entry.description = each["description"].string_or("");
    entry.url = each["url"].string_or("");
    entry.version = each["weir"]["version"].string_or("");
    const std::string_view type = each["type"].string_or("");
    const auto digest = digest_of(each["digest"].string_or(""));
    if (!is_name(entry.name)) return bad_input("not a name of a skill", where + "/name");
    if (out.find(entry.name) != nullptr)
      return bad_input(fmt::format("{} is there twice", entry.name), where + "/name");
    if (count_chars(entry.description) > kDescriptionCharsMax)
      return too_large("a description that is too long", where + "/description");
    if (type != "archive" && type != "skill-md")
      return bad_input("a type is \"archive\" or \"skill-md\"", where + "/type");
    if (!digest) return bad_input("a digest is \"sha256:\" and 64 hex digits", where + "/digest");
    if (entry.url.empty() || entry.url.size() > 2'048) return bad_input("an entry has a url", where + "/url");
    entry.archive = type == "archive";
    entry.file_digest = *digest;
    if (const json::Value own = each["weir"]["digest"]; own.exists()) {
      const auto skill = digest_of(own.string_or(""));
      if (!skill) return bad_input("a digest is \"sha256:\" and 64 hex digits", where + "/weir/digest");
      entry.skill_digest = *skill;
    }
    out.skills.push_back(std::move(entry));
  }
  const json::Value revoked = document["revoked"];
  if (revoked.size() > kRevokedMax) return too_large(fmt::format("more than {} revoked skills", kRevokedMax));
  for (const json::Value each : revoked.elements()) {
    const auto digest = digest_of(each["digest"].string_or(""));
    if (!digest) return bad_input("a digest is \"sha256:\" and 64 hex digits", "/revoked");
    out.revoked.push_back({*digest, std::string(each["why"].string_or("").substr(0, 500))});
  }
  return out;
}

std::string index_json(const Index& index) {
  json::Writer out;
  out.begin_object().field("$schema", kSchema).key("skills").begin_array();
  for (const IndexEntry& entry : index.skills) {
    out.begin_object().field("name", entry.name).field("type", entry.archive ? "archive" : "skill-md");
    out.field("description", entry.description)
        .field("url", entry.url)
        .field("digest", std::string(kDigest) + entry.file_digest);
    if (!entry.skill_digest.empty()) {
      out.key("weir")
          .begin_object()
          .field("digest", std::string(kDigest) + entry.skill_digest)
          .field("version", entry.version)
          .end_object();
    }
    out.end_object();
  }
  out.end_array().key("revoked").begin_array();
  for (const Revoked& each : index.revoked)
    out.begin_object()
        .field("digest", std::string(kDigest) + each.digest)
        .field("why", each.why)
        .end_object();
  return out.end_array().end_object().take() + "\n";
}

Result<std::string> place_of(std::string_view base, std::string_view url) {
  const auto refused = [&](std::string why) { return bad_input(std::move(why), shown(url)); };
  for (const char c : url) {
    if (c <= 0x20 || c >= 0x7F || c == '\\') return refused("not a URL that can be fetched");
  }
  const bool web = base.starts_with("https://") || base.starts_with("http://");
  if (url.starts_with("https://") || url.starts_with("http://")) {
    if (!web) return refused("a catalogue in a folder that leads out of it");
    if (base.starts_with("https://") && url.starts_with("http://")) return refused("a step down from https");
    return std::string(url);
  }
  if (url.find("://") != std::string_view::npos || url.starts_with("//") ||
      url.find('%') != std::string_view::npos || url.find_first_of("?#") != std::string_view::npos)
    return refused("a URL of neither http nor https, or with an escape in it");
  std::string root(base);
  while (root.ends_with('/')) root.pop_back();
  if (url.starts_with('/')) {
    // In a folder the whole site's path leads to where the index itself lies.
    static constexpr std::string_view kWellKnown = "/.well-known/agent-skills/";
    if (!web) {
      if (!url.starts_with(kWellKnown)) return refused("a catalogue in a folder that leads out of it");
      url.remove_prefix(kWellKnown.size());
    } else {
      const size_t host = root.find('/', root.find("://") + 3);
      root = root.substr(0, host);
      url.remove_prefix(1);
    }
  }
  WEIR_TRY(check_path(url));
  return root + "/" + std::string(url);
}

}  // namespace weir::skill
