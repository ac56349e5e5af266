// A value while an expression is evaluated: two words that own nothing.
#pragma once

#include <compare>
#include <cstdint>
#include <string>

#include "policy/value.h"

namespace weir::policy {

// What it points at must outlive it: the request, the entities, a policy's literals, or temporary values that
// the evaluation keeps.
class Operand {
 public:
  using Kind = Value::Kind;

  Operand() = default;
  static Operand boolean(bool b) { return Operand(Kind::boolean, b ? 1 : 0); }
  static Operand integer(int64_t i) { return Operand(Kind::integer, i); }
  static Operand decimal(Decimal d) { return Operand(Kind::decimal, d.ten_thousandths); }
  static Operand datetime(Datetime d) { return Operand(Kind::datetime, d.epoch_ms); }
  static Operand duration(Duration d) { return Operand(Kind::duration, d.ms); }
  static Operand entity(const EntityUid& uid) {
    Operand out;
    out.kind_ = Kind::entity;
    out.uid_ = &uid;
    return out;
  }
  // A view of the value.
  static Operand of(const Value& value);
  // A value of its own.
  Value value() const;

  Kind kind() const { return kind_; }
  bool is(Kind kind) const { return kind_ == kind; }
  // Each only of its kind.
  bool boolean() const { return number_ != 0; }
  // The number of an integer, decimal, datetime or duration, in its unit.
  int64_t number() const { return number_; }
  const std::string& string() const { return *string_; }
  const EntityUid& entity() const { return *uid_; }
  // The set, record or IP address.
  const Value& shared() const { return *value_; }

  bool operator==(const Operand& other) const { return (*this <=> other) == 0; }
  // As Value's.
  std::strong_ordering operator<=>(const Operand& other) const;

 private:
  Operand(Kind kind, int64_t number) : kind_(kind), number_(number) {}

  Kind kind_ = Kind::boolean;
  union {
    int64_t number_ = 0;
    const std::string* string_;
    const EntityUid* uid_;
    const Value* value_;
  };
};

// Whether the set has an equal element. Logarithmic.
bool contains(const Value::Set& set, const Operand& element);

}  // namespace weir::policy
