#include "skill/yaml.h"

#include <fmt/format.h>
#include <yaml.h>

#include <algorithm>

#include "base/bytes.h"

namespace weir::skill {
namespace {

// null, booleans and numbers of YAML 1.1 and 1.2, and dates: what readers may not give as a string.
bool is_ambiguous(std::string_view text) {
  if (text.empty()) return true;
  std::string low(text);
  for (char& c : low) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
  for (const std::string_view word : {"~", "null", "true", "false", "yes", "no", "on", "off", "y", "n", "=",
                                      "<<", ".inf", "-.inf", "+.inf", ".nan"}) {
    if (low == word) return true;
  }
  const bool digit = low.find_first_of("0123456789") != std::string::npos;
  return digit && low.find_first_not_of("0123456789abcdefox_.:+-tz ") == std::string::npos &&
         std::string_view("0123456789.+-").find(low.front()) != std::string_view::npos;
}

class Parser {
 public:
  explicit Parser(std::string_view text) {
    yaml_parser_initialize(&parser_);
    yaml_parser_set_encoding(&parser_, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&parser_, reinterpret_cast<const unsigned char*>(text.data()), text.size());
  }
  ~Parser() {
    yaml_event_delete(&event_);
    yaml_parser_delete(&parser_);
  }
  Parser(const Parser&) = delete;
  Parser& operator=(const Parser&) = delete;

  Result<std::vector<YamlEntry>> read() {
    WEIR_TRY(expect(YAML_STREAM_START_EVENT));
    WEIR_TRY(expect(YAML_DOCUMENT_START_EVENT));
    const auto& document = event_.data.document_start;
    if (document.implicit == 0 || document.version_directive != nullptr ||
        document.tag_directives.start != document.tag_directives.end)
      return refused("a directive or document mark");
    WEIR_TRY(next());
    if (event_.type != YAML_MAPPING_START_EVENT) return refused("front matter that is no map");
    WEIR_TRY_ASSIGN(entries, read_map(0));
    WEIR_TRY(expect(YAML_DOCUMENT_END_EVENT));
    if (event_.data.document_end.implicit == 0) return refused("a document mark");
    WEIR_TRY(expect(YAML_STREAM_END_EVENT));
    return entries;
  }

 private:
  Error refused(std::string what) const {
    return bad_input(what + " in the front matter", fmt::format("SKILL.md:{}", event_.start_mark.line + 2),
                     "plain \"key: text\" lines, and one map under metadata");
  }

  Status next() {
    yaml_event_delete(&event_);
    if (yaml_parser_parse(&parser_, &event_) != 0) return {};
    event_ = {};
    const char* why = parser_.problem == nullptr ? "it cannot be read" : parser_.problem;
    return bad_input(fmt::format("the front matter is not YAML: {}", why),
                     fmt::format("SKILL.md:{}", parser_.problem_mark.line + 2));
  }

  Status expect(yaml_event_type_t type) {
    WEIR_TRY(next());
    if (event_.type == type) return {};
    return event_.type == YAML_DOCUMENT_START_EVENT ? refused("a second document")
                                                    : refused("something unexpected");
  }

  // The current event is a scalar: its text, without an anchor or a tag.
  Result<std::string> scalar() const {
    const auto& scalar = event_.data.scalar;
    if (scalar.anchor != nullptr) return refused("an anchor");
    if (scalar.tag != nullptr) return refused("a tag");
    return std::string(reinterpret_cast<const char*>(scalar.value), scalar.length);
  }

  // Behind the start of a map, to its end.
  Result<std::vector<YamlEntry>> read_map(int depth) {
    const auto& start = event_.data.mapping_start;
    if (start.anchor != nullptr) return refused("an anchor");
    if (start.tag != nullptr) return refused("a tag");
    std::vector<YamlEntry> entries;
    for (;;) {
      WEIR_TRY(next());
      if (event_.type == YAML_MAPPING_END_EVENT) return entries;
      if (event_.type == YAML_ALIAS_EVENT) return refused("an alias");
      if (event_.type != YAML_SCALAR_EVENT) return refused("a key that is no string");
      YamlEntry entry;
      entry.line = event_.start_mark.line + 1;
      WEIR_TRY_ASSIGN(key, scalar());
      if (std::any_of(entries.begin(), entries.end(),
                      [&](const YamlEntry& other) { return other.key == key; }))
        return refused(fmt::format("the key \"{}\" twice", shown(key)));
      if (key == "<<") return refused("a merge key");
      entry.key = std::move(key);
      WEIR_TRY(next());
      switch (event_.type) {
        case YAML_SCALAR_EVENT: {
          WEIR_TRY_ASSIGN(text, scalar());
          entry.is_text = true;
          entry.ambiguous = event_.data.scalar.style == YAML_PLAIN_SCALAR_STYLE && is_ambiguous(text);
          entry.text = std::move(text);
          break;
        }
        case YAML_MAPPING_START_EVENT: {
          if (depth > 0) return refused("a map within a map");
          entry.is_map = true;
          WEIR_TRY_ASSIGN(map, read_map(depth + 1));
          entry.map = std::move(map);
          break;
        }
        case YAML_ALIAS_EVENT:
          return refused("an alias");
        case YAML_SEQUENCE_START_EVENT:
          return refused(fmt::format("a list under \"{}\"", shown(entry.key)));
        default:
          return refused("something unexpected");
      }
      entries.push_back(std::move(entry));
    }
  }

  yaml_parser_t parser_{};
  yaml_event_t event_{};
};

}  // namespace

Result<std::vector<YamlEntry>> read_yaml(std::string_view yaml) {
  return Parser(yaml).read();
}

}  // namespace weir::skill
