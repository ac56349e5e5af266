#include "seal/substitute.h"

#include <fmt/format.h>

#include "base/limits.h"

namespace weir::seal {
namespace {

// The schema says that this is no text: then a value that is JSON goes in as it is.
bool wants_json(json::Value schema) {
  const json::Value type = schema["type"];
  if (type.is_string()) return *type.string() != "string";
  bool text = false;
  bool any = false;
  for (const json::Value each : type.elements()) {
    any = true;
    text = text || each.string_or("") == "string";
  }
  for (const std::string_view key : {"anyOf", "oneOf"}) {
    for (const json::Value each : schema[key].elements()) {
      any = true;
      text = text || each["type"].string_or("") == "string";
    }
  }
  return any && !text;
}

class Substitution {
 public:
  explicit Substitution(const Resolve& resolve) : resolve_(resolve) {}

  // Recursion is bounded by the JSON parser's depth.
  Status write(json::Value value, json::Value schema) {
    if (value.is_object()) {
      writer_.begin_object();
      for (const json::Member& member : value.members()) {
        writer_.key(member.key);
        WEIR_TRY(write(member.value, schema["properties"][member.key]));
      }
      writer_.end_object();
      return {};
    }
    if (value.is_array()) {
      writer_.begin_array();
      for (const json::Value element : value.elements()) WEIR_TRY(write(element, schema["items"]));
      writer_.end_array();
      return {};
    }
    const auto text = value.string();
    if (!text) {
      writer_.raw(value.raw());
      return {};
    }
    Reference whole;
    if (text->starts_with("{{") && read_reference(*text, whole)) {
      if (const auto resolved = resolve_(whole)) return put(*resolved, schema);
    }
    writer_.string(substitute_text(*text, resolve_));
    return bounded();
  }

  std::string take() { return writer_.take(); }

 private:
  Status put(const Resolved& value, json::Value schema) {
    const bool known = schema.exists();
    const bool as_json = !value.string && !value.missing && (known ? wants_json(schema) : !value.container);
    if (as_json) {
      writer_.raw(value.text);
    } else if (value.string && known && wants_json(schema) && stands_for_json(value.text)) {
      writer_.raw(value.text);
    } else {
      writer_.string(value.text);
    }
    return bounded();
  }

  // A reader's list or number may stand where a tool wants one.
  static bool stands_for_json(std::string_view text) {
    const auto document = json::parse(std::string(text));
    return document && (document->root().is_array() || document->root().is_number());
  }

  Status bounded() const {
    if (writer_.text().size() <= limits::kSubstitutedBytesMax) return {};
    return too_large(fmt::format("the arguments with their content have more than {} bytes",
                                 limits::kSubstitutedBytesMax));
  }

  const Resolve& resolve_;
  json::Writer writer_;
};

}  // namespace

std::string substitute_text(std::string_view text, const Resolve& resolve) {
  std::string out;
  size_t from = 0;
  for (const Reference& reference : references_in(text)) {
    const auto resolved = resolve(reference);
    if (!resolved) continue;
    out.append(text, from, reference.begin - from);
    out += resolved->text;
    from = reference.end;
    if (out.size() > limits::kSubstitutedBytesMax) break;
  }
  return out.append(text.substr(from));
}

Result<std::string> substitute(json::Value arguments, json::Value schema, const Resolve& resolve) {
  Substitution substitution(resolve);
  WEIR_TRY(substitution.write(arguments, schema));
  return substitution.take();
}

}  // namespace weir::seal
