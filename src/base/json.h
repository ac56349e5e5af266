// Strict JSON (RFC 8259) that remembers where every value stood.
//
// parse() accepts exactly the grammar and refuses what parsers disagree on: duplicate keys, bad UTF-8, lone
// surrogates, a byte order mark, more than limits::kJsonDepthMax levels. The text is kept, so that bytes
// which nobody had to change can be forwarded as they came: raw() of any value is a view of the input.
// Time is linear in the bytes; nothing recurses.
//
// A Document owns its text and nodes; a Value is two words that point into it and must not outlive it.
// Moving a Document keeps its Values valid. Immutable after parse, so it may be read by many threads.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/limits.h"

namespace weir::json {

enum class Kind : uint8_t { missing, null, boolean, number, string, array, object };

namespace detail {
struct Node {
  uint32_t begin;  // of the raw text; a string's includes its quotes
  uint32_t end;
  uint32_t next;   // index of the node after this subtree
  uint32_t count;  // elements of an array, members of an object; of an escaped string: its index in `decoded`
  Kind kind;
  bool escaped;
};
struct Data {
  std::string text;
  std::vector<Node> nodes;  // in document order; an object's are key, value, key, value, …
  std::vector<std::string> decoded;
};
}  // namespace detail

class Elements;
class Members;

// One value of a Document. A default Value is `missing`; asking a missing value for anything gives
// missing or nothing, so that `v["a"]["b"].string()` needs no checks in between.
class Value {
 public:
  Value() = default;
  Value(const detail::Data* data, uint32_t node) : data_(data), node_(node) {}

  Kind kind() const { return data_ == nullptr ? Kind::missing : node().kind; }
  bool exists() const { return data_ != nullptr; }
  bool is_null() const { return kind() == Kind::null; }
  bool is_string() const { return kind() == Kind::string; }
  bool is_number() const { return kind() == Kind::number; }
  bool is_object() const { return kind() == Kind::object; }
  bool is_array() const { return kind() == Kind::array; }

  // The value's own bytes in the input, without white space around it. Empty if missing.
  std::string_view raw() const;
  // Where raw() begins in the document's text.
  size_t offset() const { return data_ == nullptr ? 0 : node().begin; }

  // The decoded string; nothing if this is not a string. Lives as long as the Document.
  std::optional<std::string_view> string() const;
  // The decoded string, or `otherwise` if this is not a string.
  std::string_view string_or(std::string_view otherwise) const { return string().value_or(otherwise); }
  std::optional<bool> boolean() const;
  // Nothing if not a number, not whole as written ("1.0" and "1e2" are not), or out of range.
  std::optional<int64_t> integer() const;
  // Nothing if not a number or beyond double's range.
  std::optional<double> number() const;

  // The member of that (decoded) key, or missing. Linear in the members.
  Value operator[](std::string_view key) const;
  // The value at a JSON pointer (RFC 6901), or missing.
  Value at_pointer(std::string_view pointer) const;
  // Elements of an array, members of an object, else 0.
  size_t size() const;

  Elements elements() const;  // of an array; empty for anything else
  Members members() const;    // of an object; empty for anything else

 private:
  friend class Elements;
  friend class Members;
  const detail::Node& node() const { return data_->nodes[node_]; }

  const detail::Data* data_ = nullptr;
  uint32_t node_ = 0;
};

struct Member {
  std::string_view key;  // decoded
  Value key_value;       // the key itself, for its raw() and offset()
  Value value;
};

class Elements {
 public:
  class Iterator {
   public:
    Iterator(const detail::Data* data, uint32_t node) : data_(data), node_(node) {}
    Value operator*() const { return {data_, node_}; }
    Iterator& operator++() {
      node_ = data_->nodes[node_].next;
      return *this;
    }
    bool operator!=(const Iterator& other) const { return node_ != other.node_; }

   private:
    const detail::Data* data_;
    uint32_t node_;
  };
  explicit Elements(Value array);
  Iterator begin() const { return {data_, begin_}; }
  Iterator end() const { return {data_, end_}; }

 private:
  const detail::Data* data_ = nullptr;
  uint32_t begin_ = 0;
  uint32_t end_ = 0;
};

class Members {
 public:
  class Iterator {
   public:
    Iterator(const detail::Data* data, uint32_t node) : data_(data), node_(node) {}
    Member operator*() const;
    Iterator& operator++() {
      node_ = data_->nodes[node_ + 1].next;
      return *this;
    }
    bool operator!=(const Iterator& other) const { return node_ != other.node_; }

   private:
    const detail::Data* data_;
    uint32_t node_;
  };
  explicit Members(Value object);
  Iterator begin() const { return {data_, begin_}; }
  Iterator end() const { return {data_, end_}; }

 private:
  const detail::Data* data_ = nullptr;
  uint32_t begin_ = 0;
  uint32_t end_ = 0;
};

class Document {
 public:
  Document() = default;
  explicit Document(std::unique_ptr<const detail::Data> data) : data_(std::move(data)) {}

  Value root() const { return data_ ? Value(data_.get(), 0) : Value(); }
  std::string_view text() const { return data_ ? std::string_view(data_->text) : std::string_view(); }
  Value operator[](std::string_view key) const { return root()[key]; }

 private:
  std::unique_ptr<const detail::Data> data_;
};

struct Limits {
  size_t bytes_max = limits::kJsonBytesMax;
  int depth_max = limits::kJsonDepthMax;
  size_t nodes_max = limits::kJsonNodesMax;
};

// Parses one JSON text, white space around it allowed. Errors name the byte ("byte 17").
Result<Document> parse(std::string text, const Limits& limits = {});

// The same value with keys sorted by bytes, no white space, shortest escapes and numbers as written: equal
// for texts that differ only in layout, key order or escaping.
std::string canonical(Value value);

// `text` as a JSON string with its quotes. Bad UTF-8 becomes U+FFFD. "/" is not escaped; controls are.
std::string quote(std::string_view text);
void append_quoted(std::string& out, std::string_view text);

// One token of a JSON pointer: "~" and "/" escaped.
std::string pointer_token(std::string_view key);

// Writes JSON text piece by piece; commas and colons come by themselves. Misuse (a value without a key in
// an object) is a bug and asserts.
class Writer {
 public:
  Writer& begin_object() { return open('{'); }
  Writer& end_object() { return close('}'); }
  Writer& begin_array() { return open('['); }
  Writer& end_array() { return close(']'); }
  Writer& key(std::string_view key);
  Writer& string(std::string_view text);
  Writer& integer(int64_t number);
  Writer& number(double number);  // shortest form that reads back equal; must be finite
  Writer& boolean(bool value);
  Writer& null();
  Writer& raw(std::string_view json);  // a whole JSON value, copied as it is
  // key(k).string(v), for the most frequent case.
  Writer& field(std::string_view k, std::string_view v) { return key(k).string(v); }

  const std::string& text() const { return out_; }
  std::string take() { return std::move(out_); }

 private:
  Writer& open(char bracket);
  Writer& close(char bracket);
  void before_value();

  std::string out_;
  std::string stack_;  // '{' or '[' for each open level
  bool comma_ = false;
  bool after_key_ = false;
};

}  // namespace weir::json
