// Config: weir.toml and what it names, read once and never changed (a reload makes a new one).
//
// Refuses every key that it does not know, with file:line:column. Each weakening has a name of its own
// (auth = "none", unknown_items = "untrusted", …) and is listed by weakenings(), so that it can be said
// aloud.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/units.h"
#include "client/profile.h"
#include "exchange/exchange.h"
#include "guard/guard.h"
#include "manifest/manifests.h"
#include "manifest/trust.h"
#include "policy/policy_set.h"
#include "sandbox/profile.h"
#include "skill/rules.h"

namespace weir::config {

enum class KeySource : uint8_t {
  none,    // no credential is sent
  value,   // `key` holds it, read from the environment or a file
  client,  // the client's own credential is passed on
};

struct Upstream {
  std::string name;
  std::string url;  // of the API's root, with "/v1"
  exchange::Dialect dialect = exchange::Dialect::chat_completions;
  KeySource key_source = KeySource::none;
  std::string key = {};       // secret; never printed
  std::string key_name = {};  // where it came from, for messages: "$OPENAI_API_KEY"
  std::vector<std::string> models = {"*"};
  std::string ca_file = {};  // further certificate authorities, PEM
  bool built_in = false;     // the demo's model, which stands in where none is configured
};

// An MCP server: one of `command` and `url`, or neither for one whose name is only spoken of.
struct Server {
  std::string name;  // letters, digits, "_", "-" and "."; no "__"
  std::vector<std::string> command = {};
  std::map<std::string, std::string> env = {};  // beside the few variables that every child gets; secret
  std::string cwd = {};
  std::string url = {};
  std::map<std::string, std::string> headers = {};  // for `url`; secret
  std::string manifest = {};                        // the manifest that describes it, when not `name`
  bool prefix = true;                               // its tools are "name__tool" to clients, else plain
  std::optional<sandbox::Profile> sandbox = {};     // what `command` may touch; nothing: it runs as weir does
};

struct Mcp {
  bool elicit = false;  // the client has a person: asks go there as elicitations
  bool alone = false;   // weakening where an upstream is configured: see keys
};

// Seal mode: what the planner is not shown, and who reads it instead.
struct Seal {
  size_t page = 10;
  double budget_bits = 64;
  bool reveal = false;
  std::vector<std::string> open = {};  // patterns, as written
  manifest::TrustRules opened = {};    // the same: what a rule calls trusted is shown
  bool attachments_open = false;
  std::string reader = {};        // the upstream that reads; empty: the planner's own
  std::string reader_model = {};  // empty: the planner's
};

// The intent check: whether a model is asked if the user's own words include a call, before a person is.
struct Intent {
  bool check = false;
  std::string judge = {};        // the upstream that is asked; empty: the planner's own
  std::string judge_model = {};  // empty: the planner's
  bool plan = false;             // the same model plans side effects before anything is read
};

struct Config {
  std::string file = {};  // where it was read from; empty: embedded defaults
  std::string listen_host = "127.0.0.1";
  uint16_t listen_port = 7447;
  guard::Mode mode = guard::Mode::guard;
  int64_t ask_timeout_ms = 120'000;
  std::vector<std::string> notify = {};  // run for each question that waits; empty: nothing is
  bool authenticate = true;
  bool unknown_items_untrusted = false;
  bool strip_hosted_tools = false;
  std::string client = "auto";  // a profile's name, or found by User-Agent
  std::string data_dir = {};    // empty: the default place
  std::vector<Upstream> upstreams = {};
  std::vector<Server> servers = {};
  sandbox::Profiles sandboxes = {};  // [sandbox.NAME]; the presets are beside them
  Mcp mcp = {};
  Seal seal = {};
  Intent intent = {};
  skill::Rules skills = {};
  manifest::Manifests manifests = {};
  manifest::TrustRules trust = {};
  policy::PolicySet policies = {};
  client::Profiles profiles;

  // One line for each protection that was switched off by name.
  std::vector<std::string> weakenings() const;
  // Environment variables that hold upstream keys: not for commands that weir runs.
  std::vector<std::string> secret_variables() const;
  // `listen_host` is one that only this machine reaches.
  bool on_loopback() const;
  // Who reads sealed content where no model request says it (at /mcp): `seal.reader` or else the first
  // upstream, with `seal.reader_model` or else the first whole name in its `models`. Nobody where no model is
  // named, or where the upstream takes only its client's own credential.
  struct Reader {
    const Upstream* upstream;
    std::string model;
  };
  std::optional<Reader> own_reader() const;
  // Whether a model of the person's own goes through weir: an upstream without `models` is for the reader.
  bool has_model() const;
  const Upstream* upstream_named(std::string_view name) const;
  // The first upstream of that dialect whose `models` has a pattern for the model, or nullptr.
  const Upstream* upstream_for(exchange::Dialect dialect, std::string_view model) const;
};

// How the outside is read. read_file gives a file's bytes or an Error; env a variable or nothing.
struct Sources {
  std::function<Result<std::string>(const std::string& path)> read_file;
  std::function<std::optional<std::string>(const std::string& name)> env;
};

// Shipped policies, manifests and profiles, no upstream.
Result<Config> defaults();

// The defaults with weir.toml's text on top. Relative paths in it are relative to the file's folder.
Result<Config> load(std::string_view text, std::string_view file_name, const Sources& sources);

// Replaces the policies by those of `names`: shipped sets ("default") or files. Refuses a set in which a
// worse label could turn deny or ask into allow.
Status use_policies(Config& config, const std::vector<std::string>& names, const Sources& sources);

// "coding, default, …": the shipped sets.
std::string policy_set_names();

using weir::parse_duration;

// docs/config.md, made from the table of keys.
std::string reference_markdown();

}  // namespace weir::config
