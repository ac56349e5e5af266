// Values of the policy language: what a request carries and what expressions evaluate to.
//
// A Value is immutable and cheap to copy (sets and records are shared). Sets hold each element once;
// records hold each key once. Equality is Cedar's: values of different types are unequal, never an error.
// Reading from many threads is safe.
#pragma once

#include <compare>
#include <concepts>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace weir::policy {

// An entity's name: `User::"alice"` is {"User", "alice"}; the type may have parts ("App::User").
struct EntityUid {
  std::string type;
  std::string id;
  auto operator<=>(const EntityUid&) const = default;
  bool operator==(const EntityUid&) const = default;
  // As Cedar writes it, the id escaped.
  std::string text() const;
};

class Value {
 public:
  enum class Kind : uint8_t { boolean, integer, string, entity, set, record };
  using Set = std::vector<Value>;  // sorted, each once
  using Field = std::pair<std::string, Value>;
  using Record = std::vector<Field>;  // sorted by key, each once

  Value() : data_(false) {}
  Value(std::same_as<bool> auto b) : data_(b) {}
  Value(std::integral auto i)
    requires(!std::same_as<decltype(i), bool> && !std::same_as<decltype(i), char>)
      : data_(static_cast<int64_t>(i)) {}
  Value(const char* s) : data_(std::string(s)) {}
  Value(std::string_view s) : data_(std::string(s)) {}
  Value(std::string s) : data_(std::move(s)) {}
  Value(EntityUid uid) : data_(std::move(uid)) {}

  // Order and repetition of the elements do not matter.
  static Value set(std::vector<Value> elements);
  // Order does not matter; a key given twice is a bug of the caller and asserts.
  static Value record(std::vector<Field> fields);

  Kind kind() const { return static_cast<Kind>(data_.index()); }
  bool is(Kind k) const { return kind() == k; }

  // The content; asking for another kind than kind() is a bug and asserts.
  bool boolean() const;
  int64_t integer() const;
  const std::string& string() const;
  const EntityUid& entity() const;
  const Set& set() const;
  const Record& record() const;

  // The field of that key, or null. Of a record only.
  const Value* field(std::string_view key) const;
  // Whether the set has an equal element. Of a set only. Logarithmic.
  bool contains(const Value& element) const;

  // A total order (by kind, then content) for sorting; not the language's `<`.
  std::strong_ordering operator<=>(const Value& other) const;
  bool operator==(const Value& other) const;

  // As Cedar would write it; for messages and tests.
  std::string text() const;

 private:
  // shared_ptr: immutable after construction, shared by copies.
  std::variant<bool, int64_t, std::string, EntityUid, std::shared_ptr<const Set>,
               std::shared_ptr<const Record>>
      data_;
};

// "a boolean", "an integer", …
std::string_view kind_name(Value::Kind kind);

// `text` as a Cedar string literal with its quotes.
std::string quoted(std::string_view text);

// What is known of entities: parents (for `in`) and attributes. An entity that is not in here has neither.
// Build it first, then read it from many threads.
class Entities {
 public:
  // Adds parents and attributes (a record) to what is known of the entity.
  void add(const EntityUid& uid, const std::vector<EntityUid>& parents, Value attributes = Value::record({}));
  // True when equal, or `ancestor` is reached over parents. Cycles do no harm; linear in the entities.
  bool is_in(const EntityUid& descendant, const EntityUid& ancestor) const;
  // The entity's attributes (a record), or null when it is not known.
  const Value* attributes(const EntityUid& uid) const;

 private:
  struct Entry {
    std::vector<EntityUid> parents;
    Value attributes;
  };
  std::map<EntityUid, Entry> entries_;
};

}  // namespace weir::policy
