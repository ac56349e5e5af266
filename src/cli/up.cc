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
#include "egress/fork_server.h"
#include "gateway/auth.h"
#include "gateway/gateway.h"
#include "gateway/running.h"

namespace weir::cli {
namespace {

constexpr int64_t kStopGraceMs = 10'000;  // for what is under way

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

// What weir runs by: the file with environment and flags on top, and a built-in model where none is named.
// Reads it again at each call; the loop is borrowed.
class Configuration {
 public:
  Configuration(net::Loop& loop, Common common, const UpArgs& args)
      : loop_(loop), common_(std::move(common)), args_(with_environment(args)) {}

  Result<config::Config> read() {
    WEIR_TRY_ASSIGN(config, load_config(common_));
    WEIR_TRY(apply(config, args_));
    if (!config.upstreams.empty()) return config;
    if (!model_) {
      auto model = std::make_unique<demo::ModelServer>(loop_, demo::ModelOptions{});
      WEIR_TRY_ASSIGN(port, model->listen("127.0.0.1", 0));
      model_ = std::move(model);
      port_ = port;
    }
    for (const auto dialect : {exchange::Dialect::chat_completions, exchange::Dialect::messages}) {
      config.upstreams.push_back({.name = fmt::format("demo-{}", exchange::dialect_name(dialect)),
                                  .url = fmt::format("http://127.0.0.1:{}/v1", port_),
                                  .dialect = dialect,
                                  .built_in = true});
    }
    return config;
  }

 private:
  net::Loop& loop_;
  const Common common_;
  const UpArgs args_;
  std::unique_ptr<demo::ModelServer> model_;  // from the first time that it is wanted
  uint16_t port_ = 0;
};

void say_weakenings(const config::Config& config) {
  for (const std::string& line : config.weakenings())
    fmt::print(stderr, "weir: weakened by the config: {}\n", line);
}

// On a signal: nobody hears an answer but who reads the terminal.
void reload(gateway::Gateway& gateway) {
  if (const auto reloaded = gateway.reload(); !reloaded) {
    fmt::print(stderr, "weir: goes on as before: {}\n", reloaded.error().text());
    return;
  }
  say_weakenings(gateway.config());
  fmt::print(stderr, "weir: {} read again\n", gateway.config().file);
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
  net::Loop loop;
  Configuration configuration(loop, common, args);
  auto config = configuration.read();
  if (!config) return fail(config.error());
  auto dir = data_dir(*config);
  if (!dir) return fail(dir.error());
  say_weakenings(*config);
  const bool demo_model = config->upstreams.front().built_in;
  const std::string host = config->listen_host.find(':') == std::string::npos
                               ? config->listen_host
                               : "[" + config->listen_host + "]";
  gateway::RunningOptions options{std::move(*config), *dir, &loop, home_folder()};
  options.read_config = [&] { return configuration.read(); };
  if (args.sandboxes != nullptr) {
    options.sandboxes = [server = args.sandboxes](const net::ChildOptions& child,
                                                  const net::ChildEnds& ends) {
      return server->make(child, ends);
    };
  }
  auto running = gateway::Running::start(std::move(options));
  if (!running) return fail(running.error());
  const std::string url = fmt::format("http://{}:{}", host, (*running)->port());
  {
    std::ofstream listening(*dir + "/listening");
    listening << url << "\n";
  }
  fmt::print("weir: listening on {}\n", url);
  say_how_to_go_on(url, demo_model, *dir);
  std::fflush(stdout);
  loop.on_signal({SIGINT, SIGTERM, SIGHUP}, [&](int signal) {
    gateway::Gateway& gateway = (*running)->gateway();
    if (signal == SIGHUP) return reload(gateway);
    if (gateway.draining()) return loop.stop();  // asked a second time
    gateway.drain(kStopGraceMs, [&loop] { loop.stop(); });
  });
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
  fmt::print("{}\n", args.metrics ? tokens->metrics : args.person ? tokens->person : tokens->client);
  return kDone;
}

}  // namespace weir::cli
