// Profile: what a program in the sandbox may touch, as written in weir.toml under [sandbox.NAME].
//
// Pure data with a parser; nothing here knows the kernel. A profile says what is granted and nothing else:
// what it does not name is not there. plan.h makes of it, and of one command, what is mounted and limited.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/toml.h"
#include "sandbox/host.h"

namespace weir::sandbox {

enum class Net : uint8_t {
  none,   // a network of its own with nothing but its loopback
  hosts,  // the same, and from it through weir's proxy (egress) to Profile::hosts
  host,   // weakening: the machine's own network, loopback services included
};

// Each bounds the whole tree of processes unless it says otherwise. 0: no bound, where that is allowed.
struct Limits {
  uint64_t memory_bytes = 0;   // private, shared and memfd pages together; the tree is killed past it
  uint64_t processes = 0;      // threads count
  uint64_t open_files = 0;     // of one process
  uint64_t file_bytes = 0;     // of one file
  uint64_t scratch_bytes = 0;  // all that is written where nothing of the host's is: /tmp, the home, /dev/shm
  uint64_t scratch_files = 0;
  int64_t wall_ms = 0;        // 0: none
  int64_t cpu_ms = 0;         // 0: none
  uint64_t output_bytes = 0;  // standard output and error together; 0: none
  bool operator==(const Limits&) const = default;
};

// Stands in the sandbox as the variable `name`, by a word that means nothing; on the way to `host`, and to
// nowhere else, the word becomes the secret.
struct Secret {
  std::string name;
  std::string env = {}, file = {};  // where it is outside: one of both
  Host host = {};
  bool operator==(const Secret&) const = default;
};

// Paths are absolute, "~/…" (the home) or "." and "./…" (the folder that the command starts in).
struct Profile {
  std::string name;
  std::vector<std::string> read = {};
  std::vector<std::string> write = {};  // readable too
  std::vector<std::string> env = {};    // names of variables that are passed on
  Net net = Net::none;
  std::vector<Host> hosts = {};  // not empty exactly when net is hosts; those of the secrets among them
  std::vector<Secret> secrets = {};
  bool run_written = false;  // what was written may be run as a program
  bool terminal = false;     // it may open terminals of its own (/dev/pts)
  Limits limits = {};
  bool operator==(const Profile&) const = default;
};

using Profiles = std::vector<Profile>;

// In `write`: the folders that the command's own words name, where the operator wrote the command.
inline constexpr std::string_view kCommand = "command";

// The presets: mcp-server, mcp-reader, skill, shell, build; and fetched, a weakening by name: mcp-server with
// all public hosts, for servers that a command like npx fetches at each start.
const Profiles& presets();

// The tables of `sandboxes` ([sandbox] of weir.toml; missing: none), each on top of its `like`, a preset or a
// table further up. Errors: bad_input at the key's place for what is unknown or malformed.
Result<Profiles> read_profiles(const toml::Value& sandboxes);

// The one of that name: `own` first, then the presets. Errors: bad_input with the names that there are.
Result<Profile> find_profile(const Profiles& own, std::string_view name);

}  // namespace weir::sandbox
