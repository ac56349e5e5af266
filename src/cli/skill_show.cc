// weir skill verify, listing, sign, list, show, scan.
#include <fmt/format.h>

#include <filesystem>

#include "base/json.h"
#include "cli/files.h"
#include "cli/skill.h"
#include "skill/archive.h"
#include "skill/find.h"
#include "skill/folder.h"
#include "skill/limits.h"
#include "skill/minisign.h"
#include "skill/oms.h"

namespace weir::cli {
namespace {

using skill::Signature;
using skill::Standing;

constexpr size_t kShown = 400;

std::string_view state_word(Signature::State state) {
  switch (state) {
    case Signature::State::none:
      return "unsigned";
    case Signature::State::stranger:
      return "stranger";
    case Signature::State::good:
      return "good";
  }
  return "unsigned";
}

std::string signature_text(const Signature& signature) {
  switch (signature.state) {
    case Signature::State::none:
      return "not signed";
    case Signature::State::stranger:
      return fmt::format("signed by nobody whom you know ({}, {})", signature.form,
                         shown(signature.key, kShown));
    case Signature::State::good:
      return fmt::format("signed by {} ({}), whose words {}", shown(signature.signer), signature.form,
                         signature.trusted ? "you trust" : "are data to you");
  }
  return {};
}

void print_permissions(const skill::Permissions& permissions, bool declares) {
  if (!declares) {
    fmt::print("  it has no weir-skill.toml: its words may ask for nothing, its scripts may touch nothing\n");
  } else if (permissions.nothing()) {
    fmt::print("  it asks for no permission\n");
  }
  for (const std::string& line : skill::in_words(permissions)) fmt::print("  {}\n", line);
  if (permissions.expires_wall_ms) fmt::print("  until {}\n", rfc3339(*permissions.expires_wall_ms));
}

// Signers: those of weir.toml, or the one key that was given.
Result<std::vector<skill::Signer>> signers_for(const Common& common, const SkillArgs& args) {
  if (args.key.empty()) {
    std::vector<std::string> missing;
    WEIR_TRY_ASSIGN(config, load_config(common, &missing));
    return std::move(config.skills.signers);
  }
  WEIR_TRY_ASSIGN(text, read_file(args.key, skill::kKeyFileBytesMax));
  auto signer = skill::read_signer(args.key, text);
  if (!signer) {
    Error error = signer.error();
    error.where = args.key;
    return error;
  }
  signer->trusted = true;
  return std::vector<skill::Signer>{std::move(*signer)};
}

void problems_json(json::Writer& out, const std::vector<Error>& problems) {
  out.key("problems").begin_array();
  for (const Error& each : problems) out.string(each.text());
  out.end_array();
}

}  // namespace

int run_skill_verify(const Common& common, const SkillArgs& args) {
  const auto signers = signers_for(common, args);
  if (!signers) return fail(signers.error());
  auto fetched = local_skill(args.what);
  if (!fetched) return fail(fetched.error());
  const std::vector<Error> problems = skill::problems_of(fetched->package, fetched->folder_name);
  json::Writer out;
  out.begin_object();
  problems_json(out, problems);
  if (!problems.empty()) {
    if (common.json) fmt::print("{}\n", out.field("signature", "unchecked").end_object().take());
    for (const Error& each : problems) fmt::print(stderr, "weir: {}\n", each.text());
    return kNo;
  }
  const auto read = skill::read_skill(std::move(fetched->package), fetched->folder_name);
  if (!read) return fail(read.error());
  const auto signature = skill::check_signature(*read, *signers, SystemClock().now().wall_ms);
  if (!signature) {
    if (common.json)
      fmt::print("{}\n",
                 out.field("signature", "broken").field("why", signature.error().text()).end_object().take());
    return fail(signature.error());
  }
  const bool good = signature->state == Signature::State::good;
  if (common.json) {
    out.field("name", read->md.name)
        .field("digest", "sha256:" + read->digest)
        .field("signature", state_word(signature->state));
    out.field("signer", signature->signer)
        .field("form", signature->form)
        .key("trusted")
        .boolean(signature->trusted);
    fmt::print("{}\n",
               out.key("permissions").raw(skill::permissions_json(read->permissions)).end_object().take());
  } else {
    fmt::print("{} sha256:{}\n  {}\n", read->md.name, read->digest, signature_text(*signature));
    print_permissions(read->permissions, read->declares);
  }
  return good ? kDone : kNo;
}

int run_skill_listing(const Common&, const SkillArgs& args) {
  const auto fetched = local_skill(args.what);
  if (!fetched) return fail(fetched.error());
  fmt::print("{}", fetched->package.listing());
  return kDone;
}

namespace {

Result<std::string> sign(const skill::Skill& read, const SkillArgs& args, std::string& file) {
  WEIR_TRY_ASSIGN(text, read_file(args.key, skill::kKeyFileBytesMax));
  if (skill::MinisignSecret::looks_like(text)) {
    WEIR_TRY_ASSIGN(secret, skill::MinisignSecret::read(text));
    file = skill::kMinisigFile;
    return secret.sign(read.package.listing(), fmt::format("skill:{} sha256:{}", read.md.name, read.digest));
  }
  WEIR_TRY_ASSIGN(key, skill::EcKey::read_private(text));
  file = skill::kBundleFile;
  if (args.chain.empty()) return skill::sign_bundle(read.package, read.md.name, key, nullptr);
  WEIR_TRY_ASSIGN(pem, read_file(args.chain, skill::kKeyFileBytesMax));
  WEIR_TRY_ASSIGN(chain, skill::Certificates::read(pem));
  return skill::sign_bundle(read.package, read.md.name, key, &chain);
}

}  // namespace

int run_skill_sign(const Common&, const SkillArgs& args) {
  auto fetched = local_skill(args.what);
  if (!fetched) return fail(fetched.error());
  if (fetched->path.empty())
    return fail(bad_input("an archive cannot be signed", args.what, "sign the folder, then pack it"));
  const std::string folder = fetched->path;
  const auto read = skill::read_skill(std::move(fetched->package), fetched->folder_name);
  if (!read) return fail(read.error());
  std::string file;
  const auto signature = sign(*read, args, file);
  if (!signature) return fail(signature.error());
  const std::string path = folder + "/" + file;
  const auto before = read_if_there(path, skill::kBundleBytesMax);
  if (!before) return fail(before.error());
  if (const Status wrote = write_file(path, *before, *signature, 0644); !wrote) return fail(wrote.error());
  fmt::print("{} sha256:{}\n  signed: {}\n", read->md.name, read->digest, path);
  print_permissions(read->permissions, read->declares);
  return kDone;
}

int run_skill_list(const Common& common, const SkillArgs&) {
  auto book = SkillBook::open(common);
  if (!book) return fail(book.error());
  json::Writer out;
  out.begin_object().key("skills").begin_array();
  bool any = false;
  for (const skill::Pin& pin : book->pins()) {
    const Standing standing = book->look_at(pin);
    any = true;
    if (common.json) {
      out.begin_object()
          .field("name", pin.name)
          .field("version", pin.version)
          .field("digest", "sha256:" + pin.digest);
      out.field("state", skill::state_name(standing.state))
          .field("why", standing.why)
          .field("signer", pin.signer)
          .field("source", pin.source);
      out.field("folder", pin.folder)
          .key("granted")
          .raw(skill::permissions_json(standing.granted))
          .end_object();
      continue;
    }
    fmt::print("{:<24} {:<10} {:<12} {}\n", pin.name, pin.version.empty() ? "-" : pin.version,
               skill::state_name(standing.state), pin.signer.empty() ? "nobody" : shown(pin.signer));
    if (!standing.why.empty()) fmt::print("{:24} {}\n", "", shown(standing.why, kShown));
  }
  out.end_array().key("others").begin_array();
  std::error_code error;
  const std::string here = std::filesystem::current_path(error).string();
  std::vector<std::string> known = book->rules().known;
  for (std::string& path : known) path = in_home(path);
  known.push_back(skills_folder(book->rules()));
  for (const skill::Found& found : skill::find_skills(home_folder(), here, known)) {
    const auto is_pinned = [&](const skill::Pin& pin) {
      return std::filesystem::equivalent(pin.folder, found.path, error);
    };
    if (std::any_of(book->pins().begin(), book->pins().end(), is_pinned)) continue;
    any = true;
    if (common.json) {
      out.begin_object()
          .field("name", shown(found.name))
          .field("path", shown(found.path, kShown))
          .key("project")
          .boolean(found.project)
          .key("hidden")
          .boolean(found.hidden)
          .end_object();
    } else {
      fmt::print("{:<24} {:<10} {:<12} {}{}\n", shown(found.name), "-", "not added",
                 shown(found.path, kShown), found.hidden ? " (another of that name wins)" : "");
    }
  }
  if (common.json) {
    fmt::print("{}\n", out.end_array().end_object().take());
  } else if (!any) {
    fmt::print("no skill is there: weir skill add FOLDER\n");
  }
  return kDone;
}

int run_skill_show(const Common& common, const SkillArgs& args) {
  auto book = SkillBook::open(common);
  if (!book) return fail(book.error());
  const skill::Pin* pin = book->find(args.what);
  if (pin == nullptr) return run_skill_verify(common, args);
  const Standing standing = book->look_at(*pin);
  if (common.json) {
    json::Writer out;
    out.begin_object()
        .field("name", pin->name)
        .field("version", pin->version)
        .field("digest", "sha256:" + pin->digest);
    out.field("state", skill::state_name(standing.state))
        .field("why", standing.why)
        .field("signer", pin->signer)
        .field("source", pin->source);
    out.field("folder", pin->folder)
        .field("description", standing.skill.md.description)
        .key("accepted")
        .raw(skill::permissions_json(pin->granted));
    fmt::print("{}\n", out.key("granted").raw(skill::permissions_json(standing.granted)).end_object().take());
    return kDone;
  }
  fmt::print("{} {} sha256:{}\n  {}\n", pin->name, pin->version, pin->digest,
             shown(standing.skill.md.description, 1'200));
  fmt::print("  {}{}{}\n", skill::state_name(standing.state), standing.why.empty() ? "" : ": ",
             shown(standing.why, kShown));
  fmt::print("  signed by {}; from {}; in {}; added {}\n",
             pin->signer.empty() ? "nobody" : shown(pin->signer), shown(pin->source, kShown), pin->folder,
             rfc3339(pin->added_wall_ms));
  print_permissions(standing.granted, true);
  if (!(standing.granted == pin->granted) && skill::runs(standing.state))
    fmt::print("  (less than it was accepted with: [skills.allow] of weir.toml)\n");
  return kDone;
}

int run_skill_scan(const Common& common, const SkillArgs& args) {
  auto book = SkillBook::open(common);
  if (!book) return fail(book.error());
  const skill::Pin* pin = book->find(args.what);
  auto fetched = local_skill(pin != nullptr ? pin->folder : args.what);
  if (!fetched) return fail(fetched.error());
  skill::Permissions permissions;
  if (const auto declared = fetched->package.find(skill::kPermissionsFile)) {
    if (auto parsed = skill::parse_permissions(*declared, skill::kPermissionsFile))
      permissions = std::move(*parsed);
  }
  // What is installed under that name is the last version.
  std::optional<skill::Package> before;
  std::optional<skill::Permissions> permissions_before;
  const skill::Pin* last = pin != nullptr ? nullptr : book->find(fetched->folder_name);
  if (last != nullptr) {
    if (auto old = skill::read_folder(last->folder)) before = std::move(*old);
    permissions_before = last->granted;
  }
  const skill::Report report = skill::scan(fetched->package, permissions, before ? &*before : nullptr,
                                           permissions_before ? &*permissions_before : nullptr);
  const std::vector<Error> problems = skill::problems_of(fetched->package, fetched->folder_name);
  if (common.json) {
    json::Writer out;
    out.begin_object();
    problems_json(out, problems);
    out.key("findings").begin_array();
    for (const skill::Finding& each : report.findings) {
      out.begin_object()
          .field("kind", skill::kind_name(each.kind))
          .key("serious")
          .boolean(each.serious)
          .field("where", each.where)
          .field("says", each.says)
          .end_object();
    }
    fmt::print("{}\n", out.end_array()
                           .key("more")
                           .integer(static_cast<int64_t>(report.more))
                           .field("note", "advice, no gate")
                           .end_object()
                           .take());
    return kDone;
  }
  for (const Error& each : problems) fmt::print("! rules        {}\n", each.text());
  for (const skill::Finding& each : report.findings)
    fmt::print("{} {:<12} {}: {}\n", each.serious ? "!" : " ", skill::kind_name(each.kind),
               shown(each.where, kShown), shown(each.says, kShown));
  if (report.more > 0) fmt::print("  and {} more\n", report.more);
  fmt::print(
      "{} thing{} to look at. This is advice and no gate: a scan misses what it does not know, and finds "
      "what is harmless.\n"
      "What holds is who signed it, what it may do, and the sandbox: weir skill verify {}\n",
      report.findings.size() + report.more + problems.size(),
      report.findings.size() + report.more + problems.size() == 1 ? "" : "s", shown(args.what));
  return kDone;
}

}  // namespace weir::cli
