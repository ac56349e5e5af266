#include "skill/skill_md.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/bytes.h"
#include "skill/limits.h"
#include "skill/text.h"
#include "skill/yaml.h"

namespace weir::skill {
namespace {

constexpr std::string_view kOpen = "---\n";
constexpr std::string_view kClose = "\n---\n";

class Reader {
 public:
  explicit Reader(Reading& out) : out_(out) {}

  void read(std::string_view text, std::string_view folder) {
    if (text.size() > kSkillMdBytesMax)
      return problem(too_large(fmt::format("more than {} bytes", kSkillMdBytesMax)), 0);
    if (const Status visible = check_visible(text, "SKILL.md"); !visible) {
      out_.problems.push_back(visible.error());
      if (!is_utf8(text)) return;
    }
    const auto front = cut(text);
    if (!front) return;
    auto yaml = read_yaml(*front);
    if (!yaml) return problem(yaml.error(), 0);
    for (const YamlEntry& entry : *yaml) take(entry);
    finish(folder);
  }

 private:
  void problem(Error error, size_t line) {
    if (error.where.empty()) error.where = line == 0 ? "SKILL.md" : fmt::format("SKILL.md:{}", line);
    out_.problems.push_back(std::move(error));
  }
  void problem(std::string message, size_t line, std::string hint = {}) {
    problem(bad_input(std::move(message), {}, std::move(hint)), line);
  }

  std::optional<std::string_view> cut(std::string_view text) {
    if (!text.starts_with(kOpen)) {
      problem("it does not begin with a line \"---\"", 1,
              "nothing stands before the front matter, a byte order mark neither");
      return std::nullopt;
    }
    // The line end before the closing line may be that of the opening one.
    const size_t close = text.find(kClose, kOpen.size() - 1);
    const bool at_end = close == std::string_view::npos && text.ends_with("\n---");
    if (close == std::string_view::npos && !at_end) {
      problem("the front matter has no closing line \"---\"", 1);
      return std::nullopt;
    }
    const size_t end = at_end ? text.size() - 3 : close + 1;
    const std::string_view front = text.substr(kOpen.size(), end - kOpen.size());
    out_.skill.body = at_end ? "" : text.substr(close + kClose.size());
    if (front.size() > kFrontMatterBytesMax) {
      problem(too_large(fmt::format("front matter of more than {} bytes", kFrontMatterBytesMax)), 1);
      return std::nullopt;
    }
    if (front.find('\r') != std::string_view::npos)
      problem("a carriage return in the front matter", 0, "lines end with a line feed alone");
    if (front.find('\t') != std::string_view::npos) problem("a tab in the front matter", 0);
    if (const size_t dashes = front.find("---"); dashes != std::string_view::npos)
      problem("\"---\" within the front matter, where some readers end it",
              2 + static_cast<size_t>(
                      std::count(front.begin(), front.begin() + static_cast<ptrdiff_t>(dashes), '\n')));
    return front;
  }

  void take(const YamlEntry& entry) {
    const size_t line = entry.line + 1;  // of the file
    const auto text = [&](std::string& out, size_t chars_max) {
      if (!entry.is_text) return problem(fmt::format("\"{}\" is not a string", entry.key), line);
      if (entry.ambiguous)
        return problem(fmt::format("\"{}\" is not a string to every reader", entry.key), line,
                       "put it in quotes");
      if (entry.text.empty()) return problem(fmt::format("\"{}\" is empty", entry.key), line);
      if (count_chars(entry.text) > chars_max)
        problem(too_large(fmt::format("\"{}\" has more than {} characters", entry.key, chars_max)), line);
      out = entry.text;
    };
    if (entry.key == "name") return text(out_.skill.name, kNameBytesMax);
    if (entry.key == "description") return text(out_.skill.description, kDescriptionCharsMax);
    if (entry.key == "license") return text(out_.skill.license, kLicenseCharsMax);
    if (entry.key == "compatibility") return text(out_.skill.compatibility, kCompatibilityCharsMax);
    if (entry.key == "allowed-tools") {
      std::string tools;
      text(tools, kFrontMatterBytesMax);
      return take_tools(tools, line);
    }
    if (entry.key == "metadata") return take_metadata(entry, line);
    problem(fmt::format("unknown key \"{}\"", shown(entry.key)), line,
            "name, description, license, compatibility, metadata, allowed-tools");
  }

