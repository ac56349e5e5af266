// Permissions: what a skill says that it may do, in weir-skill.toml beside its SKILL.md.
//
//   version = "1.2.0"                       # of the skill
//   expires = "2027-06-30"                  # its words and scripts count no longer, from that day on
//   tools = ["files/read", "mail/*"]        # tools that its words may ask for
//   effects = ["read", "send"]              # … and what these calls may do to the world
//   hosts = ["api.example.com"]             # that its scripts reach, :443 unless said
//   secrets = ["API_KEY@api.example.com"]   # a variable of the user's, and the one host that it goes to
//   [files]                                 # of its scripts; its own folder is always readable
//   read = ["."]                            # as in [sandbox.NAME]: absolute, "~/…", "." and "./…"
//   write = ["./out"]
//
// What is not there is not granted: a skill without the file may do nothing but be read.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace weir::skill {

inline constexpr std::string_view kPermissionsFile = "weir-skill.toml";

// Each list sorted, without duplicates; hosts are "name:port".
struct Permissions {
  std::string version = {};
  std::optional<int64_t> expires_wall_ms = {};
  std::vector<std::string> tools = {};
  std::vector<std::string> effects = {};
  std::vector<std::string> hosts = {};
  std::vector<std::string> secrets = {};
  std::vector<std::string> read = {};
  std::vector<std::string> write = {};

  bool expired(int64_t wall_ms) const { return expires_wall_ms && wall_ms >= *expires_wall_ms; }
  bool nothing() const {
    return tools.empty() && effects.empty() && hosts.empty() && secrets.empty() && read.empty() &&
           write.empty();
  }
  bool operator==(const Permissions&) const = default;
};

// Errors: bad_input at "file:line:column", too_large.
Result<Permissions> parse_permissions(std::string_view toml, std::string_view file_name);

// The most that the user lets any skill have ([skills.allow] of weir.toml). A list that is not there bounds
// nothing. "*" matches any text but, in tools, "/"; a path covers what is below it.
struct Bounds {
  std::optional<std::vector<std::string>> tools = {}, effects = {}, hosts = {}, secrets = {}, read = {},
                                          write = {};
};

// What is both declared and within the bounds.
Permissions within(const Permissions& declared, const Bounds& bounds);

// One line for each thing granted ("may write ./out"), for a person to say yes to; none for nothing.
std::vector<std::string> in_words(const Permissions& permissions);
// Lines of `now` that `before` does not have; a later expiry is one.
std::vector<std::string> widened(const Permissions& before, const Permissions& now);

// Whether its words may ask for this call: a pattern for the tool, and each of the effects.
bool permits(const Permissions& permissions, std::string_view server_tool,
             const std::vector<std::string_view>& effects);

std::string permissions_json(const Permissions& permissions);
// Error: bad_input. read_permissions_json(permissions_json(x)) == x.
Result<Permissions> read_permissions_json(std::string_view json);

// "2027-06-30" or RFC 3339 in UTC, as wall milliseconds.
std::optional<int64_t> parse_day(std::string_view text);

}  // namespace weir::skill
