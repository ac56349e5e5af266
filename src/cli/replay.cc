#include "replay/replay.h"

#include <fmt/format.h>

#include "cli/command.h"

namespace weir::cli {
namespace {

Status prepare(config::Config& config, const ReplayArgs& args) {
  for (const std::string& file : args.manifests) {
    WEIR_TRY_ASSIGN(text, read_file(file, limits::kTomlBytesMax));
    WEIR_TRY(config.manifests.add(text, file));
  }
  return args.policies.empty() ? Status() : config::use_policies(config, args.policies, sources());
}

}  // namespace

int run_replay(const Common& common, const ReplayArgs& args) {
  // A replay is the same everywhere: it reads no configuration that it was not given.
  auto config = common.config_file.empty() ? config::defaults() : load_config(common);
  if (!config) return fail(config.error());
  if (auto prepared = prepare(*config, args); !prepared) return fail(prepared.error());
  replay::Options options{config->mode, args.planner_view, !args.without_trace};
  if (args.cedar_semantics) options.semantics = policy::Semantics::cedar;
  if (!args.mode.empty()) {
    const auto mode = guard::parse_mode(args.mode);
    if (!mode)
      return fail(bad_input(fmt::format("unknown mode \"{}\"", args.mode), "--mode", "watch, guard or seal"));
    options.mode = *mode;
  }
  auto text = read_file(args.file, size_t{1} << 30);
  if (!text) return fail(text.error());
  replay::Replay replay(*config, options);
  size_t number = 0;
  size_t at = 0;
  while (at < text->size()) {
    const size_t end = std::min(text->find('\n', at), text->size());
    ++number;
    auto lines = replay.feed(std::string_view(*text).substr(at, end - at));
    if (!lines) {
      Error error = std::move(lines).error();
      error.where = fmt::format("{}:{}{}{}", args.file, number, error.where.empty() ? "" : ": ", error.where);
      std::fflush(stdout);
      return fail(error);
    }
    for (const std::string& line : *lines) fmt::print("{}\n", line);
    at = end + 1;
  }
  return kDone;
}

}  // namespace weir::cli