  void take_tools(std::string_view tools, size_t line) {
    while (!tools.empty()) {
      const size_t end = std::min(tools.find(' '), tools.size());
      if (end > 0) out_.skill.allowed_tools.emplace_back(tools.substr(0, end));
      tools.remove_prefix(std::min(end + 1, tools.size()));
    }
    if (out_.skill.allowed_tools.size() > kAllowedToolsMax)
      problem(too_large(fmt::format("more than {} allowed tools", kAllowedToolsMax)), line);
  }

  void take_metadata(const YamlEntry& entry, size_t line) {
    if (!entry.is_map) return problem("\"metadata\" is not a map of strings", line);
    if (entry.map.size() > kMetadataMax)
      return problem(too_large(fmt::format("more than {} entries of metadata", kMetadataMax)), line);
    for (const YamlEntry& each : entry.map) {
      if (!each.is_text) {
        problem(fmt::format("metadata \"{}\" is not a string", shown(each.key)), each.line + 1);
      } else if (count_chars(each.key) > kMetadataCharsMax || count_chars(each.text) > kMetadataCharsMax) {
        problem(too_large(fmt::format("metadata of more than {} characters", kMetadataCharsMax)),
                each.line + 1);
      } else {
        out_.skill.metadata.emplace_back(each.key, each.text);
      }
    }
  }

  void finish(std::string_view folder) {
    const SkillMd& skill = out_.skill;
    if (skill.name.empty()) {
      problem("it has no name", 0);
    } else if (!is_name(skill.name)) {
      problem(fmt::format("\"{}\" cannot be the name of a skill", shown(skill.name)), 0,
              "a-z, 0-9 and single \"-\" between them, at most 64");
    } else if (!folder.empty() && skill.name != folder) {
      problem(fmt::format("it is called \"{}\", and its folder \"{}\"", skill.name, shown(folder)), 0);
    }
    if (skill.description.empty()) problem("it has no description", 0);
    // It goes into system prompts, where marks mean something.
    for (const std::string* text : {&skill.description, &skill.compatibility}) {
      for (size_t at = text->find('<'); at != std::string::npos; at = text->find('<', at + 1)) {
        const char next = at + 1 < text->size() ? (*text)[at + 1] : ' ';
        const bool mark = next == '/' || next == '!' || next == '|' || (next >= 'a' && next <= 'z') ||
                          (next >= 'A' && next <= 'Z');
        if (!mark) continue;
        problem("a \"<\" that could begin a mark, in what clients put into their system prompts", 0);
        break;
      }
    }
    for (const auto& text : {skill.description, skill.compatibility, skill.license}) {
      const bool controls = std::any_of(text.begin(), text.end(),
                                        [](char c) { return c != '\n' && static_cast<uint8_t>(c) < 0x20; });
      const Status visible = check_visible(text, "the front matter");
      if (!visible || controls) problem("an invisible character, written as an escape", 0);
    }
  }

  Reading& out_;
};

}  // namespace

Reading read_skill_md(std::string_view text, std::string_view folder) {
  Reading out;
  Reader(out).read(text, folder);
  return out;
}

Result<SkillMd> parse_skill_md(std::string_view text, std::string_view folder) {
  Reading reading = read_skill_md(text, folder);
  if (!reading.problems.empty()) return reading.problems.front();
  return std::move(reading.skill);
}

}  // namespace weir::skill
