#include "session/skills.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "manifest/trust.h"
#include "trace/index.h"

namespace weir::session {
namespace {

// Less says nothing that is worth a label of its own.
constexpr size_t kTextBytesMin = 24;

std::string_view trimmed(std::string_view line) {
  const size_t end = line.find_last_not_of(" \t\r");
  return line.substr(0, end == std::string_view::npos ? 0 : end + 1);
}

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  for (size_t at = 0; at <= text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    lines.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return lines;
}

// "   12→text" and "12<tab>text": the number, and the text behind it.
std::optional<std::pair<uint64_t, std::string_view>> numbered(std::string_view line) {
  const size_t begin = std::min(line.find_first_not_of(' '), line.size());
  uint64_t number = 0;
  const auto parsed = std::from_chars(line.data() + begin, line.data() + line.size(), number);
  if (parsed.ec != std::errc()) return std::nullopt;
  std::string_view rest = line.substr(static_cast<size_t>(parsed.ptr - line.data()));
  for (const std::string_view mark : {"\xE2\x86\x92", "\t"}) {
    if (rest.starts_with(mark)) return std::pair(number, rest.substr(mark.size()));
  }
  return std::nullopt;
}

bool same_lines(const std::vector<std::string_view>& text, size_t from,
                const std::vector<std::string>& wanted, bool with_numbers) {
  if (from + wanted.size() > text.size()) return false;
  uint64_t expected = 0;
  for (size_t i = 0; i < wanted.size(); ++i) {
    std::string_view line = text[from + i];
    if (with_numbers) {
      const auto number = numbered(line);
      if (!number || (i > 0 && number->first != expected)) return false;
      expected = number->first + 1;
      line = number->second;
    }
    if (trimmed(line) != wanted[i]) return false;
  }
  return true;
}

bool is_plain_path(std::string_view path, const std::string& name) {
  if (path.ends_with("/SKILL.md")) path.remove_suffix(9);
  const bool plain = std::all_of(path.begin(), path.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("/._~-").find(c) != std::string_view::npos;
  });
  return plain && path.ends_with("/" + name);
}

}  // namespace

void KnownSkills::set(std::vector<KnownSkill> skills, trace::Index* index) {
  by_first_line_.clear();
  skills_ = std::move(skills);
  for (const KnownSkill& skill : skills_) {
    const LabelId untrusted =
        labels_.intern(Label::of(Origin{OriginKind::skill, skill.origin, {}, false}, Readers::everyone()));
    for (const std::string& text : skill.texts) {
      if (index != nullptr) index->add(text, untrusted);
      if (skill.trusted) add_text(skill, text);
    }
    if (index != nullptr) index->add(skill.description, untrusted);
  }
}

void KnownSkills::add_text(const KnownSkill& skill, std::string_view text) {
  std::vector<std::string> lines;
  size_t bytes = 0;
  for (const std::string_view line : lines_of(text)) {
    const std::string_view plain = trimmed(line);
    if (lines.empty() && plain.empty()) continue;
    bytes += plain.size();
    lines.emplace_back(plain);
  }
  while (!lines.empty() && lines.back().empty()) lines.pop_back();
  if (bytes < kTextBytesMin) return;
  std::string first = lines.front();
  by_first_line_.emplace(std::move(first), Text{&skill, std::move(lines)});
}

LabelId KnownSkills::label_of(const KnownSkill& skill) const {
  return labels_.intern(
      Label::of(Origin{OriginKind::skill, skill.origin, {}, skill.trusted}, Readers::everyone()));
}

