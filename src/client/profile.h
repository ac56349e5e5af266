// Client profiles: how each agent names its tools and wraps what it sends as user and system text.
//
// Agents put reminders, memory files, summaries and command output into messages of role user or system. A
// profile cuts such text into segments and says whose words each is. Where that is unsure the worse reading
// holds: from the first opening mark of a message part to the last closing one is not the person's, so text
// inside a wrapper cannot close it early; an opening mark that is never closed runs to the end.
//
// Not guaranteed: a sub-agent's prompt, written by the agent, looks on the wire just like a person's first
// message; so does text that a person pasted. `trace` finds what was copied in those.
//
// Immutable after loading; may be read by many threads.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "exchange/exchange.h"

namespace weir::client {

enum class Voice : uint8_t {
  person,         // the user's own words
  operator_text,  // system prompt, configuration
  agent,          // the agent composed it: labelled by trace, vouches for nothing
  planner,        // what the planner wrote before, whole: labelled as weir saw it written, else untrusted
  outside,        // a file or a program's output: untrusted unless a rule trusts every origin
};

struct Segment {
  std::string_view text;  // into the message: lives as long as it does
  Voice voice = Voice::agent;
  // For outside: each as Origin::text() writes it ("tool:client:claude-code/memory file:/x/CLAUDE.md").
  // Several where an earlier file in the same wrapper could have forged the heading: all must be trusted.
  std::vector<std::string> origins = {};
};

namespace detail {
struct ProfileData;
}

class Profile {
 public:
  explicit Profile(std::shared_ptr<const detail::ProfileData> data);

  std::string_view name() const;  // "claude-code"
  // "server/tool" for a tool's name on the wire: "mcp__weir__files__read", "mcp__files__read" and
  // "files__read" give "files/read", "Bash" gives "client:claude-code/Bash". Total: every name gives one, at
  // most limits::kToolNameBytesMax bytes, of letters, digits and "_.-@/:" (others as %XX); no wire name
  // reaches another agent's native tools.
  std::string tool_name(std::string_view wire_name) const;
  // The segments of one Text or Media part of a message of any role, in order; together they are its whole
  // text. No segments for a call, a result, thinking, or a part that does not exist.
  std::vector<Segment> cut(const exchange::Message& message, size_t part_index) const;
  // What the client may take out of a planner's text and send back alone, as a summary: into `text`.
  std::vector<std::string_view> summaries(std::string_view text) const;
  // Whether this User-Agent is the client's.
  bool matches(std::string_view user_agent) const;

 private:
  std::shared_ptr<const detail::ProfileData> data_;  // immutable; shared so that a Profile is a cheap value
};

class Profiles {
 public:
  // All embedded clients/*.toml. An error is a bug of the build.
  static Result<Profiles> shipped();
  // One more, or a replacement for one of that name. Errors: bad_input at "file:line:column", too_large.
  Status add(std::string_view toml, std::string_view file_name);

  // User text is the person's, system text the operator's, native tools are "client:generic/NAME". References
  // live as long as this object or until the next add().
  const Profile& generic() const { return profiles_.front(); }
  const Profile* find(std::string_view name) const;
  // The profile that knows this User-Agent, else generic(). A User-Agent is the client's own claim: it
  // chooses how text is cut, and never makes text trusted that generic() would not.
  const Profile& detect(std::string_view user_agent) const;

 private:
  Profiles();
  std::vector<Profile> profiles_;
};

}  // namespace weir::client
