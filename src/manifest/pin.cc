#include "manifest/pin.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <unordered_set>

#include "base/limits.h"
#include "manifest/manifests.h"

namespace weir::manifest {
namespace {

constexpr size_t kPointerShownBytes = 100;
constexpr size_t kTableMax = 4'000'000;  // of a longest common subsequence

bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
         c == '.';
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return out;
}

// "search" is a word of any text; "search_nodes", "sendMail" and "read-file" are names.
bool is_identifier(std::string_view name) {
  if (name.find_first_of("_-0123456789") != std::string_view::npos) return true;
  for (size_t i = 1; i < name.size(); ++i) {
    if (name[i] >= 'A' && name[i] <= 'Z' && name[i - 1] >= 'a') return true;
  }
  return false;
}

bool is_line_white(char32_t c) {
  return c == '\n' || c == '\r' || c == '\t';
}

bool shows(char32_t c) {
  return !is_hidden(c) && c > 0x20 && c != 0x7F;
}

// Calls `each` for every code point that does not show and does not belong to how the text is written: one
// variation selector behind a character, and joiners between characters of scripts (or emoji) that need them.
template <class Each>
void each_hidden(std::string_view text, Each each) {
  char32_t before = 0;
  for (size_t at = 0; at < text.size();) {
    const size_t begin = at;
    const char32_t c = next_utf8(text, at);
    bool harmless = !is_hidden(c) || is_line_white(c);
    if (c == 0xFE0E || c == 0xFE0F) harmless = shows(before);
    if (c == 0x200C || c == 0x200D) {
      size_t next = at;
      const bool joins = before > 0x7F && at < text.size() && static_cast<uint8_t>(text[at]) > 0x7F;
      harmless = joins && (shows(before) || before == 0xFE0F) && shows(next_utf8(text, next));
    }
    if (!harmless) each(c, begin);
    before = c;
  }
}

// The words of a tool's texts, and how they stand there. Lower case.
struct Words {
  std::unordered_set<std::string> all;      // also "server/tool" and "server:tool" as one
  std::unordered_set<std::string> pointed;  // `so`, so(…), "the so tool", "call so": a name, not a word

  void read(std::string_view text) {
    std::string before;
    for (size_t at = 0; at < text.size();) {
      if (!is_word(text[at])) {
        ++at;
        continue;
      }
      size_t end = at;
      while (end < text.size() && is_word(text[end])) ++end;
      const std::string word = trimmed(text.substr(at, end - at));
      const char left = at == 0 ? ' ' : text[at - 1], right = end == text.size() ? ' ' : text[end];
      if (right == '(' || (left == '`' && right == '`')) pointed.insert(word);
      if (word == "tool" || word == "tools" || word == "server" || word == "mcp") pointed.insert(before);
      if (before == "tool" || before == "call" || before == "mcp" || before == "server") pointed.insert(word);
      before = word;
      all.insert(word);
      at = end;
    }
    for (size_t at = 0; at < text.size();) {
      size_t end = at;
      while (end < text.size() && (is_word(text[end]) || text[end] == '/' || text[end] == ':')) ++end;
      if (end > at) all.insert(trimmed(text.substr(at, end - at)));
      at = end + 1;
    }
  }

 private:
  static std::string trimmed(std::string_view word) {
    while (!word.empty() && (word.back() == '.' || word.back() == ':')) word.remove_suffix(1);
    while (!word.empty() && word.front() == '.') word.remove_prefix(1);
    return lower(word);
  }
};

// Looks at every string of a definition, keys too.
class Inspector {
 public:
  // Recursion is bounded by the JSON parser's depth.
  void walk(json::Value value) {
    if (value.is_string()) read(*value.string());
    size_t index = 0;
    for (const json::Value element : value.elements()) below(std::to_string(index++), element);
    for (const json::Member& member : value.members()) {
      read(member.key);
      below(member.key, member.value);
    }
  }
  const Words& words() const { return words_; }
  std::vector<std::string> take() { return std::move(out_); }

 private:
  void below(std::string_view token, json::Value value) {
    const size_t length = path_.size();
    path_ += '/';
    path_ += token;
    walk(value);
    path_.resize(length);
  }

