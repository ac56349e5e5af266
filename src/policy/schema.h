// Schemas: which entity types, attributes, tags and actions there are, as the Cedar specification has them.
//
// Both published forms are read: the human-readable one (parse) and JSON (from_json); what they mean is
// worked out once, here: names are resolved, common types written out, hierarchies closed. A schema decides
// nothing; the validator (validate.h) uses it to refuse policies that could not be what their author meant.
//
// Any bytes may be given: an error with its place, or a schema. Depth, size and time are bounded by limits.h.
// A Schema does not change and may be shared between threads.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "policy/value.h"

namespace weir::policy {

class PolicySet;
struct Type;
using TypePtr = std::shared_ptr<const Type>;  // shared: types are immutable and named from many places

struct AttributeType {
  TypePtr type;
  bool is_required = true;
};
using Attributes = std::map<std::string, AttributeType, std::less<>>;

// The type of an expression. true_ and false_ are booleans whose value the validator knows.
struct Type {
  enum class Kind : uint8_t {
    boolean,
    true_,
    false_,
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
  Kind kind = Kind::boolean;
  std::string entity = {};     // of an entity: its type's full name
  TypePtr element = nullptr;   // of a set
  Attributes attributes = {};  // of a record

  uint32_t size = 1;   // nodes, written out; at most kSchemaTypeNodesMax
  uint32_t depth = 1;  // at most kPolicyDepthMax in a schema

  bool is_boolean() const { return kind <= Kind::false_; }
  // As the human-readable form writes it ("Set<Long>", "App::User", "{a: Long, b?: String}"), cut when long.
  std::string text() const;
};
bool operator==(const Type& a, const Type& b);

struct EntityType {
  std::string name;
  std::set<std::string, std::less<>> ancestors;  // all types that its entities may be in
  Attributes attributes;
  TypePtr tags;                      // null: no tags
  std::vector<std::string> choices;  // of an enumerated type: the ids that there are; else empty
};

struct ActionType {
  EntityUid uid;
  std::set<EntityUid> ancestors;  // all action groups that it is in
  std::set<std::string, std::less<>> principals;
  std::set<std::string, std::less<>> resources;
  Attributes context;
};

class Schema {
 public:
  // The human-readable form (.cedarschema). Errors: bad_input with "file:line:column"; too_large.
  static Result<Schema> parse(std::string_view text, std::string_view file_name);
  // The JSON form (.cedarschema.json). Errors: bad_input with "file:line:column"; too_large.
  static Result<Schema> from_json(std::string_view text, std::string_view file_name);

  const EntityType* entity_type(std::string_view name) const;
  const ActionType* action(const EntityUid& uid) const;
  const std::map<std::string, EntityType, std::less<>>& entity_types() const { return entity_types_; }
  const std::map<EntityUid, ActionType>& actions() const { return actions_; }
  // What the author should know but need not change: "file:line:column: message".
  const std::vector<std::string>& warnings() const { return warnings_; }

  // Whether entities of type `descendant` may be in one of type `ancestor`; equal types may.
  bool may_be_in(std::string_view descendant, std::string_view ancestor) const;

 private:
  friend class SchemaBuilder;
  std::map<std::string, EntityType, std::less<>> entity_types_;
  std::map<EntityUid, ActionType> actions_;
  std::vector<std::string> warnings_;
};

// weir's own schema, policies/weir.cedarschema in the binary: what `guard` puts into a request
// (label_attributes.h). A policy that names anything else can never match as its author meant.
const Schema& weir_schema();
// The same with an action for each tool ("server/tool"); a policy that names another is then refused by the
// validator. Errors: too_large past kSchemaTypesMax; bad_input for a name that is not UTF-8.
Result<Schema> weir_schema(std::span<const std::string> tools);
// The tools that policies and templates name: with them in the schema, no name of a tool is refused.
std::vector<std::string> named_tools(const PolicySet& policies);

}  // namespace weir::policy
