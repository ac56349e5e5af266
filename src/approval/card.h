// Card: one ask as a person meets it, on every screen: what is called, with which values from where, why it
// is asked, and what each answer means for the next time.
//
// ask_json() is what weir tells (GET /weir/approvals, the notify command), read_card() what every view is
// drawn from. All text of a Card is safe to print: control, bidirectional, zero-width and piled-up combining
// characters are visible escapes, and what was cut says so. Pure.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "approval/queue.h"
#include "base/json.h"
#include "label/label.h"

namespace weir::approval {

// One object: id, ids (all that wait with this question), session, tool, decision, seconds_left, denied_at,
// why, policies, context, args, values, pattern {tool, args, any, release}, expires (of "always"), next
// (answer → sentence), grant (the line for `weir grant`) and link; the last two only where there is one.
std::string ask_json(const Question& question, const Labels& labels, Now now, std::string_view link);

struct CardArgument {
  std::string pointer, role, value, origins, readers;
  size_t bytes = 0;  // of the whole value
  bool cut = false;  // `value` is not all of it
  bool trusted = false;
  bool decides = false;  // what the call does hangs on it; content does not
};

struct Card {
  std::string id, session, tool, why, policies, denied_at, link;
  uint64_t decision = 0;
  size_t waiting = 1;  // calls with this question
  int64_t seconds_left = 0;
  std::vector<CardArgument> arguments;  // untrusted ones that decide something first
  size_t more_arguments = 0;            // past limits::kShownArgumentsMax
  std::string pattern;                  // what "session" and "always" let through, in words
  std::array<std::string, 4> next;      // by Answer: what it means
  std::string session_raw, tool_raw;    // as they are, to group by; not to print
};

// One element of GET /weir/approvals. What is missing is empty; nothing in it is trusted to be printable.
Card read_card(json::Value ask);

// One line: "bank/send_money waits: recipient … came from …"; at most a few hundred bytes.
std::string one_line(const Card& card);

// As weir::shown, and more than two combining marks in a row are escapes too: they would paint over other
// lines.
std::string visible(std::string_view text, size_t bytes_max);

}  // namespace weir::approval