  void read(std::string_view text) {
    words_.read(text);
    const std::string where = shown(path_.empty() ? "/" : path_, kPointerShownBytes);
    std::map<char32_t, std::pair<size_t, size_t>> seen;  // where first, how often
    each_hidden(text, [&](char32_t c, size_t at) { ++seen.try_emplace(c, at, 0).first->second.second; });
    for (const auto& [c, place] : seen) {
      out_.push_back(fmt::format("{}: {} hidden character{} U+{:04X}, the first at byte {}", where,
                                 place.second, place.second == 1 ? "" : "s", static_cast<uint32_t>(c),
                                 place.first));
    }
    if (text.size() > limits::kToolTextLongBytes)
      out_.push_back(fmt::format("{}: a text of {} bytes", where, text.size()));
  }

  Words words_;
  std::string path_;
  std::vector<std::string> out_;
};

bool names_tool(const Words& words, const std::string& server, const std::string& tool) {
  for (const std::string& whole : {server + "/" + tool, server + ":" + tool, server + "." + tool,
                                   server + "__" + tool, "mcp__" + server + "__" + tool}) {
    if (words.all.contains(whole)) return true;
  }
  return false;
}

void find_shadows(const Words& words, const ToolText& tool, std::string_view server,
                  const std::vector<std::string>& others, const std::set<std::string>& own,
                  std::vector<std::string>& out) {
  std::set<std::string, std::less<>> servers;
  for (const std::string& other : others) {
    const size_t slash = other.find('/');
    if (slash == std::string::npos || std::string_view(other).substr(0, slash) == server) continue;
    const std::string name = other.substr(slash + 1);
    const std::string their_server = lower(std::string_view(other).substr(0, slash));
    const std::string their_tool = lower(name);
    const bool alone =
        !name.empty() && name != tool.name && !own.contains(name) &&
        ((is_identifier(name) && words.all.contains(their_tool)) || words.pointed.contains(their_tool));
    if (alone || (!name.empty() && names_tool(words, their_server, their_tool)))
      out.push_back(fmt::format("names another server's tool, {}", shown(other, 200)));
    if (servers.insert(their_server).second && words.pointed.contains(their_server))
      out.push_back(
          fmt::format("names another server, {}", shown(std::string_view(other).substr(0, slash), 100)));
  }
}

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (true) {
    const size_t end = text.find('\n');
    lines.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return lines;
    text.remove_prefix(end + 1);
  }
}

// Nothing is cut: what a person accepts, they can have read.
class Difference {
 public:
  std::vector<std::string> take() { return std::move(out_); }

  // Recursion is bounded by the JSON parser's depth.
  void compare(json::Value before, json::Value after) {
    if (before.exists() == after.exists() && before.kind() == after.kind() && before.raw() == after.raw())
      return;
    if (goes_on(before, after)) {
      std::map<std::string_view, std::pair<json::Value, json::Value>> members;
      for (const json::Member& member : before.members()) members[member.key].first = member.value;
      for (const json::Member& member : after.members()) members[member.key].second = member.value;
      for (const auto& [key, pair] : members) below(key, pair.first, pair.second);
      return;
    }
    const char* change = before.exists() ? after.exists() ? "" : " (gone)" : " (new)";
    out_.push_back(fmt::format("  {}{}", path_.empty() ? "/" : shown(path_, 2 * kPointerShownBytes), change));
    // Quotes only where what kind of value it is has changed.
    const bool texts = (before.is_string() || !before.exists()) && (after.is_string() || !after.exists());
    const auto text = [&](json::Value value) { return texts ? value.string_or("") : value.raw(); };
    std::vector<std::string_view> a, b;
    if (before.exists()) a = lines_of(text(before));
    if (after.exists()) b = lines_of(text(after));
    lines(a, b);
  }

 private:
  // Objects are compared by member; one that is new is taken apart as well, to be read.
  static bool goes_on(json::Value before, json::Value after) {
    return (before.is_object() || !before.exists()) && (after.is_object() || !after.exists()) &&
           (before.size() > 0 || after.size() > 0);
  }

  void below(std::string_view key, json::Value before, json::Value after) {
    const size_t length = path_.size();
    if (length > 0) path_ += '/';
    path_ += key;
    compare(before, after);
    path_.resize(length);
  }

