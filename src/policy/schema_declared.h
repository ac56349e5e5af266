// A schema as it is written, before names are resolved: what both forms are read into.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "policy/ast.h"
#include "policy/schema.h"

namespace weir::policy {

struct DeclaredName {
  std::string name;  // `A` or `N::A`
  Position at;
};

struct DeclaredType;

struct DeclaredField {
  std::string name;
  Position at;
  bool is_required = true;
  std::unique_ptr<DeclaredType> type;
};

struct DeclaredType {
  enum class Kind : uint8_t {
    name,       // of a common type or an entity type
    common,     // of a common type only
    entity,     // of an entity type only
    extension,  // of an extension type only
    builtin,    // Boolean, Long or String
    set,
    record
  };
  Kind kind = Kind::record;
  std::string name = {};
  std::unique_ptr<DeclaredType> element = nullptr;
  std::vector<DeclaredField> fields = {};
  Position at = {};
};

struct DeclaredEntity {
  DeclaredName name;
  std::vector<DeclaredName> parents;
  std::shared_ptr<const DeclaredType> shape;  // shared: `entity A, B { … }`; null: no attributes
  std::shared_ptr<const DeclaredType> tags;   // null: none
  std::vector<std::string> choices;
};

struct DeclaredActionParent {
  std::optional<std::string> type;  // else Action
  std::string id;
  Position at;
};

struct DeclaredAction {
  DeclaredName name;
  std::vector<DeclaredActionParent> parents;
  std::vector<DeclaredName> principals;
  std::vector<DeclaredName> resources;
  std::shared_ptr<const DeclaredType> context;  // null: no attributes
};

struct DeclaredCommon {
  DeclaredName name;
  std::shared_ptr<const DeclaredType> type;
};

struct DeclaredNamespace {
  DeclaredName name;  // empty: none
  std::vector<DeclaredEntity> entities;
  std::vector<DeclaredAction> actions;
  std::vector<DeclaredCommon> commons;
};

struct DeclaredSchema {
  std::string file;
  std::vector<DeclaredNamespace> namespaces;  // no name twice
};

Result<DeclaredSchema> parse_schema(std::string_view text, std::string_view file_name);
Result<DeclaredSchema> read_json_schema(std::string_view text, std::string_view file_name);

// Resolves names, writes common types out, closes hierarchies. Errors: bad_input with "file:line:column".
Result<Schema> build_schema(const DeclaredSchema& declared);

}  // namespace weir::policy
