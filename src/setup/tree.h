// Tree: what an agent's config file says and where each piece of it stands, so that an edit touches nothing
// else.
//
// One shape for JSON, JSON5, TOML, files of variables and the part of YAML that config files are written in.
// The readers are strict where parsers disagree: a byte order mark, duplicate keys, bad UTF-8, more than
// limits::kSetupDepthMax levels or more than limits::kSetupFileBytesMax bytes are errors with their line.
// What a reader does not understand (YAML anchors, tags, text over several lines without | or >) is an error
// too, never skipped: such a file is not edited.
//
// A Node owns its children and copies of its text; it refers to nothing. Pure; time linear in the bytes but
// for the search for duplicate keys (n log n).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace weir::setup {

enum class Kind : uint8_t { missing, null, boolean, number, string, array, object };

struct Node {
  Kind kind = Kind::missing;
  std::string key = {};   // decoded; of a member of an object
  std::string text = {};  // a string decoded, a number or boolean as written
  size_t begin = 0;       // the value's bytes: [begin, end)
  size_t end = 0;
  // The whole member. JSON: from the key's first byte to the value's end. YAML blocks: whole lines, without
  // blank and comment lines behind.
  size_t member_begin = 0;
  size_t member_end = 0;
  bool flow = true;  // false: a YAML block
  std::vector<Node> children = {};

  bool exists() const { return kind != Kind::missing; }
  bool is_object() const { return kind == Kind::object; }
  bool is_string() const { return kind == Kind::string; }
  // The member of that key, or a missing node.
  const Node& operator[](std::string_view name) const;
  std::string_view string_or(std::string_view otherwise) const {
    return is_string() ? std::string_view(text) : otherwise;
  }
  // The strings of an array (numbers and booleans as written), or nothing when it is no array of scalars.
  std::optional<std::vector<std::string>> strings() const;
};

enum class Syntax : uint8_t { json, json5 };

// `name` is the file's, for errors ("name:line:column").
Result<Node> read_json(std::string_view text, std::string_view name, Syntax syntax);
// The root is an object (of no members when the file is empty).
Result<Node> read_yaml(std::string_view text, std::string_view name);

// Variables as dotenv reads them. The root is an object of strings, its members whole lines.
Result<Node> read_env(std::string_view text, std::string_view name);

// TOML 1.0. No spans: an edit goes by lines (toml_lines.h). A time is a string.
Result<Node> read_toml(std::string_view text, std::string_view name);

// Equal values, wherever they stand and however they are written. Objects: in any order.
bool same_value(const Node& a, const Node& b);

// "name:line:column" of a byte.
std::string place(std::string_view text, std::string_view name, size_t at);

// The checks that every reader begins with: size, byte order mark, UTF-8.
Status check_text(std::string_view text, std::string_view name);
// Refuses an object two of whose members have one name.
Status check_duplicates(const Node& object, std::string_view text, std::string_view name);

}  // namespace weir::setup
