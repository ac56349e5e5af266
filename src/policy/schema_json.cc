// The JSON form of schemas.
#include <fmt/format.h>

#include <array>

#include "base/bytes.h"
#include "base/json.h"
#include "base/limits.h"
#include "policy/json_expression.h"
#include "policy/lexer.h"
#include "policy/schema_declared.h"

namespace weir::policy {
namespace {

using Kind = DeclaredType::Kind;

class SchemaReader {
 public:
  explicit SchemaReader(const JsonPlaces& places) : places_(places) {}

  Result<DeclaredSchema> all(json::Value root) {
    DeclaredSchema out;
    out.file = places_.file();
    if (!root.is_object()) return places_.error(root, "expected an object of namespaces");
    for (const json::Member& member : root.members()) {
      if (!member.key.empty() && !is_name(member.key)) {
        return places_.error(member.key_value, "expected a namespace's name");
      }
      WEIR_TRY_ASSIGN(space, one_namespace(member));
      out.namespaces.push_back(std::move(space));
    }
    return out;
  }

 private:
  Result<DeclaredNamespace> one_namespace(const json::Member& member) {
    static constexpr std::array<std::string_view, 4> kKeys = {"commonTypes", "entityTypes", "actions",
                                                              "annotations"};
    DeclaredNamespace out{.name = {std::string(member.key), places_.position(member.key_value)}};
    const json::Value value = member.value;
    WEIR_TRY(places_.only(value, kKeys));
    WEIR_TRY(annotations(value["annotations"]));
    if (member.key.empty() && value["annotations"].size() > 0) {
      return places_.error(value["annotations"], "the empty namespace has no annotations");
    }
    for (const std::string_view key : {"entityTypes", "actions"}) {
      if (!value[key].is_object())
        return places_.error(value, fmt::format("expected \"{}\": an object", key));
    }
    if (value["commonTypes"].exists() && !value["commonTypes"].is_object()) {
      return places_.error(value["commonTypes"], "expected an object");
    }
    for (const json::Member& common : value["commonTypes"].members()) {
      WEIR_TRY_ASSIGN(name, identifier(common));
      WEIR_TRY_ASSIGN(one, type(common.value, true, false));
      out.commons.push_back({std::move(name), std::move(one)});
    }
    for (const json::Member& entity : value["entityTypes"].members()) {
      WEIR_TRY_ASSIGN(name, identifier(entity));
      WEIR_TRY_ASSIGN(one, entity_type(entity.value));
      one.name = std::move(name);
      out.entities.push_back(std::move(one));
    }
    for (const json::Member& one : value["actions"].members()) {
      WEIR_TRY_ASSIGN(declared, action(one.value));
      declared.name = {std::string(one.key), places_.position(one.key_value)};
      out.actions.push_back(std::move(declared));
    }
    return out;
  }

  Status annotations(json::Value value) {
    if (!value.exists()) return {};
    if (!value.is_object()) return places_.error(value, "expected an object of annotations");
    for (const json::Member& member : value.members()) {
      if (!is_identifier(member.key)) return places_.error(member.key_value, "expected an annotation's name");
      if (!member.value.is_string() && !member.value.is_null()) {
        return places_.error(member.value, "expected the annotation's text");
      }
    }
    return {};
  }

  Result<DeclaredName> identifier(const json::Member& member) {
    if (!is_identifier(member.key) || is_reserved(member.key)) {
      return places_.error(member.key_value,
                           fmt::format("\"{}\" is no name of a type", shown(member.key, 40)));
    }
    return DeclaredName{std::string(member.key), places_.position(member.key_value)};
  }

  Result<std::string> name(json::Value value) {
    const std::optional<std::string_view> text = value.string();
    // __cedar begins the names of built-in types.
    if (text && (is_name(*text) || (text->starts_with("__cedar::") && is_name(text->substr(9))))) {
      return std::string(*text);
    }
    return places_.error(value, "expected a type's name");
  }

