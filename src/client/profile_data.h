// What a clients/*.toml file says. Private to this folder.
//
//   name = "claude-code"
//   user_agents = ["claude-cli/"]            # prefixes of User-Agent
//   mcp_prefixes = ["mcp__weir__", "mcp__"]  # before server__tool, the first that fits
//
//   [[user.wrapper]]                         # in user text: from the first `open` to the last `close`
//   open = "<system-reminder>"
//   close = "</system-reminder>"
//   voice = "agent"                          # or "outside", with an origin
//   [[user.whole]]                           # a part of user text that starts so
//   starts = "This session is being continued"
//   voice = "agent"                          # or "planner": behind the first line all is the planner's,
//   opens = "\nSummary:\n"                   # … or what stands between these two, the rest is the agent's
//   closes = "\n\nIf you need"
//   [[user.after]]                           # the part behind one that starts so
//   starts = "<command-message>"
//   origin = "tool:client:claude-code/command"
//   [[user.anywhere]]                        # a part of user text that has this in it, as a whole
//   has = "(untrusted metadata):"
//   origin = "tool:client:openclaw/channel"
//   … voice = "planner", opens, closes       # instead of an origin; as in user.whole
//   [[user.inside]]                          # within wrappers: from this mark to their end
//   mark = "\nContents of "
//   origin = "tool:client:claude-code/memory"
//   except_ends = ["/own`"]                   # a line that ends so is no mark
//   path_ends = "):"                         # the mark's line is PATH (WHAT): and the file is the principal
//   … preamble = ["<system-reminder>\nAs you"] # … if the wrapped text starts with one of these
//   [[operator.inside]]                      # in system text: from this mark to the part's end
//   mark = "\ngitStatus: "
//   origin = "tool:client:claude-code/git"
//   [[operator.list]]                        # in system text: behind this line a list of "- NAME: …"; from
//   the heading = "\nAvailable skills:\n"        # first that is not known to come with the agent, to the
//   part's end known = ["init"] origin = "tool:client:claude-code/skills"
//   [[planner.summary]]                      # in what the planner writes: text that may come back alone
//   open = "<summary>"
//   close = "</summary>"
#pragma once

#include <string>
#include <vector>

#include "base/error.h"
#include "client/profile.h"

namespace weir::client::detail {

struct Wrapper {
  std::string open;
  std::string close;
  Voice voice = Voice::agent;
  std::string origin = {};
};

struct Whole {
  std::string text;
  bool anywhere = false;  // else at the start, after white space
  Voice voice = Voice::agent;
  std::string origin = {};
  std::string opens = {};  // planner only; empty: the first line's end
  std::string closes = {};
};

struct Mark {
  std::string mark;
  std::string origin;
  std::string path_ends = {};  // empty: the mark names no file
  std::vector<std::string> preambles = {};
  std::vector<std::string> except_ends = {};  // a line that ends so is none
};

struct List {
  std::string heading;
  std::vector<std::string> known;
  std::string origin;
};

struct After {
  std::string starts;
  std::string origin;
};

struct Pair {
  std::string open;
  std::string close;
};

struct ProfileData {
  std::string name;
  std::vector<std::string> user_agents = {};
  std::vector<std::string> mcp_prefixes = {};
  std::vector<Wrapper> wrappers = {};
  std::vector<Whole> wholes = {};
  std::vector<Mark> user_marks = {};
  std::vector<Mark> operator_marks = {};
  std::vector<List> operator_lists = {};
  std::vector<After> afters = {};
  std::vector<Pair> summaries = {};
};

Result<ProfileData> read_profile(std::string_view toml, std::string_view file_name);

// Cuts user text (`user`) or system text. The segments cover the text.
std::vector<Segment> cut_text(const ProfileData& profile, std::string_view text, bool user);

// The origin of user text behind a part with this text; null if it has none.
const std::string* origin_after(const ProfileData& profile, std::string_view before);

}  // namespace weir::client::detail
