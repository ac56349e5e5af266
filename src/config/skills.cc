#include <fmt/format.h>

#include "config/read.h"
#include "ledger/note.h"
#include "skill/limits.h"
#include "skill/text.h"

namespace weir::config {
namespace {

Status read_bound(const toml::Value& table, std::string_view key,
                  std::optional<std::vector<std::string>>& out) {
  if (!table[key].exists()) return {};
  std::vector<std::string> list;
  WEIR_TRY(table.read(key, list));
  out = std::move(list);
  return {};
}

Status read_allow(const toml::Value& allow, skill::Bounds& out) {
  if (!allow.exists()) return {};
  WEIR_TRY(allow.only({"tools", "effects", "hosts", "secrets", "read", "write"}));
  WEIR_TRY(read_bound(allow, "tools", out.tools));
  WEIR_TRY(read_bound(allow, "effects", out.effects));
  WEIR_TRY(read_bound(allow, "hosts", out.hosts));
  WEIR_TRY(read_bound(allow, "secrets", out.secrets));
  WEIR_TRY(read_bound(allow, "read", out.read));
  return read_bound(allow, "write", out.write);
}

Result<skill::Signer> read_one_signer(const toml::Entry& entry, const Place& place) {
  const toml::Value& table = entry.value;
  WEIR_TRY(table.only({"key", "skills", "integrity", "identity"}));
  std::string key, identity;
  std::vector<std::string> skills = {"*"};
  WEIR_TRY(table.require("key", key));
  WEIR_TRY(table.read("skills", skills));
  WEIR_TRY(table.read("identity", identity));
  auto text = place.sources.read_file ? place.sources.read_file(place.beside(key))
                                      : Result<std::string>(unavailable("no file can be read here"));
  if (!text) return table["key"].error(text.error().text());
  auto signer = skill::read_signer(std::string(entry.key), *text);
  if (!signer) return table["key"].error(signer.error().message, signer.error().hint);
  if (!identity.empty() && !signer->authorities)
    return table["identity"].error("only a certificate has an identity");
  if (signer->authorities && identity.empty())
    return table.error("an authority signs for many: whose certificate is it that may sign?",
                       "identity = \"release@example.com\"");
  signer->skills = std::move(skills);
  signer->identity = std::move(identity);
  if (const toml::Value integrity = table["integrity"]; integrity.exists()) {
    static constexpr std::string_view kWords[] = {"untrusted", "trusted"};
    WEIR_TRY_ASSIGN(index, integrity.one_of("integrity", kWords));
    signer->trusted = index == 1;
  }
  return std::move(*signer);
}

Result<skill::CatalogueSource> read_one_catalogue(const toml::Entry& entry, const Place& place) {
  const toml::Value& table = entry.value;
  WEIR_TRY(table.only({"url", "key"}));
  skill::CatalogueSource out;
  out.name = entry.key;
  if (!skill::is_name(out.name)) return table.error("a catalogue's name has a-z, 0-9 and single \"-\"");
  WEIR_TRY(table.require("url", out.place));
  WEIR_TRY(table.require("key", out.key));
  if (!out.place.starts_with("https://") && !out.place.starts_with("http://")) {
    if (out.place.find("://") != std::string::npos)
      return table["url"].error("expected an http(s) URL or a folder");
    out.place = place.beside(out.place);
  }
  while (out.place.ends_with('/')) out.place.pop_back();
  const auto key = ledger::VerifierKey::parse(out.key);
  if (!key) return table["key"].error(key.error().message, "as weir skill catalogue key prints it");
  if (key->name() != out.name)
    return table["key"].error(fmt::format("it is the key of a catalogue called {}", key->name()));
  return out;
}

}  // namespace

Result<skill::Rules> read_skills(const toml::Value& skills, const Place& place) {
  skill::Rules out;
  if (!skills.exists()) return out;
  WEIR_TRY(
      skills.only({"folder", "known", "advisories", "advisories_max_age", "allow", "signer", "catalogue"}));
  WEIR_TRY(skills.read("folder", out.folder));
  out.folder = place.beside(out.folder);
  WEIR_TRY(skills.read("known", out.known));
  for (std::string& path : out.known) path = place.beside(path);
  WEIR_TRY(skills.read("advisories", out.advisories));
  for (std::string& path : out.advisories) path = place.beside(path);
  if (const toml::Value age = skills["advisories_max_age"]; age.exists()) {
    WEIR_TRY_ASSIGN(text, age.string());
    auto parsed = parse_duration(text);
    if (!parsed) return age.error(parsed.error().message, parsed.error().hint);
    if (out.advisories.empty()) return age.error("there are no advisories", "advisories = [\"/srv/osv\"]");
    out.advisories_age_ms = *parsed;
  }
  WEIR_TRY(read_allow(skills["allow"], out.allow));
  if (skills["signer"].exists()) {
    WEIR_TRY_ASSIGN(entries, skills["signer"].entries());
    if (entries.size() > skill::kSignersMax)
      return too_large(fmt::format("more than {} signers", skill::kSignersMax), skills["signer"].where());
    for (const toml::Entry& entry : entries) {
      WEIR_TRY_ASSIGN(signer, read_one_signer(entry, place));
      out.signers.push_back(std::move(signer));
    }
  }
  if (skills["catalogue"].exists()) {
    WEIR_TRY_ASSIGN(entries, skills["catalogue"].entries());
    for (const toml::Entry& entry : entries) {
      WEIR_TRY_ASSIGN(source, read_one_catalogue(entry, place));
      out.catalogues.push_back(std::move(source));
    }
  }
  return out;
}

}  // namespace weir::config