  Status names(json::Value list, std::vector<DeclaredName>& out) {
    if (!list.is_array()) return places_.error(list, "expected a list of entity types");
    for (const json::Value element : list.elements()) {
      WEIR_TRY_ASSIGN(one, name(element));
      out.push_back({std::move(one), places_.position(element)});
    }
    return {};
  }

  Result<DeclaredEntity> entity_type(json::Value value) {
    static constexpr std::array<std::string_view, 5> kKeys = {"memberOfTypes", "shape", "tags", "enum",
                                                              "annotations"};
    DeclaredEntity out;
    WEIR_TRY(places_.only(value, kKeys));
    WEIR_TRY(annotations(value["annotations"]));
    if (const json::Value choices = value["enum"]; choices.exists()) {
      if (value["memberOfTypes"].exists() || value["shape"].exists() || value["tags"].exists()) {
        return places_.error(value, "an enumerated type has its ids, and nothing else");
      }
      if (!choices.is_array() || choices.size() == 0)
        return places_.error(choices, "expected a list of entity ids");
      for (const json::Value choice : choices.elements()) {
        if (!choice.is_string()) return places_.error(choice, "expected an entity id");
        out.choices.emplace_back(*choice.string());
      }
      return out;
    }
    if (value["memberOfTypes"].exists()) WEIR_TRY(names(value["memberOfTypes"], out.parents));
    if (value["shape"].exists()) {
      WEIR_TRY_ASSIGN(shape, type(value["shape"], false, false));
      out.shape = std::move(shape);
    }
    if (value["tags"].exists()) {
      WEIR_TRY_ASSIGN(tags, type(value["tags"], false, false));
      out.tags = std::move(tags);
    }
    return out;
  }

  Result<DeclaredAction> action(json::Value value) {
    static constexpr std::array<std::string_view, 4> kKeys = {"attributes", "appliesTo", "memberOf",
                                                              "annotations"};
    static constexpr std::array<std::string_view, 3> kApplyKeys = {"principalTypes", "resourceTypes",
                                                                   "context"};
    static constexpr std::array<std::string_view, 2> kParentKeys = {"id", "type"};
    DeclaredAction out;
    WEIR_TRY(places_.only(value, kKeys));
    WEIR_TRY(annotations(value["annotations"]));
    if (value["attributes"].exists() && !value["attributes"].is_null()) {
      return places_.error(value["attributes"], "actions have no attributes");
    }
    if (const json::Value applies = value["appliesTo"]; applies.exists() && !applies.is_null()) {
      WEIR_TRY(places_.only(applies, kApplyKeys));
      for (const std::string_view key : {"principalTypes", "resourceTypes"}) {
        if (!applies[key].exists()) return places_.error(applies, fmt::format("expected \"{}\"", key));
        WEIR_TRY(names(applies[key], key == "principalTypes" ? out.principals : out.resources));
      }
      if (applies["context"].exists()) {
        WEIR_TRY_ASSIGN(context, type(applies["context"], false, false));
        out.context = std::move(context);
      }
    }
    const json::Value parents = value["memberOf"];
    if (parents.exists() && !parents.is_null() && !parents.is_array()) {
      return places_.error(parents, "expected a list of actions");
    }
    for (const json::Value parent : parents.elements()) {
      WEIR_TRY(places_.only(parent, kParentKeys));
      const std::optional<std::string_view> id = parent["id"].string();
      if (!id) return places_.error(parent, "expected an \"id\"");
      DeclaredActionParent one{{}, std::string(*id), places_.position(parent)};
      if (parent["type"].exists() && !parent["type"].is_null()) {
        WEIR_TRY_ASSIGN(parent_type, name(parent["type"]));
        one.type = std::move(parent_type);
      }
      out.parents.push_back(std::move(one));
    }
    return out;
  }

