#include <CLI/CLI.hpp>

#include "cli/skill.h"

namespace weir::cli {
namespace {

void add_catalogue_verbs(CLI::App* skill, Common& common, SkillArgs& args, int& code) {
  CLI::App* catalogue = skill->add_subcommand("catalogue", "make and serve a signed list of skills");
  catalogue->require_subcommand(1);
  const auto with_key = [&](CLI::App* command) {
    command->add_option("--name", args.name, "the catalogue's name")->required();
    command->add_option("--key", args.key, "file with its private key; made where it is not there")
        ->required();
    return command;
  };
  with_key(catalogue->add_subcommand("key", "print the catalogue's public key, for [skills.catalogue.NAME]"))
      ->callback([&] { code = run_skill_catalogue_key(common, args); });
  CLI::App* make = with_key(catalogue->add_subcommand("make", "sign the next version of a catalogue"));
  make->add_option("--out", args.out, "the folder that is hosted")->required();
  make->add_option("--for", args.lasts, "how long it is good, for example 720h")->capture_default_str();
  make->add_option("--revoke", args.revoke, "DIGEST=WHY of a skill that nobody may use any more")
      ->allow_extra_args(false);
  make->add_option("--advisories", args.advisories, "an OSV file that goes along")->allow_extra_args(false);
  make->add_flag("--json", common.json, "for machines");
  make->add_option("FOLDER", args.folders, "signed skills");
  make->callback([&] { code = run_skill_catalogue_make(common, args); });
  CLI::App* serve =
      catalogue->add_subcommand("serve", "serve a catalogue's folder over HTTP, on this machine");
  serve->add_option("--listen", args.listen, "HOST:PORT")->capture_default_str();
  serve->add_option("FOLDER", args.out, "the folder")->required();
  serve->callback([&] { code = run_skill_catalogue_serve(common, args); });
}

}  // namespace

void add_skill_verbs(CLI::App& app, Common& common, SkillArgs& args, int& code) {
  CLI::App* skill =
      app.add_subcommand("skill", "skills: who signed them, what they may do, and running their scripts");
  skill->require_subcommand(1);
  using Run = int (*)(const Common&, const SkillArgs&);
  const auto verb = [&](const char* name, const char* says, Run run) {
    CLI::App* command = skill->add_subcommand(name, says);
    command->add_option("--config", common.config_file, "weir.toml instead of ~/.config/weir/weir.toml");
    command->add_flag("--json", common.json, "for machines");
    command->callback([&, run] { code = run(common, args); });
    return command;
  };
  CLI::App* verify =
      verb("verify", "is it whole, by the rules, and signed by somebody you know?", run_skill_verify);
  verify->add_option("--key", args.key, "this public key or authority instead of weir.toml's signers");
  verify->add_option("PLACE", args.what, "a folder or archive")->required();
  verb("listing", "the digests of its files: what minisign signs", run_skill_listing)
      ->add_option("PLACE", args.what, "a folder or archive")
      ->required();
  CLI::App* sign =
      verb("sign", "sign a skill's folder, and what its weir-skill.toml asks for", run_skill_sign);
  sign->add_option("--key", args.key, "private key: PEM (ECDSA), or minisign's without a password")
      ->required();
  sign->add_option("--chain", args.chain, "certificates (PEM), the key's own first");
  sign->add_option("FOLDER", args.what, "the skill")->required();
  verb("list", "skills that were added, and others that lie around", run_skill_list);
  verb("show", "one skill: who signed it, what it may do", run_skill_show)
      ->add_option("NAME", args.what, "an added skill, or a folder")
      ->required();
  verb("scan", "what in a skill to look at; advice, no gate", run_skill_scan)
      ->add_option("NAME", args.what, "an added skill, a folder or an archive")
      ->required();
  CLI::App* add = verb("add", "accept a skill with its permissions, and pin it", run_skill_add);
  add->add_option("PLACE", args.what, "a folder, an archive, a URL, or CATALOGUE/NAME")->required();
  add->add_option("--name", args.name, "with the URL of an index.json: which of its skills");
  add->add_flag("--unsigned", args.without_signature, "also one that nobody you know signed: as data");
  add->add_flag("--in-place", args.in_place, "leave it where it lies");
  add->add_flag("--yes", args.yes, "ask nothing");
  CLI::App* update =
      verb("update", "newer versions of added skills; new permissions need a yes", run_skill_update);
  update->add_option("NAME", args.what, "one of them; all by default");
  update->add_flag("--yes", args.yes, "ask nothing");
  verb("remove", "take a skill back", run_skill_remove)
      ->add_option("NAME", args.what, "an added skill")
      ->required();
  CLI::App* run =
      verb("run", "run a script of an added skill in the sandbox, with what it was granted", run_skill_run);
  run->add_option("NAME", args.what, "an added skill")->required();
  run->add_option("SCRIPT", args.script, "a file of it, for example scripts/fill.py")->required();
  run->add_flag("--explain", args.explain, "say what it could touch instead");
  // For the help alone: what follows "--" was taken off the line before it is read.
  run->add_option("ARGUMENT", args.words, "behind \"--\": for the script");
  add_catalogue_verbs(skill, common, args, code);
}

}  // namespace weir::cli
