// weir's command line: reads the options and calls one subcommand.
#include <CLI/CLI.hpp>

#include "cli/command.h"

int main(int argc, char** argv) {
  using namespace weir::cli;
  CLI::App app{"weir: the wall that makes AI agents safe to feed", "weir"};
  app.require_subcommand(1);
  app.set_version_flag("--version", WEIR_VERSION);
  Common common;
  int code = kDone;

  ReplayArgs replay;
  CLI::App* sub =
      app.add_subcommand("replay", "read a session as JSON lines, write each decision; nothing is executed");
  sub->add_option("--mode", replay.mode, "watch or guard");
  sub->add_option("--config", common.config_file, "weir.toml; without it no configuration is read");
  sub->add_option("--manifest", replay.manifests, "further manifest files")->allow_extra_args(false);
  sub->add_option("--policy", replay.policies, "policy sets or .cedar files instead of the default")
      ->allow_extra_args(false);
  sub->add_flag("--planner-view", replay.planner_view,
                "write what the planner would be sent before each call");
  sub->add_option("FILE", replay.file, "a file, or - for standard input");
  sub->callback([&] { code = run_replay(common, replay); });

  sub = app.add_subcommand("config", "about weir.toml");
  sub->require_subcommand(1);
  sub->add_subcommand("reference", "print docs/config.md")->callback([&] { code = run_config_reference(); });

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kDone : kWrongInput;
  }
  return code;
}
