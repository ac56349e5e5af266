// weir up: the running wall. weir token: what clients and people show it.
#include <fmt/format.h>
#include <malloc.h>
#include <unistd.h>

#include <csignal>
#include <fstream>

#include "base/bytes.h"
#include "cli/command.h"
#include "cli/skill.h"
#include "demo/model.h"
#include "gateway/auth.h"
#include "gateway/gateway.h"
#include "gateway/running.h"

namespace weir::cli {
namespace {

// Flags win over the environment, and that over the file.
UpArgs with_environment(UpArgs args) {
  const auto env = sources().env;
  if (args.mode.empty()) args.mode = env("WEIR_MODE").value_or("");
  if (args.listen.empty()) args.listen = env("WEIR_LISTEN").value_or("");
  return args;
}

Status apply(config::Config& config, const UpArgs& args) {
  if (!args.mode.empty()) {
    const auto mode = guard::parse_mode(args.mode);
    if (!mode) return bad_input(fmt::format("no such mode: {}", args.mode), "--mode", "watch, guard or seal");
    config.mode = *mode;
  }
  if (args.listen.empty()) return {};
  // One reader for HOST:PORT: that of weir.toml.
  auto parsed = config::load(fmt::format("listen = {}\nauth = \"token\"\n", json::quote(args.listen)),
                             "--listen", sources());
  if (!parsed) return parsed.error();
  config.listen_host = parsed->listen_host;
  config.listen_port = parsed->listen_port;
  return {};
}

void say_how_to_go_on(const std::string& url, bool demo_model, const std::string& dir) {
  if (demo_model) {
    fmt::print(
        "weir: no upstream is configured, so a built-in demo model answers. To point weir at a real one, "
        "write\n"
        "      ~/.config/weir/weir.toml:\n\n"
        "      [upstream.main]\n"
        "      url = \"http://127.0.0.1:8080/v1\"     # llama.cpp, Ollama, vLLM, or "
        "https://api.openai.com/v1\n"
        "      key_env = \"OPENAI_API_KEY\"           # leave out when the server wants no key\n\n");
  }
  fmt::print("weir: point your agent at it:  OPENAI_BASE_URL={}/v1  ANTHROPIC_BASE_URL={}\n", url, url);
  fmt::print("weir: its key is the token:    weir token   (kept in {}/token)\n", dir);
}

// For who runs weir without a person: what to grant before the next run.
void say_what_was_missed(gateway::Gateway& gateway) {
  const auto text = approval::missed_text(approval::missed_json(gateway.asks().missed()));
  if (text && !text->empty())
    fmt::print("weir: denied in this run for lack of a person, and what would have allowed it:\n{}", *text);
}

// Bodies come and go: what they took is kept for the next, not given back to the system and asked for again.
void keep_freed_memory() {
#if defined(__GLIBC__)
  mallopt(M_MMAP_THRESHOLD, 8 << 20);
  mallopt(M_TRIM_THRESHOLD, 32 << 20);
  mallopt(M_TOP_PAD, 1 << 20);
#endif
}

}  // namespace

int run_up(const Common& common, const UpArgs& args) {
  keep_freed_memory();
  auto config = load_config(common);
  if (!config) return fail(config.error());
  if (auto applied = apply(*config, with_environment(args)); !applied) return fail(applied.error());
  auto dir = data_dir(*config);
  if (!dir) return fail(dir.error());
  for (const std::string& line : config->weakenings())
    fmt::print(stderr, "weir: weakened by the config: {}\n", line);

  net::Loop loop;
  std::unique_ptr<demo::ModelServer> model;
  const bool demo_model = config->upstreams.empty();
  if (demo_model) {
    model = std::make_unique<demo::ModelServer>(loop, demo::ModelOptions{});
    auto port = model->listen("127.0.0.1", 0);
    if (!port) return fail(port.error());
    const std::string model_url = fmt::format("http://127.0.0.1:{}/v1", *port);
    for (const auto dialect : {exchange::Dialect::chat_completions, exchange::Dialect::messages}) {
      config->upstreams.push_back({.name = fmt::format("demo-{}", exchange::dialect_name(dialect)),
                                   .url = model_url,
                                   .dialect = dialect,
                                   .built_in = true});
    }
  }
  const std::string host = config->listen_host.find(':') == std::string::npos
                               ? config->listen_host
                               : "[" + config->listen_host + "]";
  auto running = gateway::Running::start({std::move(*config), *dir, &loop, home_folder()});
  if (!running) return fail(running.error());
  const std::string url = fmt::format("http://{}:{}", host, (*running)->port());
  {
    std::ofstream listening(*dir + "/listening");
    listening << url << "\n";
  }
  fmt::print("weir: listening on {}\n", url);
  say_how_to_go_on(url, demo_model, *dir);
  std::fflush(stdout);
  loop.on_signal({SIGINT, SIGTERM}, [&](int) { loop.stop(); });
  loop.run();
  unlink((*dir + "/listening").c_str());
  say_what_was_missed((*running)->gateway());
  return kDone;
}

int run_token(const Common& common, const TokenArgs& args) {
  std::vector<std::string> missing;
  auto config = load_config(common, &missing);
  if (!config) return fail(config.error());
  auto dir = data_dir(*config);
  if (!dir) return fail(dir.error());
  SystemRandom random;
  auto tokens = gateway::load_tokens(*dir, random);
  if (!tokens) return fail(tokens.error());
  fmt::print("{}\n", args.person ? tokens->person : tokens->client);
  return kDone;
}

}  // namespace weir::cli
