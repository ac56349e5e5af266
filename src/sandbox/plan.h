// Plan: a profile applied to one command: exactly what is mounted, covered and limited.
//
// Pure: what the machine is like comes in through Around. What a plan does not name is not in the sandbox;
// everything keeps the path that it has outside. A plan also has a text form, in which the process that
// prepares the sandbox gets it.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "sandbox/profile.h"

namespace weir::sandbox {

enum class Kind : uint8_t { nothing, file, folder };

// The machine, as far as a plan depends on it.
struct Around {
  std::string home;  // absolute
  std::string user;  // the login name
  std::map<std::string, std::string> env = {};
  std::vector<std::string> secrets = {};  // absolute paths besides those that secret_places() knows
  std::function<Kind(const std::string& path)> kind = {};  // follows links
};

struct Command {
  std::vector<std::string> words;  // argv
  std::string program;             // absolute: what is run
  std::string cwd;                 // absolute: the folder that it starts in
  bool by_operator = false;        // from weir.toml: what it names may be read. Not for an agent's own words
};

struct Bind {
  enum class From : uint8_t {
    system,   // what programs need: left out where it is not there, links are made again
    profile,  // must be there, without a link on the way to it
    command,  // named by the command: as profile, but left out where that does not hold
  };
  std::string path;  // absolute, clean
  bool write = false;
  bool run = true;  // what is there may be run as a program
  From from = From::profile;
  bool kept = true;  // false: what is written is gone afterwards (learning); not in the text form
  bool operator==(const Bind&) const = default;
};

struct Plan {
  std::string profile;
  std::vector<Bind> binds = {};           // sorted: a folder before what is in it
  std::vector<std::string> scratch = {};  // folders of memory that it may write to
  std::vector<std::string> covered = {};  // shown as empty where a bind would show them
  std::string home, user, cwd;
  Net net = Net::none;
  std::vector<Host> hosts = {};
  std::vector<Secret> secrets = {};  // their files absolute
  bool run_written = false;
  bool terminal = false;
  Limits limits = {};
  bool operator==(const Plan&) const = default;
};

// Errors: bad_input where "." would be the home, its parents or "/".
Result<Plan> make_plan(const Profile& profile, const Around& around, const Command& command);

// The environment of the command: a few variables that say nothing secret, those that the profile names, and
// `given` on top.
std::map<std::string, std::string> make_env(const Profile& profile, const Around& around,
                                            const std::map<std::string, std::string>& given);

// What every plan begins with: Bind::From::system, unless a profile names the same path itself.
std::vector<Bind> system_binds();

// Where keys and passwords usually are, below a home: "~/.ssh", …
std::vector<std::string> secret_places();

// "path" is `folder` or below it.
bool is_within(std::string_view path, std::string_view folder);

std::string plan_text(const Plan& plan);
// Errors: bad_input.
Result<Plan> parse_plan(std::string_view text);

}  // namespace weir::sandbox
