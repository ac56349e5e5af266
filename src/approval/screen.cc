#include "approval/screen.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/bytes.h"

namespace weir::approval {
namespace {

constexpr std::string_view kBold = "\033[1m", kDim = "\033[2m", kRed = "\033[31m", kGreen = "\033[32m",
                           kYellow = "\033[33m", kCyan = "\033[36m", kReset = "\033[0m";
constexpr size_t kCutLines = 3;  // of a value, until the person asks for all of it
constexpr size_t kGroupsShown = 4;

size_t width_of(char32_t c) {
  const bool none = (c >= 0x300 && c <= 0x36F) || (c >= 0x1AB0 && c <= 0x1AFF) ||
                    (c >= 0x1DC0 && c <= 0x1DFF) || (c >= 0x20D0 && c <= 0x20FF) ||
                    (c >= 0xFE20 && c <= 0xFE2F);
  if (none) return 0;
  const bool wide =
      (c >= 0x1100 && c <= 0x115F) || (c >= 0x2E80 && c <= 0xA4CF) || (c >= 0xAC00 && c <= 0xD7A3) ||
      (c >= 0xF900 && c <= 0xFAFF) || (c >= 0xFE30 && c <= 0xFE6F) || (c >= 0xFF00 && c <= 0xFF60) ||
      (c >= 0xFFE0 && c <= 0xFFE6) || (c >= 0x1F300 && c <= 0x1FAFF) || (c >= 0x20000 && c <= 0x3FFFD);
  return wide ? 2 : 1;
}

// At most `width` columns of a line that has this file's own colours in it.
std::string clipped(std::string_view line, size_t width) {
  std::string out;
  size_t used = 0;
  for (size_t at = 0; at < line.size();) {
    const size_t begin = at;
    if (line[at] == '\033') {
      at = std::min(line.find('m', at), line.size() - 1) + 1;
    } else {
      used += width_of(next_utf8(line, at));
      if (used > width) continue;
    }
    out += line.substr(begin, at - begin);
  }
  return out;
}

// Cuts into pieces of at most `width` columns, at a space where one is near.
std::vector<std::string> wrapped(std::string_view text, size_t width) {
  width = std::max<size_t>(width, 8);
  std::vector<std::string> lines;
  while (!text.empty()) {
    size_t end = 0, used = 0, space = 0;
    while (end < text.size()) {
      size_t next = end;
      const size_t step = width_of(next_utf8(text, next));
      if (used + step > width) break;
      if (text[end] == ' ') space = end;
      used += step;
      end = next;
    }
    if (end < text.size() && space > 0 && space * 3 >= end * 2) end = space;
    lines.emplace_back(text.substr(0, end));
    text.remove_prefix(end);
    if (text.starts_with(' ')) text.remove_prefix(1);
  }
  if (lines.empty()) lines.emplace_back();
  return lines;
}

class Page {
 public:
  explicit Page(const Shape& shape) : shape_(shape) {}

  std::string styled(std::string_view style, std::string_view text) const {
    return shape_.color ? fmt::format("{}{}{}", style, text, kReset) : std::string(text);
  }
  std::vector<std::string>& lines() { return lines_; }
  void add(std::string line) { lines_.push_back(std::move(line)); }
  void rule() { add(styled(kDim, std::string(std::min<size_t>(shape_.width, 110), '-'))); }
  // `head` once, then the text wrapped behind it, every line in the style. True when lines were left out.
  bool hanging(std::string_view head, std::string_view text, std::string_view style,
               size_t lines_max = SIZE_MAX) {
    const size_t indent = columns(head);
    const size_t room = shape_.width > indent + 8 ? shape_.width - indent : 8;
    std::vector<std::string> pieces = wrapped(text, room);
    const bool cut = pieces.size() > lines_max;
    if (cut) {
      pieces.resize(lines_max);
      pieces.back() = clipped(pieces.back(), room - 1) + "…";
    }
    for (size_t i = 0; i < pieces.size(); ++i)
      add((i == 0 ? std::string(head) : std::string(indent, ' ')) + styled(style, pieces[i]));
    return cut;
  }