  // Recursion is bounded by the document's depth.
  Result<std::unique_ptr<DeclaredType>> type(json::Value value, bool may_be_annotated, bool is_attribute) {
    static constexpr std::array<std::string_view, 7> kKeys = {
        "type", "element", "attributes", "additionalAttributes", "name", "required", "annotations"};
    WEIR_TRY(places_.only(value, kKeys));
    if (value["annotations"].exists() && !may_be_annotated) {
      return places_.error(value["annotations"], "annotations cannot stand here");
    }
    WEIR_TRY(annotations(value["annotations"]));
    if (value["required"].exists() && !is_attribute) {
      return places_.error(value["required"], "only attributes are required or not");
    }
    const std::optional<std::string_view> of = value["type"].string();
    if (!of) return places_.error(value, "expected a \"type\"");
    auto out = std::make_unique<DeclaredType>();
    out->at = places_.position(value);
    if (*of == "Set") {
      WEIR_TRY(has_only(value, "element"));
      WEIR_TRY_ASSIGN(element, type(value["element"], false, false));
      out->kind = Kind::set;
      out->element = std::move(element);
    } else if (*of == "Record") {
      WEIR_TRY(has_only(value, "attributes"));
      WEIR_TRY(record(value, *out));
    } else if (*of == "Entity" || *of == "EntityOrCommon" || *of == "Extension") {
      WEIR_TRY(has_only(value, "name"));
      out->kind = *of == "Entity" ? Kind::entity : *of == "Extension" ? Kind::extension : Kind::name;
      WEIR_TRY_ASSIGN(named, name(value["name"]));
      out->name = std::move(named);
    } else {
      WEIR_TRY(has_only(value, ""));
      const bool is_builtin = *of == "Boolean" || *of == "Long" || *of == "String";
      out->kind = is_builtin ? Kind::builtin : Kind::common;
      WEIR_TRY_ASSIGN(named, name(value["type"]));
      out->name = std::move(named);
    }
    return out;
  }

  // Of the keys that say more about a type, only this one, and that.
  Status has_only(json::Value value, std::string_view wanted) {
    for (const std::string_view key : {"element", "attributes", "additionalAttributes", "name"}) {
      const bool fits = key == wanted || (wanted == "attributes" && key == "additionalAttributes");
      if (value[key].exists() && !fits) {
        return places_.error(value[key], fmt::format("\"{}\" does not fit this type", key));
      }
    }
    if (wanted.empty() || value[wanted].exists()) return {};
    return places_.error(value, fmt::format("expected \"{}\"", wanted));
  }

  Status record(json::Value value, DeclaredType& out) {
    out.kind = Kind::record;
    const json::Value open = value["additionalAttributes"];
    if (open.exists() && open.boolean() != false) {
      return places_.error(open, "records with additional attributes are not supported");
    }
    if (!value["attributes"].is_object()) return places_.error(value["attributes"], "expected an object");
    for (const json::Member& member : value["attributes"].members()) {
      WEIR_TRY_ASSIGN(field, type(member.value, true, true));
      const json::Value required = member.value["required"];
      if (required.exists() && !required.boolean()) return places_.error(required, "expected true or false");
      out.fields.push_back({std::string(member.key), places_.position(member.key_value),
                            required.boolean().value_or(true), std::move(field)});
    }
    return {};
  }

  const JsonPlaces& places_;
};

}  // namespace

Result<DeclaredSchema> read_json_schema(std::string_view text, std::string_view file_name) {
  if (text.size() > limits::kPolicyBytesMax) {
    return too_large(fmt::format("a schema of more than {} bytes", limits::kPolicyBytesMax),
                     std::string(file_name));
  }
  WEIR_TRY_ASSIGN(document, parse_json(text, file_name));
  const JsonPlaces places(document.text(), file_name);
  return SchemaReader(places).all(document.root());
}

}  // namespace weir::policy
