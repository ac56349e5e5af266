#include "seal/show.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/bytes.h"
#include "base/limits.h"

namespace weir::seal {
namespace {

constexpr size_t kWordBytes = 512;
constexpr size_t kShownBytesMax = size_t{1} << 20;

std::string origins_of(const Label& label) {
  const std::vector<std::string> names = label.printed_origins();
  if (names.empty()) return "an unnamed origin";
  // A code span or a mark could be closed by what an origin is called.
  std::string first = shown(names.front(), 80);
  std::replace_if(
      first.begin(), first.end(),
      [](char c) { return std::string_view("`[]()<>!\\").find(c) != std::string_view::npos; }, '\'');
  return names.size() == 1 ? first : fmt::format("{} and {} more", first, names.size() - 1);
}

size_t longest_run_of_ticks(std::string_view text) {
  size_t longest = 0;
  size_t run = 0;
  for (const char c : text) {
    run = c == '`' ? run + 1 : 0;
    longest = std::max(longest, run);
  }
  return longest;
}

}  // namespace

std::string shown_content(const Resolved& value, const Label& label) {
  const std::string from = origins_of(label);
  if (value.missing || value.text.empty()) return fmt::format("(nothing, from {})", from);
  std::string_view text = value.text;
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r' || text.back() == ' '))
    text.remove_suffix(1);
  if (text.find('\n') == std::string_view::npos) {
    const std::string line = shown(text, kShownBytesMax);
    const std::string ticks(longest_run_of_ticks(line) + 1, '`');
    const std::string_view pad = line.starts_with('`') || line.ends_with('`') || line.empty() ? " " : "";
    return fmt::format("{}{}{}{}{} (from {})", ticks, pad, line, pad, ticks, from);
  }
  std::string lines;
  for (size_t at = 0; at <= text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    std::string_view line = text.substr(at, end - at);
    if (line.ends_with('\r')) line.remove_suffix(1);
    lines += shown(line, kShownBytesMax) + "\n";
    at = end + 1;
  }
  const std::string fence(std::max(longest_run_of_ticks(lines) + 1, size_t{3}), '`');
  return fmt::format("\n{}text\n{}{}\n(from {})\n", fence, lines, fence, from);
}

bool Shower::in_address() const {
  if (word_.find("://") != std::string::npos) return true;
  const auto ends = [&](std::string_view end) { return word_.ends_with(end); };
  return word_.find("](") != std::string::npos || word_.find("]:") != std::string::npos || ends("<") ||
         word_.find("href=") != std::string::npos || word_.find("src=") != std::string::npos ||
         word_.find("mailto:") != std::string::npos || ends("//");
}

std::string Shower::feed(std::string_view piece) {
  kept_ += piece;
  const size_t open = open_reference(kept_);
  const std::string ready = kept_.substr(0, open);
  kept_.erase(0, open);
  return show(ready);
}

std::string Shower::end() {
  return show(std::exchange(kept_, {}));
}

std::string Shower::show(std::string_view text) {
  std::string out;
  size_t from = 0;
  const auto pass = [&](size_t end) {
    const std::string_view plain = text.substr(from, end - from);
    out += plain;
    // Markdown allows a space between the parts of a link's target, and an address goes on over it.
    const size_t space = plain.find_last_of(" \t\r\n");
    if (space != std::string_view::npos) word_.clear();
    word_ += space == std::string_view::npos ? plain : plain.substr(space + 1);
    if (word_.size() > kWordBytes) {
      // An address of that length is one still.
      const bool address = in_address();
      word_ = word_.substr(word_.size() - kWordBytes);
      if (address && !in_address()) word_ += "://";
    }
  };
  for (const Reference& reference : references_in(text)) {
    const auto resolved = resolve_(reference);
    pass(reference.begin);
    from = reference.end;
    if (!resolved) {
      out += fmt::format("(weir: v{} stands for nothing)", reference.number);
    } else if (in_address()) {
      out += "(weir: content is not put into an address)";
    } else {
      out += shown_content(*resolved, labels_.get(resolved->label));
      if (on_shown) on_shown(resolved->label);
    }
  }
  pass(text.size());
  return out;
}

}  // namespace weir::seal
