// The answer page's HTML. Pure: text in, one self-contained document out. It loads nothing and runs nothing;
// all that it shows is escaped here, and was made visible by approval::read_card before.
#pragma once

#include <string>
#include <string_view>

#include "approval/card.h"

namespace weir::gateway::page {

// One ask with a button for each answer; each posts "answer=NAME" to the page's own address.
std::string ask_page(const approval::Card& card);
// A heading and a sentence.
std::string note_page(std::string_view heading, std::string_view sentence);

// Content-Security-Policy for either: nothing but the page's own style, posted nowhere but here, framed by
// nobody.
std::string content_security_policy();

// &, <, >, " and ' as entities.
std::string escaped(std::string_view text);

}  // namespace weir::gateway::page