  void line(char sign, std::string_view text) {
    out_.push_back(fmt::format("    {} {}", sign, shown(text, SIZE_MAX)));
    size_t hidden = 0;
    each_hidden(text, [&](char32_t, size_t) { ++hidden; });
    // An escape that was typed out looks the same as what it stands for.
    if (hidden > 0)
      out_.push_back(fmt::format("    ! {} hidden character{} in it", hidden, hidden == 1 ? "" : "s"));
  }

  void lines(std::vector<std::string_view> a, std::vector<std::string_view> b) {
    while (!a.empty() && !b.empty() && a.back() == b.back()) a.pop_back(), b.pop_back();
    const auto same = std::mismatch(a.begin(), a.end(), b.begin(), b.end());
    a.erase(a.begin(), same.first);
    b.erase(b.begin(), same.second);
    if (a.size() * b.size() > kTableMax) {
      for (const std::string_view old : a) line('-', old);
      for (const std::string_view now : b) line('+', now);
      return;
    }
    const size_t width = b.size() + 1;
    std::vector<uint16_t> longest((a.size() + 1) * width);
    for (size_t i = a.size(); i-- > 0;) {
      for (size_t j = b.size(); j-- > 0;) {
        longest[i * width + j] = a[i] == b[j]
                                     ? static_cast<uint16_t>(longest[(i + 1) * width + j + 1] + 1)
                                     : std::max(longest[(i + 1) * width + j], longest[i * width + j + 1]);
      }
    }
    size_t i = 0, j = 0;
    while (i < a.size() || j < b.size()) {
      if (i < a.size() && j < b.size() && a[i] == b[j]) {
        ++i, ++j;
      } else if (j == b.size() ||
                 (i < a.size() && longest[(i + 1) * width + j] >= longest[i * width + j + 1])) {
        line('-', a[i++]);
      } else {
        line('+', b[j++]);
      }
    }
  }

  std::string path_;
  std::vector<std::string> out_;
};

}  // namespace

Result<ToolText> read_tool_text(json::Value entry) {
  if (!entry.is_object()) return bad_input("a tool is an object", "");
  const auto name = entry["name"].string();
  if (!name || name->empty()) return bad_input("a tool has a name", "/name");
  if (name->size() > limits::kToolNameBytesMax) return too_large("the tool's name is too long", "/name");
  if (name->starts_with(kProtocolTools))
    return bad_input(fmt::format("names that begin with \"{}\" are weir's own", kProtocolTools), "/name");
  if (entry.raw().size() > limits::kToolDefinitionBytesMax)
    return too_large("the tool says too much of itself", "");
  const json::Value schema = entry["inputSchema"];
  if (schema.exists() && !schema.is_object()) return bad_input("inputSchema is an object", "/inputSchema");
  ToolText text;
  text.name = *name;
  text.description = entry["description"].string_or("");
  text.schema = schema.raw();
  text.definition = json::canonical(entry);
  text.digest = sha256(text.definition);
  return text;
}

std::vector<std::string> findings(const ToolText& tool, std::string_view server,
                                  const std::vector<std::string>& others, const std::set<std::string>& own) {
  // The decoded strings, not the JSON: an escape hides nothing from a reader of the decoded text.
  Inspector inspector;
  const auto document = json::parse(tool.definition);
  if (document) inspector.walk(document->root());
  std::vector<std::string> out = inspector.take();
  find_shadows(inspector.words(), tool, server, others, own, out);
  if (out.size() > limits::kPinFindingsMax) {
    const size_t more = out.size() - limits::kPinFindingsMax + 1;
    out.resize(limits::kPinFindingsMax - 1);
    out.push_back(fmt::format("and {} more", more));
  }
  return out;
}

std::vector<std::string> difference(std::string_view old_definition, std::string_view new_definition) {
  const auto before = json::parse(std::string(old_definition));
  const auto after = json::parse(std::string(new_definition));
  Difference difference;
  difference.compare(before ? before->root() : json::Value(), after ? after->root() : json::Value());
  std::vector<std::string> out = difference.take();
  if (out.empty() && old_definition != new_definition) out.emplace_back("  (changed)");
  return out;
}

}  // namespace weir::manifest
