#include "setup/toml_lines.h"

#include <fmt/format.h>

#include "base/json.h"
#include "base/toml.h"

namespace weir::setup {
namespace {

constexpr std::string_view kSpace = " \t";

// Past a string that begins at `at`. Valid TOML: it ends.
size_t skip_string(std::string_view text, size_t at) {
  const char quote = text[at];
  const std::string triple(3, quote);
  const bool many_lines = text.substr(at).starts_with(triple);
  at += many_lines ? 3 : 1;
  while (at < text.size()) {
    if (quote == '"' && text[at] == '\\') {
      at += 2;
    } else if (!many_lines && (text[at] == quote || text[at] == '\n')) {
      return at + 1;
    } else if (many_lines && text.substr(at).starts_with(triple)) {
      at += 3;
      while (at < text.size() && text[at] == quote)
        ++at;  // up to two quotes may stand before the closing ones
      return at;
    } else {
      ++at;
    }
  }
  return text.size();
}

// Behind the line in which what begins at `at` ends, brackets and strings over several lines included.
size_t statement_end(std::string_view text, size_t at) {
  int depth = 0;
  while (at < text.size()) {
    const char c = text[at];
    if (c == '"' || c == '\'') {
      at = skip_string(text, at);
      continue;
    }
    if (c == '#') {
      at = std::min(text.find('\n', at), text.size());
      continue;
    }
    if (c == '[' || c == '{') ++depth;
    if (c == ']' || c == '}') --depth;
    ++at;
    if (c == '\n' && depth <= 0) return at;
  }
  return text.size();
}

// The parts of a dotted key between `at` and `end`.
std::vector<std::string> dotted(std::string_view text, size_t at, size_t end) {
  std::vector<std::string> parts;
  while (at < end) {
    const char c = text[at];
    if (c == '"' || c == '\'') {
      const size_t close = std::min(skip_string(text, at), end);
      const std::string_view raw = text.substr(at, close - at);
      const auto decoded = c == '"' ? json::parse(std::string(raw)) : Result<json::Document>(bad_input(""));
      if (decoded) {
        parts.emplace_back(decoded->root().string_or(raw));
      } else {
        parts.emplace_back(raw.size() >= 2 ? raw.substr(1, raw.size() - 2) : raw);
      }
      at = close;
    } else if (c == '.' || kSpace.find(c) != std::string_view::npos) {
      ++at;
    } else {
      const size_t from = at;
      while (at < end && text[at] != '.' && kSpace.find(text[at]) == std::string_view::npos) ++at;
      parts.emplace_back(text.substr(from, at - from));
    }
  }
  return parts;
}

// Where the key at `at` ends: at "=" or, of a header, at "]".
size_t key_end(std::string_view text, size_t at, char stop) {
  while (at < text.size() && text[at] != stop && text[at] != '\n') {
    at = text[at] == '"' || text[at] == '\'' ? skip_string(text, at) : at + 1;
  }
  return std::min(at, text.size());
}

void copy(const toml::Value& value, Node& node) {
  const auto take = [&](Kind kind, auto result) {
    node.kind = kind;
    if constexpr (requires { std::string(*result); }) {
      if (result) node.text = std::string(*result);
    } else {
      if (result) node.text = fmt::format("{}", *result);
    }
  };
  switch (value.kind()) {
    case toml::Kind::missing:
      return;
    case toml::Kind::string:
      return take(Kind::string, value.string());
    case toml::Kind::integer:
      return take(Kind::number, value.integer());
    case toml::Kind::real:
      return take(Kind::number, value.number());
    case toml::Kind::boolean:
      return take(Kind::boolean, value.boolean());
    case toml::Kind::time:
      node.kind = Kind::string;
      node.text = "time";
      return;
    case toml::Kind::array: {
      node.kind = Kind::array;
      const auto elements = value.elements();
      if (!elements) return;
      for (const toml::Value& element : *elements) copy(element, node.children.emplace_back());
      return;
    }
    case toml::Kind::table: {
      node.kind = Kind::object;
      const auto entries = value.entries();
      if (!entries) return;
      for (const toml::Entry& entry : *entries) {
        Node& child = node.children.emplace_back();
        child.key = entry.key;
        copy(entry.value, child);
      }
      return;
    }
  }
}

}  // namespace

Result<Node> read_toml(std::string_view text, std::string_view name) {
  WEIR_TRY(check_text(text, name));
  WEIR_TRY_ASSIGN(document, toml::parse(text, name));
  Node root;
  root.kind = Kind::object;
  copy(document.root(), root);
  return root;
}

std::vector<TomlTable> toml_tables(std::string_view text) {
  std::vector<TomlTable> tables(1);
  size_t at = 0;
  while (at < text.size()) {
    const size_t first = text.find_first_not_of(kSpace, at);
    if (first == std::string_view::npos) break;
    if (text[first] == '#' || text[first] == '\n' || text[first] == '\r') {
      at = std::min(text.find('\n', first), text.size() - 1) + 1;
      continue;
    }
    const size_t end = statement_end(text, first);
    if (text[first] == '[') {
      TomlTable table;
      table.array = text.substr(first).starts_with("[[");
      const size_t from = first + (table.array ? 2 : 1);
      table.path = dotted(text, from, key_end(text, from, ']'));
      table.begin = at;
      tables.push_back(std::move(table));
    }
    tables.back().end = end;
    at = end;
  }
  return tables;
}

bool remove_tables(std::string_view text, const std::vector<std::string>& prefix, std::vector<Edit>& edits) {
  bool found = false;
  for (const TomlTable& table : toml_tables(text)) {
    if (table.path.size() < prefix.size() || !std::equal(prefix.begin(), prefix.end(), table.path.begin()))
      continue;
    found = true;
    edits.push_back({table.begin, table.end, {}});
  }
  return found;
}

void set_toml_string(std::string_view text, std::string_view key, std::string_view value,
                     std::vector<Edit>& edits) {
  const std::string quoted = json::quote(value);
  const size_t limit = toml_tables(text).front().end;
  size_t at = 0;
  while (at < limit) {
    const size_t first = text.find_first_not_of(kSpace, at);
    if (first == std::string_view::npos || first >= limit) break;
    if (text[first] == '#' || text[first] == '\n' || text[first] == '\r') {
      at = std::min(text.find('\n', first), text.size() - 1) + 1;
      continue;
    }
    const size_t equals = key_end(text, first, '=');
    const size_t end = statement_end(text, first);
    if (dotted(text, first, equals) == std::vector<std::string>{std::string(key)}) {
      const size_t begin = std::min(text.find_first_not_of(kSpace, equals + 1), text.size());
      const bool is_string = begin < text.size() && (text[begin] == '"' || text[begin] == '\'');
      edits.push_back({begin, is_string ? skip_string(text, begin) : end, quoted + (is_string ? "" : "\n")});
      return;
    }
    at = end;
  }
  edits.push_back({0, 0, fmt::format("{} = {}{}", key, quoted, line_end(text))});
}

}  // namespace weir::setup
