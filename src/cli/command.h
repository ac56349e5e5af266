// What the subcommands share: their options, how they end and how they reach the running weir.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "config/config.h"

namespace weir::egress {
class ForkServer;
}

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

// --config, WEIR_CONFIG, ~/.config/weir/weir.toml, or the defaults; never the current folder. A variable that
// it names and the environment has not is an error; with `missing` it is put there instead, and what stands
// in its place is of no use: for verbs that need no secrets, which another terminal need not have.
Result<config::Config> load_config(const Common& common, std::vector<std::string>* missing = nullptr);
// data_dir of the config, WEIR_DATA, or ~/.local/share/weir; made (0700) when it is not there.
Result<std::string> data_dir(const config::Config& config);
std::string data_dir_path(const config::Config& config);  // not made

struct ReplayArgs {
  std::string mode = {};
  std::vector<std::string> manifests = {};
  std::vector<std::string> policies = {};
  std::string file = "-";
  bool planner_view = false;
  bool without_trace = false;  // for tests
  bool cedar_semantics = false;
};
int run_replay(const Common& common, const ReplayArgs& args);

struct UpArgs {
  std::string listen = {};  // HOST:PORT instead of the config's
  std::string mode = {};
  const egress::ForkServer* sandboxes = nullptr;  // forked in main; null: weir starts itself again for each
};
int run_up(const Common& common, const UpArgs& args);

struct TokenArgs {
  bool person = false;
  bool metrics = false;
};
int run_token(const Common& common, const TokenArgs& args);

// What talks to the running weir.
int run_status(const Common& common);
int run_reload(const Common& common);
struct ApprovalsArgs {
  bool watch = false;   // not a terminal: print again when something changes
  bool once = false;    // print, also on a terminal
  bool denied = false;  // what was denied for lack of a person instead
};
int run_approvals(const Common& common, const ApprovalsArgs& args);
struct AnswerArgs {
  std::string id;
  std::string answer;  // once, session, always, deny
};
int run_answer(const Common& common, const AnswerArgs& args);
struct GrantArgs {
  std::string tool = {};
  std::vector<std::string> arguments = {};  // "/to=bob@x.org"
  std::string session = {};
  std::string lasts = {};  // a duration
  bool release = false;
  bool once = false;                      // with a session: the next call alone
  std::vector<std::string> origins = {};  // whose data is released
  std::string reason = {};
  bool list = false;
  std::string remove = {};
};
int run_grant(const Common& common, const GrantArgs& args);

struct VouchArgs {
  std::string what = {};     // an origin's pattern, or "v7"
  std::string session = {};  // of a value
  std::string reason = {};
  std::string lasts = {};  // a duration
  bool list = false;
  std::string revoke = {};
};
int run_vouch(const Common& common, const VouchArgs& args);

struct PinsArgs {
  std::string name = {};    // SERVER or SERVER/TOOL
  std::string digest = {};  // what was looked at
};
int run_pins(const Common& common);
int run_pins_diff(const Common& common, const PinsArgs& args);
int run_pins_accept(const Common& common, const PinsArgs& args);

struct LogArgs {
  uint64_t last = 20;
  std::string retained = {};  // a checkpoint kept elsewhere
  std::string session = {};   // its id, the beginning of it, or "last"
  bool sessions = false;      // one line each instead
  bool all = false;           // every line of a session
};
int run_log(const Common& common, const LogArgs& args);
// What came in, what was decided and what was told in one session, or which sessions there are; from the disk
// alone, whether weir runs or not.
int run_log_session(const Common& common, const LogArgs& args);
int run_log_verify(const Common& common, const LogArgs& args);
int run_log_checkpoint(const Common& common);

struct DemoArgs {
  std::vector<std::string> modes = {};
  bool color = false;
};
int run_demo(const Common& common, const DemoArgs& args);

struct InitArgs {
  std::string client = {};
  std::string upstream = {};  // a name, "client" or a URL
  std::string dialect = {};
  std::string key_env = {};
  std::string model = {};
  std::string listen = {};
  std::string profile = {};  // a shipped set of policies, with the trust rules that go with it
  bool apply = false;        // edit the client's config
  bool add = false;          // to a weir.toml that is there
  bool force = false;        // replace weir.toml; with undo: put back what was changed since
  bool project = false;      // also the MCP servers that the current folder names
  bool undo = false;
  bool keep = false;  // with undo: what was changed since stays, only weir's part goes
  bool dry_run = false;
  bool yes = false;
};
int run_init(const Common& common, const InitArgs& args);
int run_undo(const Common& common, const InitArgs& args);
int run_doctor(const Common& common);

int run_config_reference();

// One exchange with the running weir's admin pages. An HTTP error becomes the Error that the page gave; no
// weir there: Code::unavailable with what to do.
Result<std::string> ask_weir(const Common& common, const std::string& method, const std::string& target,
                             std::string body = {});

}  // namespace weir::cli
