// weir demo: the story of demo/, with a real gateway in a folder of its own for each mode.
#include "demo/demo.h"

#include <fmt/format.h>
#include <stdlib.h>
#include <unistd.h>

#include <filesystem>

#include "cli/command.h"
#include "gateway/running.h"

namespace weir::cli {
namespace {

// A gateway and its data folder, which goes with it.
struct Staged {
  std::string dir;
  std::unique_ptr<gateway::Running> running;
  ~Staged() {
    running.reset();
    std::error_code ignored;
    std::filesystem::remove_all(dir, ignored);
  }
};

Result<demo::Endpoint> stage(net::Loop& loop, const demo::Behind& behind) {
  auto config = config::defaults();
  if (!config) return config.error();
  config->mode = guard::parse_mode(behind.mode).value_or(guard::Mode::guard);
  config->listen_port = 0;
  config->upstreams.push_back({.name = "demo", .url = behind.model_url});
  for (const demo::ServerPlace& server : behind.servers)
    config->servers.push_back({.name = server.name, .url = server.url});
  const char* temporary = std::getenv("TMPDIR");
  std::string dir =
      fmt::format("{}/weir-demo-XXXXXX", temporary != nullptr && temporary[0] == '/' ? temporary : "/tmp");
  if (mkdtemp(dir.data()) == nullptr) return unavailable("cannot make a folder for the demo", dir);
  auto staged = std::make_shared<Staged>();  // shared with the Endpoint, which does not know its type
  staged->dir = dir;
  auto running = gateway::Running::start({std::move(*config), dir, &loop});
  if (!running) return running.error();
  staged->running = std::move(*running);
  return demo::Endpoint{fmt::format("http://127.0.0.1:{}", staged->running->port()),
                        staged->running->client_token(), staged->running->person_token(), staged};
}

}  // namespace

int run_demo(const Common& common, const DemoArgs& args) {
  demo::DemoOptions options;
  options.json = common.json;
  options.color = args.color || isatty(STDOUT_FILENO) == 1;
  if (!args.modes.empty()) options.modes.clear();
  for (const std::string& name : args.modes) {
    bool known = false;
    for (const demo::Mode mode : {demo::Mode::off, demo::Mode::watch, demo::Mode::guard, demo::Mode::seal}) {
      if (name != demo::mode_name(mode)) continue;
      options.modes.push_back(mode);
      known = true;
    }
    if (!known)
      return fail(bad_input(fmt::format("no such mode: {}", name), "--mode", "off, watch, guard or seal"));
  }
  const demo::DemoResult result = demo::run_demo(options, stage);
  fmt::print("{}", result.output);
  return result.exit_code;
}

}  // namespace weir::cli
