#include "cli/paint.h"

#include <fmt/color.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>

namespace weir::cli {

std::string painted(Paint paint, std::string_view text) {
  static const bool on = isatty(STDOUT_FILENO) == 1 && std::getenv("NO_COLOR") == nullptr;
  if (!on) return std::string(text);
  switch (paint) {
    case Paint::good:
      return fmt::format(fmt::fg(fmt::terminal_color::green), "{}", text);
    case Paint::bad:
      return fmt::format(fmt::fg(fmt::terminal_color::red), "{}", text);
    case Paint::warn:
      return fmt::format(fmt::fg(fmt::terminal_color::yellow), "{}", text);
    case Paint::dim:
      return fmt::format(fmt::fg(fmt::terminal_color::bright_black), "{}", text);
    case Paint::strong:
      return fmt::format(fmt::emphasis::bold, "{}", text);
  }
  return std::string(text);
}

std::string painted_decision(std::string_view decision) {
  return painted(decision == "allow" ? Paint::good : decision == "ask" ? Paint::warn : Paint::bad, decision);
}

}  // namespace weir::cli
