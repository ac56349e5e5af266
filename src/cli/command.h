// What the subcommands share: their options, how they end and how they reach the running weir.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "config/config.h"

namespace weir::cli {

inline constexpr int kDone = 0;
inline constexpr int kNo = 1;
inline constexpr int kWrongInput = 2;
inline constexpr int kEnvironment = 3;

struct Common {
  std::string config_file = {};  // --config
  bool json = false;
};

// Prints "weir: …" to stderr and gives the exit code that the error maps to.
int fail(const Error& error);
int exit_code(const Error& error);

// Whole file, or standard input for "-"; at most `bytes_max` bytes.
Result<std::string> read_file(const std::string& path, size_t bytes_max = size_t{64} << 20);
config::Sources sources();

// --config, WEIR_CONFIG, ~/.config/weir/weir.toml, or the defaults; never the current folder.
Result<config::Config> load_config(const Common& common);
// data_dir of the config, WEIR_DATA, or ~/.local/share/weir; made (0700) when it is not there.
Result<std::string> data_dir(const config::Config& config);

struct ReplayArgs {
  std::string mode = {};
  std::vector<std::string> manifests = {};
  std::vector<std::string> policies = {};
  std::string file = "-";
  bool planner_view = false;
};
int run_replay(const Common& common, const ReplayArgs& args);

int run_config_reference();

}  // namespace weir::cli
