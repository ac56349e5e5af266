// Question: what makes two asks the same, and the grant that would have answered one.
//
// Two asks are one question when session, tool and rules are the same, and so is every argument that decides
// something, value and label; where data would leak, so is the label of what is carried. What decides
// nothing may differ. Pure; one thread.
#pragma once

#include <string>
#include <string_view>

#include "base/bytes.h"
#include "guard/guard.h"
#include "session/grant.h"

namespace weir::approval {

// Labels are told apart by their ids: keys are comparable within one Labels table, that is within one run.
Digest question_key(std::string_view session, const guard::Verdict& verdict);
// The same, and what decides nothing counts too.
Digest call_key(std::string_view session, const guard::Verdict& verdict);

// A grant's tool and arguments for exactly this call: patterns that match nothing but what it has, and
// release where data would leak. Scope, session and expiry are the caller's.
session::Grant exact_grant(const guard::Verdict& verdict);

// One word of a POSIX shell's command line. Characters that could move a cursor or hide something come as
// escapes in $'…' (bash, zsh, ksh).
std::string shell_word(std::string_view text);

// "weir grant mail/send --arg /to=amy@x.org --for 8h": the line that allows this call from now on. Empty when
// no grant would (Verdict::grantable).
std::string grant_line(const guard::Verdict& verdict);
// The line for a grant of one's own making; `lasts` as weir grant --for takes it.
std::string grant_line(const session::Grant& grant, std::string_view lasts);

// The argument of `weir grant --arg`: POINTER=PATTERN, where a "=" or "\" of the pointer has a "\" before it.
// The second reads it back; nothing when it is malformed.
std::string grant_argument(std::string_view pointer, std::string_view pattern);
std::optional<std::pair<std::string, std::string>> parse_grant_argument(std::string_view text);

}  // namespace weir::approval
