#include "policy/operand.h"

#include <algorithm>

namespace weir::policy {

Operand Operand::of(const Value& value) {
  switch (value.kind()) {
    case Kind::boolean:
      return boolean(value.boolean());
    case Kind::integer:
      return integer(value.integer());
    case Kind::decimal:
      return decimal(value.decimal());
    case Kind::datetime:
      return datetime(value.datetime());
    case Kind::duration:
      return duration(value.duration());
    case Kind::entity:
      return entity(value.entity());
    case Kind::string: {
      Operand out;
      out.kind_ = Kind::string;
      out.string_ = &value.string();
      return out;
    }
    case Kind::set:
    case Kind::record:
    case Kind::ip:
      break;
  }
  Operand out;
  out.kind_ = value.kind();
  out.value_ = &value;
  return out;
}

Value Operand::value() const {
  switch (kind_) {
    case Kind::boolean:
      return boolean();
    case Kind::integer:
      return number_;
    case Kind::decimal:
      return Decimal{number_};
    case Kind::datetime:
      return Datetime{number_};
    case Kind::duration:
      return Duration{number_};
    case Kind::entity:
      return *uid_;
    case Kind::string:
      return *string_;
    case Kind::set:
    case Kind::record:
    case Kind::ip:
      break;
  }
  return *value_;
}

std::strong_ordering Operand::operator<=>(const Operand& other) const {
  if (kind_ != other.kind_) return kind_ <=> other.kind_;
  switch (kind_) {
    case Kind::boolean:
    case Kind::integer:
    case Kind::decimal:
    case Kind::datetime:
    case Kind::duration:
      return number_ <=> other.number_;
    case Kind::entity:
      return *uid_ <=> *other.uid_;
    case Kind::string:
      return *string_ <=> *other.string_;
    case Kind::set:
    case Kind::record:
    case Kind::ip:
      break;
  }
  return *value_ <=> *other.value_;
}

bool contains(const Value::Set& set, const Operand& element) {
  const auto it =
      std::lower_bound(set.begin(), set.end(), element,
                       [](const Value& value, const Operand& sought) { return Operand::of(value) < sought; });
  return it != set.end() && Operand::of(*it) == element;
}

}  // namespace weir::policy
