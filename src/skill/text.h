// Names, paths and text of a skill: which are refused, and why.
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"

namespace weir::skill {

// Agent Skills: 1 to 64 of a-z, 0-9 and single "-" between them.
bool is_name(std::string_view name);

// Names that a person takes for one another have the same ("pdf-tools", "pdf-t00ls", "pdftools").
std::string look_alike_key(std::string_view name);

// A file's path within a skill: relative, "/" between parts, ASCII that every file system holds, no part "."
// or "..". Error: bad_input that names it.
Status check_path(std::string_view path);

// Text that a person can see all of: UTF-8 without controls (line feeds and tabs may be there),
// bidirectional, zero-width, tag and other invisible characters. An emoji's own joiners and selectors may
// stand in it. Error: bad_input with "line N".
Status check_visible(std::string_view text, std::string_view what);

// Code points of well-formed UTF-8.
size_t count_chars(std::string_view text);

}  // namespace weir::skill
