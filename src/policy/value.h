// Values of the policy language: what a request carries and what expressions evaluate to.
//
// A Value is immutable and cheap to copy (sets and records are shared). Sets hold each element once;
// records hold each key once. Equality is Cedar's: values of different types are unequal, never an error.
// Reading from many threads is safe. What the extension types' functions do is in extension.h.
#pragma once

#include <array>
#include <compare>
#include <concepts>
#include <cstdint>
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

// Extension types. Each is ordered as its type says; equal when written differently but meaning the same.
struct Decimal {
  int64_t ten_thousandths = 0;
  auto operator<=>(const Decimal&) const = default;
};
struct Datetime {
  int64_t epoch_ms = 0;  // UTC
  auto operator<=>(const Datetime&) const = default;
};
struct Duration {
  int64_t ms = 0;
  auto operator<=>(const Duration&) const = default;
};
// An address or a range. The bits below the prefix are kept as written: 10.0.0.1/8 is not 10.0.0.0/8.
struct IpAddress {
  bool is_v6 = false;
  uint8_t prefix = 0;
  std::array<uint8_t, 16> bytes = {};  // network order; an IPv4 address fills the first four
  auto operator<=>(const IpAddress&) const = default;
};

class Value {
 public:
  enum class Kind : uint8_t {
    boolean,
    integer,
    string,
    entity,
    set,
    record,
    decimal,
    ip,
    datetime,
    duration
  };
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
  Value(Decimal decimal) : data_(decimal) {}
  Value(IpAddress ip) : data_(ip) {}
  Value(Datetime datetime) : data_(datetime) {}
  Value(Duration duration) : data_(duration) {}

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
  Decimal decimal() const;
  const IpAddress& ip() const;
  Datetime datetime() const;
  Duration duration() const;

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
               std::shared_ptr<const Record>, Decimal, IpAddress, Datetime, Duration>
      data_;
};

// "a boolean", "an integer", …
std::string_view kind_name(Value::Kind kind);

// `text` as a Cedar string literal with its quotes.
std::string quoted(std::string_view text);

}  // namespace weir::policy