std::vector<KnownSkills::Span> KnownSkills::find(std::string_view text) const {
  std::vector<Span> spans;
  if (by_first_line_.empty()) return spans;
  const std::vector<std::string_view> lines = lines_of(text);
  const auto offset = [&](std::string_view line) { return static_cast<size_t>(line.data() - text.data()); };
  for (size_t i = 0; i < lines.size(); ++i) {
    const Text* best = nullptr;
    for (const bool with_numbers : {false, true}) {
      const auto number = with_numbers ? numbered(lines[i]) : std::nullopt;
      if (with_numbers && !number) continue;
      const auto [from, to] =
          by_first_line_.equal_range(std::string(trimmed(with_numbers ? number->second : lines[i])));
      for (auto at = from; at != to; ++at) {
        if (best != nullptr && at->second.lines.size() <= best->lines.size()) continue;
        if (same_lines(lines, i, at->second.lines, with_numbers)) best = &at->second;
      }
    }
    if (best == nullptr) continue;
    const std::string_view last = lines[i + best->lines.size() - 1];
    spans.push_back({offset(lines[i]), offset(last) + last.size(), label_of(*best->skill), best->skill});
    i += best->lines.size() - 1;
  }
  // Descriptions stand in lists, within lines.
  for (const KnownSkill& skill : skills_) {
    if (!skill.trusted || skill.description.size() < kTextBytesMin) continue;
    for (size_t at = text.find(skill.description); at != std::string_view::npos;
         at = text.find(skill.description, at + skill.description.size()))
      spans.push_back({at, at + skill.description.size(), label_of(skill), &skill});
  }
  std::sort(spans.begin(), spans.end(), [](const Span& a, const Span& b) {
    return a.begin != b.begin ? a.begin < b.begin : a.end > b.end;
  });
  size_t end = 0;
  std::erase_if(spans, [&](const Span& span) {
    if (span.begin < end) return true;
    end = span.end;
    return false;
  });
  return spans;
}

bool KnownSkills::is_frame(std::string_view rest, const KnownSkill& skill) {
  for (const std::string_view whole : lines_of(rest)) {
    const std::string_view line = trimmed(whole);
    const auto between = [&](std::string_view open,
                             std::string_view close) -> std::optional<std::string_view> {
      if (line.size() < open.size() + close.size() || !line.starts_with(open) || !line.ends_with(close))
        return std::nullopt;
      return line.substr(open.size(), line.size() - open.size() - close.size());
    };
    if (line.empty() || line == "<skill>" || line == "</skill>" || line == "Launching skill: " + skill.name)
      continue;
    if (between("<name>", "</name>") == skill.name) continue;
    // The number of an empty line.
    if (const auto number = numbered(whole); number && trimmed(number->second).empty()) continue;
    if (const auto path = between("<path>", "</path>"); path && is_plain_path(*path, skill.name)) continue;
    if (const auto path = between("Base directory for this skill: ", "");
        path && is_plain_path(*path, skill.name))
      continue;
    return false;
  }
  return true;
}

const KnownSkill* KnownSkills::announced(std::string_view text) const {
  if (text.size() > 200 || text.find_first_not_of(" \t\r\n") == std::string_view::npos) return nullptr;
  const auto at = std::find_if(skills_.begin(), skills_.end(), [&](const KnownSkill& skill) {
    return skill.trusted && is_frame(text, skill);
  });
  return at == skills_.end() ? nullptr : &*at;
}

LabelId KnownSkills::for_call(LabelId label, std::string_view server_tool,
                              const manifest::ToolFacts& tool) const {
  if (skills_.empty() || tool.effects.only_reads()) return label;
  const Label whole = labels_.get(label);
  const auto is_ours = [](const Origin& origin) {
    return origin.kind == OriginKind::skill && origin.trusted;
  };
  if (std::none_of(whole.origins.begin(), whole.origins.end(), is_ours)) return label;
  const auto may = [&](const Origin& origin) {
    const auto skill = std::find_if(skills_.begin(), skills_.end(), [&](const KnownSkill& each) {
      return each.trusted && each.origin == origin.name;
    });
    if (skill == skills_.end()) return false;  // it was taken back since
    const bool named = std::any_of(skill->tools.begin(), skill->tools.end(), [&](const std::string& pattern) {
      return manifest::glob_matches(pattern, server_tool, "/");
    });
    const auto effects = tool.effects.names();
    return named && std::all_of(effects.begin(), effects.end(), [&](std::string_view effect) {
             return std::find(skill->effects.begin(), skill->effects.end(), effect) != skill->effects.end();
           });
  };
  Label out = whole;
  for (Origin& origin : out.origins) {
    if (is_ours(origin) && !may(origin)) origin.trusted = false;
  }
  std::sort(out.origins.begin(), out.origins.end());
  out.origins.erase(std::unique(out.origins.begin(), out.origins.end()), out.origins.end());
  return labels_.intern(out);
}

}  // namespace weir::session
