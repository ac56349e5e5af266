// The words in names of tools and arguments, and what they hint at. Private to this folder.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "manifest/effect.h"

namespace weir::manifest {

// "createPullRequest", "create_pull-request" → create, pull, request. Lower case, ASCII letters only.
std::vector<std::string> words_of(std::string_view name);

// The effect that a verb hints at, in any of its usual forms ("sends", "sending"); nothing for other words.
std::optional<Effect> effect_of_verb(std::string_view word);
// It is a verb and nothing else ("create", not "comment"), so that it counts behind a reading verb too.
bool only_a_verb(std::string_view word);

// The role that an argument's name plainly hints at, whatever the tool does: recipient, command, amount.
std::optional<ArgRole> role_of_name(const std::vector<std::string>& words);
// The name says payload: body, text, title, …
bool names_content(const std::vector<std::string>& words);

}  // namespace weir::manifest