 private:
  const Shape& shape_;
  std::vector<std::string> lines_;
};

std::string padded(std::string_view text, size_t width) {
  const size_t has = columns(text);
  return std::string(text) + std::string(has < width ? width - has : 1, ' ');
}

void put_argument(Page& page, const CardArgument& argument, const Shape& shape) {
  const auto trust = argument.trusted ? kGreen : kRed;
  const std::string head =
      padded("  " + (argument.pointer.empty() ? "(text)" : argument.pointer), 17) + padded(argument.role, 11);
  const bool left_out = page.hanging(head, argument.value, trust, shape.whole ? SIZE_MAX : kCutLines);
  const std::string tail = argument.cut || left_out ? fmt::format("   ({} bytes{})", argument.bytes,
                                                                  shape.whole ? ", cut" : "; v shows more")
                                                    : "";
  page.hanging(std::string(17, ' '),
               fmt::format("{} from {}; readers: {}{}", argument.trusted ? "trusted" : "UNTRUSTED",
                           argument.origins, argument.readers.empty() ? "nobody" : argument.readers, tail),
               argument.trusted ? kDim : kRed, 2);
}

std::vector<std::string> argument_lines(const Card& card, const Shape& shape) {
  Page page(shape);
  for (const CardArgument& argument : card.arguments) put_argument(page, argument, shape);
  if (card.more_arguments > 0)
    page.add(page.styled(
        kRed, fmt::format("  and {} further arguments: weir approvals --json", card.more_arguments)));
  if (page.lines().empty()) page.add("  no arguments");
  return std::move(page.lines());
}

void put_title(Page& page, const Card& card) {
  page.add(page.styled(kBold, fmt::format("{}  {}", card.id, card.tool)) +
           fmt::format("   {} s left", card.seconds_left));
  std::string under = fmt::format("session {}, ledger entry {}", card.session, card.decision);
  if (card.waiting > 1) under += fmt::format("; {} calls wait with this question", card.waiting);
  page.hanging("    ", under, kDim);
}

struct Choice {
  Answer answer;
  std::string_view key, command;
};
constexpr std::array<Choice, 4> kChoices{{{Answer::once, "o", ""},
                                          {Answer::session, "s", " --session"},
                                          {Answer::always, "a", " --always"},
                                          {Answer::deny, "d", ""}}};

void put_choices(Page& page, const Card& card, const Shape& shape, bool keys) {
  for (const Choice& choice : kChoices) {
    const std::string command = fmt::format(
        "weir {} {}{}", choice.answer == Answer::deny ? "deny" : "approve", card.id, choice.command);
    const std::string head = keys
                                 ? fmt::format("  {}  {}", choice.key, padded(answer_name(choice.answer), 10))
                                 : padded("  " + command, 28);
    page.hanging(head, card.next[static_cast<size_t>(choice.answer)], kCyan);
  }
  page.hanging("  pattern: ", card.pattern, kDim, shape.whole || !keys ? SIZE_MAX : 3);
}

struct Group {
  std::string_view session, tool;
  size_t asks = 0;
};

std::vector<Group> groups_of(const std::vector<Card>& cards) {
  std::vector<Group> groups;
  for (const Card& card : cards) {
    if (groups.empty() || groups.back().session != card.session_raw || groups.back().tool != card.tool_raw)
      groups.push_back({card.session_raw, card.tool_raw, 0});
    ++groups.back().asks;
  }
  return groups;
}

void put_groups(Page& page, const std::vector<Card>& cards, size_t at) {
  const auto groups = groups_of(cards);
  const Card& now = cards[at];
  page.add(page.styled(kBold, fmt::format("weir approvals: {} of {}", at + 1, cards.size())) +
           fmt::format("  {} {} waiting in {} {}", cards.size(), cards.size() == 1 ? "ask" : "asks",
                       groups.size(), groups.size() == 1 ? "group" : "groups"));
  if (groups.size() < 2) return;
  size_t shown_groups = 0;
  for (const Group& group : groups) {
    const bool current = group.session == now.session_raw && group.tool == now.tool_raw;
    if (shown_groups++ >= kGroupsShown && !current) continue;
    const std::string line = fmt::format("{} {} x {}  session {}", current ? ">" : " ", group.asks,
                                         visible(group.tool, 40), visible(group.session, 24));
    page.add(current ? page.styled(kBold, line) : page.styled(kDim, line));
  }
  if (groups.size() > kGroupsShown)
    page.add(page.styled(kDim, fmt::format("  … {} groups in all", groups.size())));
}

}  // namespace

size_t columns(std::string_view text) {
  size_t sum = 0;
  for (size_t at = 0; at < text.size();) sum += width_of(next_utf8(text, at));
  return sum;
}

Screen live_screen(const std::vector<Card>& cards, size_t at, std::string_view note, const Shape& shape) {
  Page top(shape);
  if (cards.empty()) {
    top.add(top.styled(kBold, "weir approvals"));
    top.add("");
    top.add("  nothing waits for an answer");
    top.add("");
    if (!note.empty()) top.hanging("  ", note, kYellow);
    top.add(top.styled(kDim, "  q leaves; what comes is shown here"));
    return {std::move(top.lines()), 0};
  }
  const Card& card = cards[at];
  put_groups(top, cards, at);
  top.rule();
  put_title(top, card);
  Page bottom(shape);
  bottom.hanging("  why: ", card.why, kYellow, 4);
  put_choices(bottom, card, shape, true);
  if (!card.link.empty()) bottom.hanging("  page: ", card.link, kDim);
  bottom.hanging("  ", "n p move   v whole values   space further   D deny this group   q leave", kDim);
  if (!note.empty()) bottom.hanging("  ", note, kYellow, 2);

  // What is between gets the lines that are left; never fewer than four, the frame gives way first.
  std::vector<std::string> arguments = argument_lines(card, shape);
  const size_t frame = top.lines().size() + bottom.lines().size();
  const size_t room = std::max<size_t>(4, shape.height > frame ? shape.height - frame : 0);
  Screen screen;
  screen.lines = std::move(top.lines());
  if (arguments.size() <= room) {
    std::move(arguments.begin(), arguments.end(), std::back_inserter(screen.lines));
  } else {
    screen.scroll_max = arguments.size() - (room - 1);
    const size_t from = std::min(shape.scroll, screen.scroll_max);
    std::move(arguments.begin() + static_cast<ptrdiff_t>(from),
              arguments.begin() + static_cast<ptrdiff_t>(from + room - 1), std::back_inserter(screen.lines));
    screen.lines.push_back(top.styled(
        kYellow, fmt::format("  -- lines {} to {} of {} of the arguments; space shows further ones --",
                             from + 1, from + room - 1, arguments.size())));
  }
  std::move(bottom.lines().begin(), bottom.lines().end(), std::back_inserter(screen.lines));
  if (screen.lines.size() > shape.height) screen.lines.resize(std::max<size_t>(shape.height, 1));
  for (std::string& line : screen.lines) line = clipped(line, shape.width);
  return screen;
}

Screen trouble_screen(std::string_view trouble, const Shape& shape) {
  Page page(shape);
  page.add(page.styled(kBold, "weir approvals"));
  page.add("");
  page.hanging("  ", trouble, kRed);
  page.add("");
  page.add(page.styled(kDim, "  tries again by itself; q leaves"));
  if (page.lines().size() > shape.height) page.lines().resize(std::max<size_t>(shape.height, 1));
  for (std::string& line : page.lines()) line = clipped(line, shape.width);
  return {std::move(page.lines()), 0};
}

std::vector<std::string> printed_card(const Card& card, const Shape& shape) {
  Page page(shape);
  put_title(page, card);
  for (std::string& line : argument_lines(card, shape)) page.add(std::move(line));
  page.hanging("  why: ", card.why, kYellow);
  put_choices(page, card, shape, false);
  if (!card.link.empty()) page.hanging("  page: ", card.link, kDim);
  return std::move(page.lines());
}

}  // namespace weir::approval
