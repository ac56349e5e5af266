// weir init: the questions, and which upstream.
#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <iostream>

#include "base/bytes.h"
#include "base/limits.h"
#include "cli/fetch.h"
#include "cli/init.h"

namespace weir::cli {
namespace {

setup::Upstream upstream_of(const setup::KnownUpstream& known, setup::Client client) {
  const std::string dialect(setup::dialect_for(client, &known));
  return {std::string(known.name), std::string(dialect == "gemini" ? known.gemini_url : known.url), dialect,
          std::string(known.key_env), false};
}

setup::Upstream client_login(setup::Client client) {
  if (client == setup::Client::claude_code)
    return {"anthropic", "https://api.anthropic.com/v1", "messages", {}, true};
  if (client == setup::Client::gemini_cli)
    return {"gemini", std::string(setup::find_upstream("gemini")->gemini_url), "gemini", {}, true};
  return {"openai", "https://api.openai.com/v1", std::string(setup::dialect_for(client, nullptr)), {}, true};
}

// What could be asked from here, the best first.
std::vector<setup::Upstream> detect(setup::Client client) {
  std::vector<setup::Upstream> out;
  const auto env = sources().env;
  for (const setup::KnownUpstream& known : setup::known_upstreams()) {
    if (!known.speaks(setup::dialect_for(client, &known))) continue;
    const bool found =
        known.port != 0 ? listens(known.port) : !env(std::string(known.key_env)).value_or("").empty();
    if (found) out.push_back(upstream_of(known, client));
  }
  // Claude Code has a login of its own, and without a key that is what it uses.
  if (client == setup::Client::claude_code) {
    const bool key = !out.empty() && out.front().name == "anthropic";
    out.insert(out.begin() + (key ? 1 : 0), client_login(client));
  }
  return out;
}

std::string described(const setup::Upstream& upstream) {
  if (upstream.client_key) return fmt::format("{} with the client's own login", upstream.url);
  if (!upstream.key_env.empty()) return fmt::format("{} with ${}", upstream.url, upstream.key_env);
  return upstream.url;
}

Result<setup::Upstream> by_flag(setup::Client client, const InitArgs& args) {
  setup::Upstream upstream;
  if (args.upstream == "client") {
    if (client == setup::Client::openclaw)
      return bad_input("OpenClaw has no login of its own that weir could pass on", "--upstream");
    upstream = client_login(client);
  } else if (const setup::KnownUpstream* known = setup::find_upstream(args.upstream)) {
    upstream = upstream_of(*known, client);
    if (!known->speaks(upstream.dialect))
      return bad_input(fmt::format("{} does not speak {}, which {} needs", known->title, upstream.dialect,
                                   setup::client_title(client)),
                       "--upstream");
  } else if (args.upstream.starts_with("http://") || args.upstream.starts_with("https://")) {
    upstream = {"main", args.upstream, std::string(setup::dialect_for(client, nullptr)), {}, false};
  } else {
    std::string names;
    for (const setup::KnownUpstream& each : setup::known_upstreams()) names += std::string(each.name) + ", ";
    return bad_input(fmt::format("no such upstream: {}", shown(args.upstream)), "--upstream",
                     names + "client, or a URL");
  }
  if (!args.key_env.empty()) upstream.key_env = args.key_env;
  if (!args.dialect.empty()) upstream.dialect = args.dialect;
  return upstream;
}

}  // namespace

Questions::Questions(bool yes, bool dry_run)
    : may_ask_(!yes && !dry_run && isatty(STDIN_FILENO) == 1 && isatty(STDOUT_FILENO) == 1) {}

size_t Questions::choose(const std::string& question, const std::vector<std::string>& choices) const {
  if (!may_ask_) return 0;
  while (true) {
    fmt::print("{}\n", question);
    for (size_t i = 0; i < choices.size(); ++i) fmt::print("  {}  {}\n", i + 1, choices[i]);
    fmt::print("[1] ");
    std::fflush(stdout);
    std::string line;
    if (!std::getline(std::cin, line) || line.empty()) return 0;
    for (size_t i = 0; i < choices.size(); ++i) {
      if (line == std::to_string(i + 1) || line == choices[i]) return i;
    }
  }
}

bool Questions::confirm(const std::string& question, bool otherwise) const {
  if (!may_ask_) return otherwise;
  fmt::print("{} [{}] ", question, otherwise ? "Y/n" : "y/N");
  std::fflush(stdout);
  std::string line;
  if (!std::getline(std::cin, line)) return false;
  if (line.empty()) return otherwise;
  return line[0] == 'y' || line[0] == 'Y';
}

Result<Place> find_config(const Common& common) {
  Place place;
  const auto env = sources().env;
  const std::string xdg = env("XDG_CONFIG_HOME").value_or("");
  const std::string home = env("HOME").value_or("");
  if (xdg[0] != '/' && !home.starts_with('/'))
    return bad_input("HOME is not set", {}, "export HOME=…, or give --config FILE");
  place.path = (xdg[0] == '/' ? xdg : home + "/.config") + "/weir/weir.toml";
  const std::string given = common.config_file.empty() ? env("WEIR_CONFIG").value_or("") : common.config_file;
  if (!given.empty()) {
    place.path = given.starts_with('/') ? given : surroundings().folder + "/" + given;
    place.by_default = false;
  }
  WEIR_TRY_ASSIGN(text, read_if_there(place.path, limits::kTomlBytesMax));
  place.text = std::move(text);
  return place;
}

Result<config::Config> load_text(const std::string& text, const std::string& path,
                                 std::vector<std::string>* missing) {
  config::Sources from = sources();
  from.env = [missing, env = from.env](const std::string& name) -> std::optional<std::string> {
    auto value = env(name);
    if (value && !value->empty()) return value;
    if (missing != nullptr) missing->push_back(name);
    return "not-set";
  };
  return config::load(text, path, from);
}

bool weir_speaks(std::string_view dialect) {
  const std::string text =
      fmt::format("[upstream.x]\nurl = \"http://127.0.0.1:1/v1\"\ndialect = \"{}\"\n", dialect);
  return load_text(text, "x", nullptr).has_value();
}

Result<setup::Upstream> choose_upstream(setup::Client client, const InitArgs& args,
                                        const Questions& questions) {
  if (!args.upstream.empty()) return by_flag(client, args);
  const std::vector<setup::Upstream> found = detect(client);
  if (found.empty()) {
    return Error{
        Code::not_found,
        fmt::format("no model that speaks {} was found: nothing answers on 127.0.0.1:11434 (Ollama) or :8080 "
                    "(llama.cpp), and no key is in the environment",
                    setup::dialect_for(client, nullptr)),
        {},
        "weir init --upstream URL, or --upstream openai and so on"};
  }
  std::vector<std::string> choices;
  for (const setup::Upstream& upstream : found) choices.push_back(described(upstream));
  setup::Upstream chosen = found[questions.choose("Which model is weir to ask?", choices)];
  if (!args.key_env.empty()) chosen.key_env = args.key_env;
  if (!args.dialect.empty()) chosen.dialect = args.dialect;
  return chosen;
}

}  // namespace weir::cli
