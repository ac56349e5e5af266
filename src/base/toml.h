// TOML 1.0 files (weir.toml, manifests/, clients/) read strictly.
//
// A file is parsed once into a tree in which every key and value knows its line and column, so that each
// error names its place. Nothing is ignored: a reader declares the keys it knows with only(), and any other
// key is refused with the nearest known one as a hint. At most limits::kTomlBytesMax bytes and
// limits::kTomlDepthMax levels.
//
// A Document owns the tree; a Value is two words that point into it and must not outlive it. Moving a
// Document keeps its Values valid. Immutable after parse, so it may be read by many threads.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace weir::toml {

enum class Kind : uint8_t { missing, string, integer, real, boolean, time, array, table };

namespace detail {
struct Data;
}

struct Entry;

// One value, or a missing one: reading a missing value is an error that names the key.
class Value {
 public:
  Value() = default;
  Value(const detail::Data* data, uint32_t node) : data_(data), node_(node) {}

  Kind kind() const;
  bool exists() const { return kind() != Kind::missing; }
  bool is_table() const { return kind() == Kind::table; }
  bool is_array() const { return kind() == Kind::array; }
  bool is_string() const { return kind() == Kind::string; }

  // "file:line:column" of the value; of its key for a table written as a header.
  std::string where() const;
  // "file:line:column" of the key that names this value (the value's own place in an array).
  std::string key_where() const;
  // The dotted path from the root, for messages: "tools.search.args". Empty for the root.
  std::string path() const;
  // A bad_input Error at this value's place.
  Error error(std::string message, std::string hint = {}) const;

  // Each: bad_input with the place when the kind or the range is wrong.
  Result<std::string> string() const;
  Result<bool> boolean() const;
  Result<int64_t> integer(int64_t min = INT64_MIN, int64_t max = INT64_MAX) const;
  Result<double> number() const;                     // integers too
  Result<std::vector<std::string>> strings() const;  // an array of strings; a single string is a list of one
  Result<std::vector<Value>> elements() const;       // of an array
  Result<std::vector<Entry>> entries() const;        // of a table, in the file's order
  // The index in `names` of this string; else an error "unknown WHAT", with the nearest name as a hint.
  Result<size_t> one_of(std::string_view what, std::span<const std::string_view> names) const;

  // The table's member of that key, or missing.
  Value operator[](std::string_view key) const;
  // Refuses every key of this table that is not among `known`, at the key's place.
  Status only(std::initializer_list<std::string_view> known) const;

  // Sets `out` from the member `key`, and leaves it alone if there is none: how a reader states defaults.
  Status read(std::string_view key, std::string& out) const;
  Status read(std::string_view key, bool& out) const;
  Status read(std::string_view key, std::vector<std::string>& out) const;
  Status read(std::string_view key, int64_t& out, int64_t min, int64_t max) const;
  // As read(), but it is an error if the member is missing.
  Status require(std::string_view key, std::string& out) const;

 private:
  const detail::Data* data_ = nullptr;
  uint32_t node_ = 0;
};

struct Entry {
  std::string_view key;  // lives as long as the Document
  Value value;
};

class Document {
 public:
  Document();
  explicit Document(std::unique_ptr<const detail::Data> data);
  Document(Document&&) noexcept;
  Document& operator=(Document&&) noexcept;
  ~Document();

  // The root table; missing for a default Document.
  Value root() const;

 private:
  std::unique_ptr<const detail::Data> data_;
};

// `file_name` is only for the places in errors. Errors: bad_input, too_large.
Result<Document> parse(std::string_view text, std::string_view file_name);

// As TOML writes them: a basic string with its quotes; a bare key where it can be one, else quoted.
std::string quoted(std::string_view text);
std::string quoted_key(std::string_view key);

// "did you mean \"effects\"?" where one of the names is near enough to be a slip of `word`; else all names
// ("one of: a, b"), or nothing when there are more than a dozen.
std::string did_you_mean(std::string_view word, std::span<const std::string_view> names);

}  // namespace weir::toml
