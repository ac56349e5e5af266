#include "skill/text.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/bytes.h"
#include "skill/limits.h"

namespace weir::skill {
namespace {

constexpr char32_t kJoiner = 0x200D;
constexpr char32_t kEmojiSelector = 0xFE0F;

bool is_lower_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

// What an emoji's selector or joiner may stand behind: pictures and the keys of a telephone, no letters.
bool may_be_emoji(char32_t c) {
  return c == '#' || c == '*' || (c >= '0' && c <= '9') || c == 0xA9 || c == 0xAE ||
         (c >= 0x2000 && c <= 0x3300 && !is_hidden(c)) || (c >= 0x1F000 && c <= 0x1FAFF);
}

}  // namespace

bool is_name(std::string_view name) {
  if (name.empty() || name.size() > kNameBytesMax || name.front() == '-' || name.back() == '-') return false;
  if (name.find("--") != std::string_view::npos) return false;
  return std::all_of(name.begin(), name.end(), [](char c) { return c == '-' || is_lower_or_digit(c); });
}

std::string look_alike_key(std::string_view name) {
  std::string key;
  for (size_t i = 0; i < name.size(); ++i) {
    const char c = name[i];
    const char next = i + 1 < name.size() ? name[i + 1] : '\0';
    if (c == '-') continue;
    if (c == 'r' && next == 'n') {
      key += 'm';
      ++i;
    } else if (c == 'v' && next == 'v') {
      key += 'w';
      ++i;
    } else if (c == '0') {
      key += 'o';
    } else if (c == '1' || c == 'i') {
      key += 'l';
    } else if (c == '5') {
      key += 's';
    } else {
      key += c;
    }
  }
  return key;
}

Status check_path(std::string_view path) {
  const auto refused = [&](std::string why) { return bad_input(std::move(why), shown(path)); };
  if (path.empty()) return refused("a file without a name");
  if (path.size() > kPathBytesMax)
    return too_large(fmt::format("a path of more than {} bytes", kPathBytesMax), shown(path));
  if (path.front() == '/') return refused("an absolute path");
  size_t parts = 0;
  for (size_t at = 0; at <= path.size();) {
    const size_t end = std::min(path.find('/', at), path.size());
    const std::string_view part = path.substr(at, end - at);
    if (part.empty()) return refused("an empty part in a path");
    if (part == "." || part == "..") return refused(fmt::format("\"{}\" in a path", part));
    if (part.back() == '.' || part.back() == ' ' || part.front() == ' ')
      return refused("a name that begins or ends with a space, or ends with a dot");
    for (const char c : part) {
      if (c <= 0x1F || c >= 0x7F || std::string_view("\\:*?\"<>|").find(c) != std::string_view::npos)
        return refused("a file's name has only visible ASCII, and none of \\ : * ? \" < > |");
    }
    ++parts;
    at = end + 1;
  }
  if (parts > kPathPartsMax)
    return too_large(fmt::format("more than {} folders deep", kPathPartsMax), shown(path));
  return {};
}

Status check_visible(std::string_view text, std::string_view what) {
  if (!is_utf8(text)) return bad_input(fmt::format("{} is not UTF-8", what));
  size_t line = 1;
  char32_t before = 0;
  for (size_t at = 0; at < text.size();) {
    const char32_t c = next_utf8(text, at);
    if (c == '\n') ++line;
    const bool plain = c == '\n' || c == '\t' || (c == '\r' && at < text.size() && text[at] == '\n');
    const bool part_of_emoji = (c == kEmojiSelector && may_be_emoji(before)) ||
                               (c == kJoiner && (may_be_emoji(before) || before == kEmojiSelector) &&
                                at < text.size() && static_cast<uint8_t>(text[at]) >= 0xE0);
    if (!plain && !part_of_emoji && is_hidden(c))
      return bad_input(fmt::format("{} has an invisible character, U+{:04X}", what, static_cast<uint32_t>(c)),
                       fmt::format("line {}", line), "take it out: nobody can see what it says");
    before = c;
  }
  return {};
}

size_t count_chars(std::string_view text) {
  return static_cast<size_t>(std::count_if(text.begin(), text.end(),
                                           [](char c) { return (static_cast<uint8_t>(c) & 0xC0) != 0x80; }));
}

}  // namespace weir::skill
