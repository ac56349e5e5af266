#include "wire/translate/gemini_schema.h"

#include <algorithm>
#include <array>

namespace weir::wire::translate {
namespace {

// Of 64 bits, which JSON of this API writes as strings.
constexpr std::array<std::string_view, 12> kCounts{
    "maxItems",  "minItems",  "maxLength",  "minLength",  "maxProperties",  "minProperties",
    "max_items", "min_items", "max_length", "min_length", "max_properties", "min_properties"};

// Recursion is bounded by the depth that the JSON parser lets through.
void write(json::Value schema, json::Writer& out);

void write_member(const json::Member& member, bool nullable, json::Writer& out) {
  const json::Value value = member.value;
  if (member.key == "nullable" || member.key == "propertyOrdering" || member.key == "property_ordering")
    return;
  if (member.key == "type" && value.is_string()) {
    std::string type(value.string_or(""));
    std::transform(type.begin(), type.end(), type.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    if (type == "type_unspecified") return;
    out.key("type");
    if (nullable) {
      out.begin_array().string(type).string("null").end_array();
    } else {
      out.string(type);
    }
    return;
  }
  const std::string_view key = member.key == "any_of" ? std::string_view("anyOf") : member.key;
  out.key(key);
  if (key == "properties" && value.is_object()) {
    out.begin_object();
    for (const json::Member& property : value.members()) {
      out.key(property.key);
      write(property.value, out);
    }
    out.end_object();
  } else if (key == "anyOf" && value.is_array()) {
    out.begin_array();
    for (const json::Value each : value.elements()) write(each, out);
    out.end_array();
  } else if (key == "items" || key == "additionalProperties") {
    write(value, out);
  } else if (std::find(kCounts.begin(), kCounts.end(), key) != kCounts.end() && value.is_string()) {
    const std::string_view digits = value.string_or("");
    const bool number = !digits.empty() && digits.size() < 19 &&
                        digits.find_first_not_of("0123456789") == std::string_view::npos &&
                        (digits == "0" || digits[0] != '0');
    out.raw(number ? digits : value.raw());
  } else {
    out.raw(value.raw());
  }
}

void write(json::Value schema, json::Writer& out) {
  if (!schema.is_object()) {
    out.raw(schema.raw());
    return;
  }
  const bool nullable = schema["nullable"].boolean() == true;
  out.begin_object();
  for (const json::Member& member : schema.members()) write_member(member, nullable, out);
  out.end_object();
}

}  // namespace

std::string json_schema_of(json::Value schema) {
  if (!schema.is_object()) return {};
  json::Writer out;
  write(schema, out);
  return out.take();
}

}  // namespace weir::wire::translate
