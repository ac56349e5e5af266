#include <algorithm>

#include "base/limits.h"
#include "client/profile_data.h"

namespace weir::client::detail {
namespace {

constexpr size_t kNone = std::string_view::npos;

// Finds the next of several marks; each is searched for over the text once, so time is linear in the text
// for every mark.
class MarkFinder {
 public:
  MarkFinder(const std::vector<Mark>& marks, std::string_view text)
      : marks_(marks), text_(text), next_(marks.size()) {
    for (size_t i = 0; i < marks.size(); ++i) next_[i] = text.find(marks[i].mark);
  }

  // The earliest mark at or after `from`, or null.
  const Mark* find(size_t from, size_t& at) {
    const Mark* best = nullptr;
    for (size_t i = 0; i < marks_.size(); ++i) {
      if (next_[i] != kNone && next_[i] < from) next_[i] = text_.find(marks_[i].mark, from);
      if (next_[i] != kNone && (best == nullptr || next_[i] < at)) {
        best = &marks_[i];
        at = next_[i];
      }
    }
    return best;
  }

 private:
  const std::vector<Mark>& marks_;
  std::string_view text_;
  std::vector<size_t> next_;
};

// The origin of what follows a mark at `at`: with the file that its line names, if all is as the agent writes
// it.
std::string origin_at(const Mark& mark, std::string_view text, size_t at) {
  const bool as_agent = std::any_of(mark.preambles.begin(), mark.preambles.end(),
                                    [&](const std::string& preamble) { return text.starts_with(preamble); });
  if (mark.path_ends.empty() || !as_agent) return mark.origin;
  std::string_view line = text.substr(at + mark.mark.size());
  line = line.substr(0, line.find('\n'));
  if (!line.ends_with(mark.path_ends)) return mark.origin;
  const size_t end = line.rfind(" (");  // a path may have one itself; the description comes last
  const std::string_view path = line.substr(0, end);
  if (end == kNone || !path.starts_with('/') || path.size() > limits::kPrincipalBytesMax) return mark.origin;
  return mark.origin + " file:" + std::string(path);
}

bool excepted(const Mark& mark, std::string_view text, size_t at) {
  std::string_view line = text.substr(at + mark.mark.size());
  line = line.substr(0, line.find('\n'));
  return std::any_of(mark.except_ends.begin(), mark.except_ends.end(),
                     [&](const std::string& end) { return line.ends_with(end); });
}

// Where in `text` the first item of a list stands that did not come with the agent; kNone if there is none.
size_t first_unknown(const List& list, std::string_view text) {
  size_t at = text.find(list.heading);
  if (at == kNone) return kNone;
  at += list.heading.size();
  while (at < text.size() && text[at] == '\n') ++at;
  // An item may go on over several lines; an empty one ends the list.
  while (at < text.size() && text[at] != '\n') {
    const size_t end = std::min(text.find('\n', at), text.size());
    const std::string_view line = text.substr(at, end - at);
    if (line.starts_with("- ")) {
      const bool known = std::any_of(list.known.begin(), list.known.end(), [&](const std::string& name) {
        return line.substr(2).starts_with(name) && line.substr(2 + name.size()).starts_with(": ");
      });
      if (!known) return at;
    }
    at = std::min(end + 1, text.size());
  }
  return kNone;
}

// A place from which on text is somebody else's.
struct Border {
  size_t at = kNone;
  std::string origin = {};
};

std::vector<Border> borders_of(const std::vector<List>& lists, std::string_view text) {
  std::vector<Border> borders;
  for (const List& list : lists) {
    if (const size_t at = first_unknown(list, text); at != kNone) borders.push_back({at, list.origin});
  }
  std::sort(borders.begin(), borders.end(), [](const Border& a, const Border& b) { return a.at < b.at; });
  return borders;
}

// Cuts `text` at its marks and borders. Whatever stands before a mark could have written the mark, so every
// segment keeps the origins of those before it.
void cut_at_marks(const std::vector<Mark>& marks, std::string_view text, Segment base,
                  std::vector<Segment>& out, const std::vector<Border>& borders = {}) {
  MarkFinder finder(marks, text);
  size_t begin = 0;
  Segment current = std::move(base);
  const auto cut = [&](size_t at, std::string origin) {
    if (std::find(current.origins.begin(), current.origins.end(), origin) != current.origins.end()) return;
    current.text = text.substr(begin, at - begin);
    if (!current.text.empty()) out.push_back(current);
    current.voice = Voice::outside;
    current.origins.push_back(std::move(origin));
    begin = at;
  };
  size_t at = 0;
  auto border = borders.begin();
  const auto cut_until = [&](size_t end) {
    for (; border != borders.end() && border->at <= end; ++border) cut(border->at, border->origin);
  };
  for (const Mark* mark = finder.find(0, at); mark != nullptr;
       mark = finder.find(at + mark->mark.size(), at)) {
    if (excepted(*mark, text, at)) continue;
    cut_until(at);
    const bool full = current.origins.size() >= limits::kLabelOriginsMax;
    cut(at, full ? mark->origin : origin_at(*mark, text, at));
  }
  cut_until(text.size());
  current.text = text.substr(begin);
  if (!current.text.empty()) out.push_back(std::move(current));
}

// Where the wrapped part of user text begins and ends, and whose it is.
struct Region {
  size_t begin = kNone;
  size_t end = 0;
  Segment base = {};
};

Region wrapped_region(const std::vector<Wrapper>& wrappers, std::string_view text) {
  Region region;
  size_t last_open = 0;
  size_t last_close = 0;  // its end
  for (const Wrapper& wrapper : wrappers) {
    const size_t open = text.find(wrapper.open);
    if (open == kNone) continue;
    region.begin = std::min(region.begin, open);
    last_open = std::max(last_open, text.rfind(wrapper.open));
    if (wrapper.voice != Voice::outside) continue;
    region.base.voice = Voice::outside;
    if (std::find(region.base.origins.begin(), region.base.origins.end(), wrapper.origin) ==
        region.base.origins.end()) {
      region.base.origins.push_back(wrapper.origin);
    }
  }
  if (region.begin == kNone) return region;
  for (const Wrapper& wrapper : wrappers) {
    const size_t close = text.rfind(wrapper.close);
    if (close != kNone) last_close = std::max(last_close, close + wrapper.close.size());
  }
  region.end = last_close > last_open ? last_close : text.size();
  return region;
}

std::string_view trimmed_front(std::string_view text) {
  const size_t first = text.find_first_not_of(" \t\r\n");
  return first == kNone ? std::string_view() : text.substr(first);
}

const Whole* whole_of(const std::vector<Whole>& wholes, std::string_view text) {
  const std::string_view trimmed = trimmed_front(text);
  const Whole* found = nullptr;
  for (const Whole& whole : wholes) {
    const bool fits = whole.anywhere ? text.find(whole.text) != kNone : trimmed.starts_with(whole.text);
    if (fits && (found == nullptr || whole.voice == Voice::outside)) found = &whole;
  }
  return found;
}

// A text that the agent built around what the planner wrote.
std::vector<Segment> cut_planner(const Whole& whole, std::string_view text) {
  const size_t first_line = std::min(text.find('\n'), text.size() - 1) + 1;
  const size_t opens = whole.opens.empty() ? kNone : text.find(whole.opens);
  const size_t begin = opens == kNone ? first_line : opens + whole.opens.size();
  // The last of them is the agent's: what the planner wrote may have one too.
  const size_t closes = whole.closes.empty() ? kNone : text.rfind(whole.closes);
  const size_t end = closes == kNone || closes < begin ? text.size() : closes;
  std::vector<Segment> out;
  out.push_back({text.substr(0, begin), Voice::agent, {}});
  if (begin < end) out.push_back({text.substr(begin, end - begin), Voice::planner, {}});
  if (end < text.size()) out.push_back({text.substr(end), Voice::agent, {}});
  return out;
}

std::vector<Segment> cut_user(const ProfileData& profile, std::string_view text) {
  std::vector<Segment> out;
  if (const Whole* whole = whole_of(profile.wholes, text)) {
    if (whole->voice == Voice::planner) return cut_planner(*whole, text);
    Segment base{text, whole->voice, {}};
    if (whole->voice == Voice::outside) base.origins.push_back(whole->origin);
    cut_at_marks(profile.user_marks, text, std::move(base), out);
    return out;
  }
  Region region = wrapped_region(profile.wrappers, text);
  if (region.begin == kNone) return {{text, Voice::person, {}}};
  if (region.begin > 0) out.push_back({text.substr(0, region.begin), Voice::person, {}});
  cut_at_marks(profile.user_marks, text.substr(region.begin, region.end - region.begin),
               std::move(region.base), out);
  if (region.end < text.size()) out.push_back({text.substr(region.end), Voice::person, {}});
  return out;
}

}  // namespace

std::vector<Segment> cut_text(const ProfileData& profile, std::string_view text, bool user) {
  if (text.empty()) return {};
  if (user) return cut_user(profile, text);
  std::vector<Segment> out;
  cut_at_marks(profile.operator_marks, text, {text, Voice::operator_text, {}}, out,
               borders_of(profile.operator_lists, text));
  return out;
}

const std::string* origin_after(const ProfileData& profile, std::string_view before) {
  for (const After& after : profile.afters) {
    if (trimmed_front(before).starts_with(after.starts)) return &after.origin;
  }
  return nullptr;
}

}  // namespace weir::client::detail
