// weir skill catalogue: makes and serves a signed list of skills.
#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <filesystem>

#include "base/json.h"
#include "base/units.h"
#include "cli/files.h"
#include "cli/skill.h"
#include "ledger/files.h"
#include "net/loop.h"
#include "net/server.h"
#include "skill/archive.h"
#include "skill/limits.h"
#include "skill/text.h"

namespace weir::cli {
namespace {

Result<ledger::Key> open_key(const SkillArgs& args) {
  if (!skill::is_name(args.name))
    return bad_input("a catalogue needs a name of a-z, 0-9 and single \"-\"", "--name");
  ledger::PosixFiles files;
  SystemRandom random;
  return ledger::Key::load_or_create(files, args.key, args.name, random);
}

Status put(const std::string& path, std::string_view bytes) {
  WEIR_TRY_ASSIGN(before, read_if_there(path, size_t{64} << 20));
  return write_file(path, before, bytes, 0644);
}

// "HEX=why", or "HEX".
Result<skill::Revoked> read_revoked(const std::string& text) {
  std::string hex = text.substr(0, text.find('='));
  if (hex.starts_with("sha256:")) hex.erase(0, 7);
  const auto bytes = from_hex(hex);
  if (!bytes || bytes->size() != 32) return bad_input("expected DIGEST or DIGEST=WHY", shown(text));
  const size_t equals = text.find('=');
  return skill::Revoked{to_hex(*bytes), equals == std::string::npos ? "" : text.substr(equals + 1)};
}

Result<skill::IndexEntry> pack_one(const std::string& folder, const std::string& out) {
  WEIR_TRY_ASSIGN(fetched, local_skill(folder));
  WEIR_TRY_ASSIGN(read, skill::read_skill(std::move(fetched.package), fetched.folder_name));
  if (!read.package.find(skill::kBundleFile) && !read.package.find(skill::kMinisigFile))
    return Error{Code::denied, "it is not signed", folder, "weir skill sign --key FILE FOLDER"};
  WEIR_TRY_ASSIGN(archive, skill::pack(read.package));
  const std::string file = fmt::format("{}-{}.tar.gz", read.md.name, read.digest.substr(0, 16));
  WEIR_TRY(put(out + "/" + file, archive));
  return skill::IndexEntry{
      read.md.name, read.md.description,     file, true, to_hex(as_bytes(sha256(archive))),
      read.digest,  read.permissions.version};
}

struct Previous {
  uint64_t version = 0;
  int64_t issued_wall_ms = 0;
  skill::Index index;
};

// What lies there, if this key signed it.
Result<Previous> read_previous(const std::string& out, const ledger::Key& key) {
  Previous previous;
  WEIR_TRY_ASSIGN(note, read_if_there(out + "/" + skill::kNoteFile, limits::kNoteBytesMax));
  if (!note) return previous;
  WEIR_TRY_ASSIGN(parsed, ledger::parse_note(*note));
  WEIR_TRY(ledger::verify_note(parsed, key.verifier()));
  WEIR_TRY_ASSIGN(head, skill::parse_head(parsed.text));
  WEIR_TRY_ASSIGN(index_text, read_if_there(out + "/" + skill::kIndexFile, skill::kIndexBytesMax));
  WEIR_TRY_ASSIGN(index, skill::parse_index(index_text.value_or("{\"skills\":[]}")));
  previous.version = head.version;
  previous.issued_wall_ms = head.issued_wall_ms;
  previous.index = std::move(index);
  return previous;
}

Result<std::string> collect_advisories(const std::vector<std::string>& files) {
  json::Writer out;
  out.begin_object().key("vulns").begin_array();
  for (const std::string& file : files) {
    WEIR_TRY_ASSIGN(text, read_file(file, skill::kAdvisoriesBytesMax));
    if (auto parsed = skill::parse_advisories(text); !parsed) {
      Error error = parsed.error();
      error.where = file + error.where;
      return error;
    }
    WEIR_TRY_ASSIGN(document, json::parse(text));
    const json::Value root = document.root();
    const json::Value list = root.is_array() ? root : root["vulns"];
    if (!list.exists()) out.raw(root.raw());
    for (const json::Value each : list.elements()) out.raw(each.raw());
  }
  return out.end_array().end_object().take() + "\n";
}

Result<skill::CatalogueHead> make(const SkillArgs& args) {
  WEIR_TRY_ASSIGN(key, open_key(args));
  auto lasts = parse_duration(args.lasts);
  if (!lasts || *lasts == 0 || *lasts > skill::kCatalogueMsMax)
    return bad_input("expected a duration of at most a year", "--for", "720h");
  WEIR_TRY_ASSIGN(previous, read_previous(args.out, key));
  skill::Index index;
  index.revoked = previous.index.revoked;  // nobody is forgiven by leaving him out
  for (const std::string& text : args.revoke) {
    WEIR_TRY_ASSIGN(revoked, read_revoked(text));
    if (index.revokes(revoked.digest) == nullptr) index.revoked.push_back(std::move(revoked));
  }
  for (const std::string& folder : args.folders) {
    WEIR_TRY_ASSIGN(entry, pack_one(folder, args.out));
    if (index.find(entry.name) != nullptr)
      return bad_input(fmt::format("two skills called {}", entry.name), folder);
    if (index.revokes(entry.skill_digest) != nullptr)
      return Error{Code::denied, "it was revoked", folder, {}};
    index.skills.push_back(std::move(entry));
  }
  std::sort(index.skills.begin(), index.skills.end(),
            [](const auto& a, const auto& b) { return a.name < b.name; });
  const std::string index_text = skill::index_json(index);
  if (auto read_back = skill::parse_index(index_text); !read_back) return read_back.error();
  WEIR_TRY_ASSIGN(advisories, collect_advisories(args.advisories));
  const int64_t now_ms = std::max(SystemClock().now().wall_ms / 1'000 * 1'000, previous.issued_wall_ms);
  skill::CatalogueHead head{args.name,
                            previous.version + 1,
                            now_ms,
                            now_ms + *lasts,
                            to_hex(as_bytes(sha256(index_text))),
                            to_hex(as_bytes(sha256(advisories)))};
  WEIR_TRY_ASSIGN(note, key.sign_note(head.text()));
  // The note last: what reads in between finds files that the old note does not name, and takes none.
  WEIR_TRY(put(args.out + "/" + skill::kIndexFile, index_text));
  WEIR_TRY(put(args.out + "/" + skill::kAdvisoriesFile, advisories));
  WEIR_TRY(put(args.out + "/" + skill::kNoteFile, note));
  return head;
}

constexpr std::string_view kWellKnown = "/.well-known/agent-skills/";

void answer(net::ServerCall& call, const std::string& folder) {
  const auto gone = [&] { call.respond(404, {{"Content-Type", "text/plain"}}, "no such file\n"); };
  if (call.method() != "GET" && call.method() != "HEAD")
    return call.respond(405, {{"Allow", "GET, HEAD"}}, "");
  std::string path = call.target().substr(0, call.target().find('?'));
  if (path.starts_with(kWellKnown)) path.erase(0, kWellKnown.size() - 1);
  if (path.size() < 2 || path.find('/', 1) != std::string::npos || !skill::check_path(path.substr(1)))
    return gone();
  const auto bytes = read_if_there(folder + path, skill::kArchiveBytesMax);
  if (!bytes || !*bytes) return gone();
  const bool json = path.ends_with(".json");
  call.respond(200,
               {{"Content-Type", json ? "application/json" : "application/octet-stream"},
                {"X-Content-Type-Options", "nosniff"}},
               **bytes);
}

}  // namespace

int run_skill_catalogue_key(const Common&, const SkillArgs& args) {
  const auto key = open_key(args);
  if (!key) return fail(key.error());
  fmt::print("{}\n", key->vkey());
  return kDone;
}

int run_skill_catalogue_make(const Common& common, const SkillArgs& args) {
  const auto head = make(args);
  if (!head) return fail(head.error());
  if (common.json) {
    json::Writer out;
    out.begin_object().field("name", head->name).key("version").integer(static_cast<int64_t>(head->version));
    fmt::print("{}\n", out.field("expires", rfc3339(head->expires_wall_ms))
                           .field("index", "sha256:" + head->index_digest)
                           .end_object()
                           .take());
  } else {
    fmt::print("{} version {}, good until {}: {}\n", head->name, head->version,
               rfc3339(head->expires_wall_ms), args.out);
  }
  return kDone;
}

int run_skill_catalogue_serve(const Common&, const SkillArgs& args) {
  const size_t colon = args.listen.rfind(':');
  const int port = colon == std::string::npos ? -1 : std::atoi(args.listen.c_str() + colon + 1);
  if (port < 0 || port > 65'535) return fail(bad_input("expected HOST:PORT", "--listen"));
  net::Loop loop;
  net::Server server(
      loop, {}, [folder = args.out](const std::shared_ptr<net::ServerCall>& call) { answer(*call, folder); });
  const auto bound = server.listen(args.listen.substr(0, colon), static_cast<uint16_t>(port));
  if (!bound) return fail(bound.error());
  fmt::print("weir: serving {} on http://{}:{}{}\n", args.out, args.listen.substr(0, colon), *bound,
             kWellKnown);
  std::fflush(stdout);
  loop.on_signal({SIGINT, SIGTERM}, [&](int) { loop.stop(); });
  loop.run();
  return kDone;
}

}  // namespace weir::cli
