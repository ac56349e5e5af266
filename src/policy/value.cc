#include "policy/value.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>

#include "policy/extension.h"

namespace weir::policy {

std::string EntityUid::text() const {
  return type + "::" + quoted(id);
}

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    switch (c) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\t':
        out += "\\t";
        break;
      default:
        if (static_cast<uint8_t>(c) < 0x20 || c == 0x7f) {
          out += fmt::format("\\x{:02x}", static_cast<uint8_t>(c));
        } else {
          out += c;
        }
    }
  }
  return out + '"';
}

std::string_view kind_name(Value::Kind kind) {
  switch (kind) {
    case Value::Kind::boolean:
      return "a boolean";
    case Value::Kind::integer:
      return "an integer";
    case Value::Kind::string:
      return "a string";
    case Value::Kind::entity:
      return "an entity";
    case Value::Kind::set:
      return "a set";
    case Value::Kind::record:
      return "a record";
    case Value::Kind::decimal:
      return "a decimal";
    case Value::Kind::ip:
      return "an IP address";
    case Value::Kind::datetime:
      return "a datetime";
    case Value::Kind::duration:
      return "a duration";
  }
  return "nothing";
}

Value Value::set(std::vector<Value> elements) {
  std::sort(elements.begin(), elements.end());
  elements.erase(std::unique(elements.begin(), elements.end()), elements.end());
  Value out;
  out.data_ = std::make_shared<const Set>(std::move(elements));
  return out;
}

Value Value::record(std::vector<Field> fields) {
  std::sort(fields.begin(), fields.end(), [](const Field& a, const Field& b) { return a.first < b.first; });
  assert(std::adjacent_find(fields.begin(), fields.end(), [](const Field& a, const Field& b) {
           return a.first == b.first;
         }) == fields.end());
  Value out;
  out.data_ = std::make_shared<const Record>(std::move(fields));
  return out;
}

bool Value::boolean() const {
  assert(is(Kind::boolean));
  return *std::get_if<bool>(&data_);
}
int64_t Value::integer() const {
  assert(is(Kind::integer));
  return *std::get_if<int64_t>(&data_);
}
const std::string& Value::string() const {
  assert(is(Kind::string));
  return *std::get_if<std::string>(&data_);
}
const EntityUid& Value::entity() const {
  assert(is(Kind::entity));
  return *std::get_if<EntityUid>(&data_);
}
const Value::Set& Value::set() const {
  assert(is(Kind::set));
  return **std::get_if<std::shared_ptr<const Set>>(&data_);
}
const Value::Record& Value::record() const {
  assert(is(Kind::record));
  return **std::get_if<std::shared_ptr<const Record>>(&data_);
}
Decimal Value::decimal() const {
  assert(is(Kind::decimal));
  return *std::get_if<Decimal>(&data_);
}
const IpAddress& Value::ip() const {
  assert(is(Kind::ip));
  return *std::get_if<IpAddress>(&data_);
}
Datetime Value::datetime() const {
  assert(is(Kind::datetime));
  return *std::get_if<Datetime>(&data_);
}
Duration Value::duration() const {
  assert(is(Kind::duration));
  return *std::get_if<Duration>(&data_);
}

const Value* Value::field(std::string_view key) const {
  const Record& fields = record();
  const auto it = std::lower_bound(fields.begin(), fields.end(), key,
                                   [](const Field& f, std::string_view k) { return f.first < k; });
  return it != fields.end() && it->first == key ? &it->second : nullptr;
}

bool Value::contains(const Value& element) const {
  const Set& elements = set();
  return std::binary_search(elements.begin(), elements.end(), element);
}

std::strong_ordering Value::operator<=>(const Value& other) const {
  if (data_.index() != other.data_.index()) return data_.index() <=> other.data_.index();
  switch (kind()) {
    case Kind::boolean:
      return boolean() <=> other.boolean();
    case Kind::integer:
      return integer() <=> other.integer();
    case Kind::string:
      return string() <=> other.string();
    case Kind::entity:
      return entity() <=> other.entity();
    case Kind::set: {
      if (&set() == &other.set()) return std::strong_ordering::equal;
      return std::lexicographical_compare_three_way(set().begin(), set().end(), other.set().begin(),
                                                    other.set().end());
    }
    case Kind::record: {
      if (&record() == &other.record()) return std::strong_ordering::equal;
      return std::lexicographical_compare_three_way(record().begin(), record().end(), other.record().begin(),
                                                    other.record().end(), [](const Field& a, const Field& b) {
                                                      const std::strong_ordering keys = a.first <=> b.first;
                                                      return keys != 0 ? keys : a.second <=> b.second;
                                                    });
    }
    case Kind::decimal:
      return decimal() <=> other.decimal();
    case Kind::ip:
      return ip() <=> other.ip();
    case Kind::datetime:
      return datetime() <=> other.datetime();
    case Kind::duration:
      return duration() <=> other.duration();
  }
  return std::strong_ordering::equal;
}

bool Value::operator==(const Value& other) const {
  return (*this <=> other) == 0;
}

std::string Value::text() const {
  switch (kind()) {
    case Kind::boolean:
      return boolean() ? "true" : "false";
    case Kind::integer:
      return std::to_string(integer());
    case Kind::string:
      return quoted(string());
    case Kind::entity:
      return entity().text();
    case Kind::set: {
      std::string out = "[";
      for (const Value& element : set()) out += (out.size() > 1 ? ", " : "") + element.text();
      return out + "]";
    }
    case Kind::record: {
      std::string out = "{";
      for (const auto& [key, value] : record()) {
        out += (out.size() > 1 ? ", " : "") + quoted(key) + ": " + value.text();
      }
      return out + "}";
    }
    case Kind::decimal:
      return "decimal(\"" + text_of(decimal()) + "\")";
    case Kind::ip:
      return "ip(\"" + text_of(ip()) + "\")";
    case Kind::datetime:
      return "datetime(\"1970-01-01\").offset(duration(\"" + text_of(Duration{datetime().epoch_ms}) + "\"))";
    case Kind::duration:
      return "duration(\"" + text_of(duration()) + "\")";
  }
  return "";
}

}  // namespace weir::policy
