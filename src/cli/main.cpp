// weir's command line: reads the options and calls one subcommand.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/command.h"
#include "cli/manifest.h"
#include "cli/mcp.h"
#include "cli/policy.h"
#include "cli/sandbox.h"
#include "cli/skill.h"
#include "egress/fork_server.h"
#include "egress/start.h"
#include "net/keeper.h"
#include "sandbox/enclose.h"

int main(int argc, char** argv) {
  using namespace weir::cli;
  // Not for people: weir starts itself so, between it and each child process.
  if (argc > 1 && std::string_view(argv[1]) == weir::net::kKeepVerb)
    return weir::net::keep(argc - 2, argv + 2);
  if (argc > 1 && std::string_view(argv[1]) == weir::sandbox::kEncloseVerb)
    return weir::egress::enclose(argc - 2, argv + 2);
  // While there is little to copy, and before anything is read.
  std::optional<weir::egress::ForkServer> sandboxes;
  if (argc > 1 && std::string_view(argv[1]) == "up") {
    if (auto started = weir::egress::ForkServer::start()) sandboxes = *std::move(started);
  }
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
  sub->add_flag("--cedar-semantics", replay.cedar_semantics,
                "decide as the published Cedar engine: a policy that errs is skipped; for comparison");
  sub->add_flag("--without-trace", replay.without_trace)->group("");  // for tests: what would be missed
  sub->add_option("FILE", replay.file, "a file, or - for standard input");
  sub->callback([&] { code = run_replay(common, replay); });

  const auto with_config = [&](CLI::App* command) {
    command->add_option("--config", common.config_file, "weir.toml instead of ~/.config/weir/weir.toml");
    return command;
  };
  const auto with_json = [&](CLI::App* command) {
    command->add_flag("--json", common.json, "for machines");
    return with_config(command);
  };

  UpArgs up;
  up.sandboxes = sandboxes ? &*sandboxes : nullptr;
  sub = with_config(app.add_subcommand("up", "run the wall: model APIs on one address"));
  sub->add_option("--listen", up.listen, "HOST:PORT");
  sub->add_option("--mode", up.mode, "watch or guard");
  sub->callback([&] { code = run_up(common, up); });
  with_json(app.add_subcommand("reload", "let the running weir read weir.toml again"))->callback([&] {
    code = run_reload(common);
  });

  with_config(app.add_subcommand("mcp", "weir's MCP servers on standard input and output"))->callback([&] {
    code = run_mcp(common);
  });

  TokenArgs token;
  sub = with_config(app.add_subcommand("token", "print the token that clients show"));
  sub->add_flag("--person", token.person, "the person's token, for answers and grants; not for agents");
  sub->add_flag("--metrics", token.metrics, "the token that reads /metrics and nothing else");
  sub->callback([&] { code = run_token(common, token); });

  with_json(app.add_subcommand("status", "what runs, and what was stopped"))->callback([&] {
    code = run_status(common);
  });

  InitArgs init;
  sub = with_config(app.add_subcommand("init", "write weir.toml for an agent, and point the agent at weir"));
  sub->add_option(
      "--client", init.client,
      "claude-code, codex, openclaw, goose, opencode, qwen-code, gemini-cli or openai-compatible");
  sub->add_option(
      "--upstream", init.upstream,
      "the model API: anthropic, openai, ollama, llama-cpp, openrouter, …, a URL, or client (its own login)");
  sub->add_option("--dialect", init.dialect, "of an upstream given by URL");
  sub->add_option("--key-env", init.key_env, "the variable that holds the upstream's key");
  sub->add_option("--model", init.model, "the model's name, where the client's config needs one");
  sub->add_option("--listen", init.listen, "HOST:PORT of a new weir.toml");
  sub->add_option(
      "--profile", init.profile,
      "policies and trust rules to start from: personal, coding (trusts this folder), support, strict");
  sub->add_flag("--apply", init.apply, "edit the client's config; without, print the lines to paste");
  sub->add_flag("--project", init.project, "also the MCP servers that this folder's .mcp.json names");
  sub->add_flag("--add", init.add, "put what is new at the end of the weir.toml that is there");
  sub->add_flag("--force", init.force, "replace weir.toml; with --undo, also what was changed since");
  sub->add_flag("--undo", init.undo, "put back what the last run changed");
  sub->add_flag("--keep", init.keep, "with --undo: what was changed since stays, only weir's part goes");
  sub->add_flag("--dry-run", init.dry_run, "write nothing");
  sub->add_flag("--yes", init.yes, "ask nothing");
  sub->callback([&] { code = run_init(common, init); });

  with_json(app.add_subcommand("doctor", "what is wrong with this weir, and what mends it"))->callback([&] {
    code = run_doctor(common);
  });

  ApprovalsArgs approvals;
  sub =
      with_json(app.add_subcommand("approvals", "calls that wait for an answer; on a terminal, a live view"));
  sub->add_flag("--watch", approvals.watch, "stay, and print again when something changes");
  sub->add_flag("--once", approvals.once, "print what waits; on a terminal too, instead of the live view");
  sub->add_flag(
      "--denied", approvals.denied,
      "what was denied in this run for lack of a person, and the grants that would have allowed it");
  sub->callback([&] { code = run_approvals(common, approvals); });

  AnswerArgs answer;
  bool session = false;
  bool always = false;
  sub = with_json(app.add_subcommand("approve", "let a waiting call go"));
  sub->add_option("ID", answer.id, "as weir approvals shows it")->required();
  CLI::Option* once_more = sub->add_flag("--session", session, "and the same again in this session");
  sub->add_flag("--always", always, "and the same again for 30 days")->excludes(once_more);
  sub->callback([&] {
    answer.answer = session ? "session" : always ? "always" : "once";
    code = run_answer(common, answer);
  });
  sub = with_json(app.add_subcommand("deny", "refuse a waiting call"));
  sub->add_option("ID", answer.id, "as weir approvals shows it")->required();
  sub->callback([&] {
    answer.answer = "deny";
    code = run_answer(common, answer);
  });

  GrantArgs grant;
  sub =
      with_json(app.add_subcommand("grant", "allow calls ahead of time; without arguments, list the grants"));
  sub->add_option("TOOL", grant.tool, "server/tool; * stands for any text");
  sub->add_option("--arg", grant.arguments,
                  "POINTER=PATTERN: what an argument must be, for example /to=bob@x.org")
      ->allow_extra_args(false);
  sub->add_option("--session", grant.session, "only in this session");
  sub->add_option("--for", grant.lasts, "how long, for example 8h (the default)");
  sub->add_flag("--release", grant.release,
                "also let data go to a recipient named by --arg who is not among its readers");
  sub->add_option("--from", grant.origins,
                  "with --release: only data from there, for example file:/srv/agenda/** (repeatable)")
      ->allow_extra_args(false);
  sub->add_flag("--once", grant.once, "with --session: for the next such call alone");
  sub->add_option("--reason", grant.reason, "why; it goes into the ledger");
  sub->add_flag("--list", grant.list, "list the grants");
  sub->add_option("--remove", grant.remove, "take a grant back");
  sub->callback([&] { code = run_grant(common, grant); });

  VouchArgs vouch;
  sub = with_json(
      app.add_subcommand("vouch", "say that a source, or one sealed value, can be trusted for a time"));
  sub->add_option("WHAT", vouch.what,
                  "an origin as in [[trust]], for example file:/srv/docs/**; or a value, v7, of --session");
  sub->add_option("--session", vouch.session, "whose value it is");
  sub->add_option("--reason", vouch.reason, "why; it goes into the ledger");
  sub->add_option("--for", vouch.lasts, "how long, for example 30d; 8h by default");
  sub->add_flag("--list", vouch.list, "list what is vouched for");
  sub->add_option("--revoke", vouch.revoke, "take a vouch back");
  sub->callback([&] { code = run_vouch(common, vouch); });

  PinsArgs pins;
  sub = with_json(app.add_subcommand("pins", "what servers say of their tools, and what you accepted of it"));
  CLI::App* pins_diff = with_json(sub->add_subcommand("diff", "what changed in a tool that waits"));
  pins_diff->add_option("SERVER/TOOL", pins.name, "or SERVER; all by default");
  CLI::App* pins_accept = with_json(sub->add_subcommand("accept", "let a tool be offered and called again"));
  pins_accept->add_option("SERVER/TOOL", pins.name, "or SERVER: all that waits of it")->required();
  pins_accept->add_option("--digest", pins.digest, "only if this is what waits; weir pins diff shows it");
  sub->callback([&] {
    if (pins_diff->parsed()) {
      code = run_pins_diff(common, pins);
    } else {
      code = pins_accept->parsed() ? run_pins_accept(common, pins) : run_pins(common);
    }
  });

  ManifestArgs manifest;
  const auto with_server = [&](CLI::App* command) {
    command->add_option("--url", manifest.which.url, "an MCP server at an address");
    command->add_option("--list", manifest.which.list, "a file with what a server answered to tools/list");
    command->add_option("--sandbox", manifest.which.sandbox,
                        "the profile that --command runs in (before it); \"none\": as you");
    // For the help alone: what follows it was taken off the line before it is read.
    command
        ->add_option("--command", manifest.which.command,
                     "an MCP server's command line: takes all that follows")
        ->expected(0, -1);
    return with_json(command);
  };
  sub = app.add_subcommand("manifest", "what is known of a server's tools");
  sub->require_subcommand(1);
  CLI::App* manifest_draft = with_server(
      sub->add_subcommand("draft", "write a first manifest from what a server lists; for you to correct"));
  manifest_draft->add_option("NAME", manifest.names, "a server of weir.toml");
  manifest_draft->callback([&] { code = run_manifest_draft(common, manifest); });
  CLI::App* manifest_check = with_server(
      sub->add_subcommand("check", "what manifests lack beside what servers really list, and what drifted"));
  manifest_check->add_option("NAME", manifest.names, "servers of weir.toml; all by default");
  manifest_check->add_option("--manifest", manifest.manifest, "the manifest's name, when it is another");
  manifest_check->callback([&] { code = run_manifest_check(common, manifest); });

  PolicyArgs policy;
  const auto with_policies = [&](CLI::App* command) {
    command->add_option("--policy", policy.policies, "policy sets or .cedar files instead of the config's")
        ->allow_extra_args(false);
    return with_json(command);
  };
  sub = app.add_subcommand("policy", "see, test and compare policies");
  sub->require_subcommand(1);
  CLI::App* policy_check =
      sub->add_subcommand("check", "do they load, may they be loaded, which rules can never matter");
  policy_check->add_option("FILE", policy.files, ".cedar files or shipped sets; \"default\" by default");
  policy_check->add_flag("--json", common.json, "for machines");
  policy_check->callback([&] { code = run_policy_check(common, policy); });
  CLI::App* policy_explain = with_policies(
      sub->add_subcommand("explain", "which rules matched one call of a session, on which labels"));
  policy_explain->add_option("FILE", policy.files, "a session, as weir replay reads it")
      ->required()
      ->expected(1);
  policy_explain->add_option("--call", policy.call, "the id of a call or answer")->required();
  policy_explain->add_option("--manifest", policy.manifests, "further manifest files")
      ->allow_extra_args(false);
  policy_explain->callback([&] { code = run_policy_explain(common, policy); });
  CLI::App* policy_test =
      sub->add_subcommand("test", "run sessions, and compare with what must be decided (.expect files)");
  policy_test->add_option("FILE", policy.files, "sessions, or folders of them")->required();
  policy_test->add_option("--policy", policy.policies, "policy sets or .cedar files instead of the session's")
      ->allow_extra_args(false);
  policy_test->add_option("--manifest", policy.manifests, "further manifest files")->allow_extra_args(false);
  policy_test->add_flag("--json", common.json, "for machines");
  policy_test->callback([&] { code = run_policy_test(common, policy); });
  const auto with_log = [&](CLI::App* command) {
    command->add_option("--last", policy.last, "how many of the newest decisions")
        ->check(CLI::PositiveNumber);
    command->add_option("FILE", policy.files, "what weir log --json wrote, instead of the running weir")
        ->expected(1);
    return with_policies(command);
  };
  with_log(sub->add_subcommand("what-if", "what other policies would have decided of what was recorded"))
      ->callback([&] { code = run_policy_what_if(common, policy); });
  with_log(
      sub->add_subcommand("learn", "the grants and trust rules that would have let through what happened"))
      ->callback([&] { code = run_policy_learn(common, policy); });

  LogArgs log;
  sub = with_json(app.add_subcommand("log", "what was decided, newest last"));
  sub->add_option("-n", log.last, "how many");
  CLI::Option* one = sub->add_option(
      "--session", log.session, "one session: what came in, what was decided and told; its id or \"last\"");
  sub->add_flag("--sessions", log.sessions, "the sessions, one line each")->excludes(one);
  sub->add_flag("--all", log.all, "every line of a session")->needs(one);
  CLI::App* verify = with_json(sub->add_subcommand("verify", "recompute the ledger and check its signature"));
  verify->add_option("--retained", log.retained, "a checkpoint kept elsewhere: finds a rollback too");
  CLI::App* checkpoint = sub->add_subcommand("checkpoint", "print the signed checkpoint, to keep elsewhere");
  sub->callback([&] {
    if (log.sessions || !log.session.empty()) {
      code = run_log_session(common, log);
    } else if (verify->parsed()) {
      code = run_log_verify(common, log);
    } else {
      code = checkpoint->parsed() ? run_log_checkpoint(common) : run_log(common, log);
    }
  });

  DemoArgs demo;
  sub = app.add_subcommand("demo", "an attack, and where it is stopped");
  sub->add_flag("--json", common.json, "for machines");
  sub->add_flag("--color", demo.color, "colour even when it is not a terminal");
  sub->add_option("--mode", demo.modes, "watch, guard or seal; all of them by default, off always");
  sub->callback([&] { code = run_demo(common, demo); });

  SandboxArgs sandbox;
  sub = with_config(app.add_subcommand("sandbox", "run a command that can touch only what it was given"));
  sub->add_option("--profile", sandbox.profile,
                  "a [sandbox.NAME] of weir.toml, or mcp-server, skill, shell (the default), build");
  // For the help alone: what follows "--" was taken off the line before it is read.
  sub->add_option("COMMAND", sandbox.command, "behind \"--\": the program and its arguments");
  CLI::App* sandbox_explain =
      with_config(sub->add_subcommand("explain", "say in words what a profile allows"));
  sandbox_explain->add_option("--profile", sandbox.profile, "as above");
  CLI::App* sandbox_learn = with_config(
      sub->add_subcommand("learn", "run a command, more than once, and draft the smallest profile for it"));
  sandbox_learn->add_option("--profile", sandbox.profile, "what the draft builds on, as above");
  sandbox_learn->add_option("--name", sandbox.name, "of the draft: [sandbox.NAME]");
  sandbox_learn->add_option("--net", sandbox.net,
                            "as in `net`: what it may reach while learning, beside public hosts");
  sub->callback([&] {
    code = sandbox_explain->parsed() ? run_sandbox_explain(common, sandbox)
           : sandbox_learn->parsed() ? run_sandbox_learn(common, sandbox)
                                     : run_sandbox(common, sandbox);
  });

  SkillArgs skill;
  add_skill_verbs(app, common, skill, code);

  sub = app.add_subcommand("config", "about weir.toml");
  sub->require_subcommand(1);
  sub->add_subcommand("reference", "print docs/config.md")->callback([&] { code = run_config_reference(); });

  // Backwards, as CLI11 takes them. What follows --command is another program's line, not weir's.
  std::vector<std::string> words(argv + 1, argv + argc);
  if (!words.empty() && words.front() == "manifest") {
    const auto at = std::find(words.begin(), words.end(), "--command");
    if (at != words.end()) {
      manifest.which.command.assign(at + 1, words.end());
      words.erase(at, words.end());
      if (manifest.which.command.empty()) return fail(weir::bad_input("--command needs a program"));
    }
  }
  if (!words.empty() && words.front() == "sandbox") {
    const auto at = std::find(words.begin(), words.end(), "--");
    if (at != words.end()) {
      sandbox.command.assign(at + 1, words.end());
      words.erase(at, words.end());
    }
  }
  if (words.size() > 1 && words[0] == "skill" && words[1] == "run") {
    const auto at = std::find(words.begin(), words.end(), "--");
    if (at != words.end()) {
      skill.words.assign(at + 1, words.end());
      words.erase(at, words.end());
    }
  }
  std::reverse(words.begin(), words.end());
  try {
    app.parse(std::move(words));
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kDone : kWrongInput;
  }
  return code;
}
