// From a schema as it is written to what it means.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <span>

#include "base/bytes.h"
#include "base/limits.h"
#include "base/toml.h"
#include "policy/lexer.h"
#include "policy/schema_declared.h"

namespace weir::policy {
namespace {

using Kind = Type::Kind;

constexpr std::array<std::pair<std::string_view, Kind>, 7> kBuiltin = {{{"Bool", Kind::boolean},
                                                                        {"Long", Kind::integer},
                                                                        {"String", Kind::string},
                                                                        {"decimal", Kind::decimal},
                                                                        {"ipaddr", Kind::ip},
                                                                        {"datetime", Kind::datetime},
                                                                        {"duration", Kind::duration}}};

const Kind* builtin(std::string_view name) {
  const auto* const it =
      std::find_if(kBuiltin.begin(), kBuiltin.end(), [&](const auto& b) { return b.first == name; });
  return it == kBuiltin.end() ? nullptr : &it->second;
}

std::string qualified(const std::string& space, std::string_view name) {
  return space.empty() ? std::string(name) : fmt::format("{}::{}", space, name);
}

// Who is reached from whom over any number of steps; at most kSchemaTypesMax nodes.
class Reach {
 public:
  explicit Reach(size_t nodes) : nodes_(nodes), words_((nodes + 63) / 64), bits_(nodes * words_) {}
  void add(size_t from, size_t to) { bits_[from * words_ + to / 64] |= uint64_t{1} << (to % 64); }
  bool has(size_t from, size_t to) const { return (bits_[from * words_ + to / 64] >> (to % 64) & 1) != 0; }
  void close() {
    for (size_t middle = 0; middle < nodes_; ++middle) {
      for (size_t from = 0; from < nodes_; ++from) {
        if (!has(from, middle)) continue;
        for (size_t w = 0; w < words_; ++w) bits_[from * words_ + w] |= bits_[middle * words_ + w];
      }
    }
  }

 private:
  size_t nodes_;
  size_t words_;
  std::vector<uint64_t> bits_;
};

}  // namespace

class SchemaBuilder {
 public:
  explicit SchemaBuilder(const DeclaredSchema& in) : in_(in) {}

  Result<Schema> build() {
    for (const DeclaredNamespace& space : in_.namespaces) WEIR_TRY(collect(space));
    if (std::max({entities_.size(), actions_.size(), commons_.size()}) > limits::kSchemaTypesMax) {
      return too_large(fmt::format("more than {} declarations of a kind", limits::kSchemaTypesMax), in_.file);
    }
    WEIR_TRY(check_shadowing());
    for (const auto& [name, common] : commons_) WEIR_TRY(common_type(name));
    for (const auto& [name, entity] : entities_) WEIR_TRY(entity_type(name, entity));
    for (const auto& [uid, action] : actions_) WEIR_TRY(action_type(uid, action));
    WEIR_TRY(close_entity_types());
    WEIR_TRY(close_actions());
    return std::move(out_);
  }

 private:
  template <class T>
  struct Found {
    const std::string* space;
    const T* declared;
  };

  Error error(Position at, std::string message, std::string hint = {}) const {
    return bad_input(std::move(message), fmt::format("{}:{}:{}", in_.file, at.line, at.column),
                     std::move(hint));
  }
  void warn(Position at, std::string_view message) {
    out_.warnings_.push_back(fmt::format("{}:{}:{}: {}", in_.file, at.line, at.column, message));
  }

  Status collect(const DeclaredNamespace& space) {
    static constexpr std::array<std::string_view, 8> kReserved = {"Bool", "Boolean", "Entity", "Extension",
                                                                  "Long", "Record",  "Set",    "String"};
    const std::string& prefix = space.name.name;
    for (const DeclaredEntity& entity : space.entities) {
      WEIR_TRY(check_name(entity.name));
      if (entity.name.name == "Action") return error(entity.name.at, "Action is the type of all actions");
      if (!entities_.try_emplace(qualified(prefix, entity.name.name), &prefix, &entity).second) {
        return error(entity.name.at, fmt::format("{} is declared twice", shown(entity.name.name, 40)));
      }
      if (builtin(entity.name.name) != nullptr)
        warn(entity.name.at, "this hides a built-in type of the same name");
    }
    for (const DeclaredCommon& common : space.commons) {
      WEIR_TRY(check_name(common.name));
      const std::string& name = common.name.name;
      if (std::find(kReserved.begin(), kReserved.end(), name) != kReserved.end()) {
        return error(common.name.at, fmt::format("{} is a word of the schema language", name));
      }
      if (!commons_.try_emplace(qualified(prefix, name), &prefix, &common).second) {
        return error(common.name.at, fmt::format("{} is declared twice", shown(name, 40)));
      }
      if (entities_.contains(qualified(prefix, name)))
        warn(common.name.at, "this hides an entity type of the same name");
      if (builtin(name) != nullptr) warn(common.name.at, "this hides a built-in type of the same name");
    }
    for (const DeclaredAction& action : space.actions) {
      EntityUid uid{qualified(prefix, "Action"), action.name.name};
      action_types_.insert(uid.type);
      if (!actions_.try_emplace(uid, &prefix, &action).second) {
        return error(action.name.at,
                     fmt::format("the action \"{}\" is declared twice", shown(action.name.name, 40)));
      }
    }
    return {};
  }

  Status check_name(const DeclaredName& name) const {
    if (name.name == "__cedar") return error(name.at, "names with __cedar are Cedar's own");
    return {};
  }

  // What is declared without a namespace must not be declared again inside one.
  Status check_shadowing() const {
    std::set<std::string_view> hidden;
    std::set<std::string_view> hidden_actions;
    for (const auto& [name, entity] : entities_) {
      if (entity.space->empty()) hidden.insert(name);
    }
    for (const auto& [name, common] : commons_) {
      if (common.space->empty()) hidden.insert(name);
    }
    for (const auto& [uid, action] : actions_) {
      if (action.space->empty()) hidden_actions.insert(uid.id);
    }
    const auto check = [&](const std::string& space, const DeclaredName& name, const auto& names) -> Status {
      if (space.empty() || !names.contains(name.name)) return {};
      return error(name.at,
                   fmt::format("{} is also declared outside of the namespace", shown(name.name, 40)));
    };
    for (const auto& [name, entity] : entities_)
      WEIR_TRY(check(*entity.space, entity.declared->name, hidden));
    for (const auto& [name, common] : commons_) WEIR_TRY(check(*common.space, common.declared->name, hidden));
    for (const auto& [uid, action] : actions_)
      WEIR_TRY(check(*action.space, action.declared->name, hidden_actions));
    return {};
  }

  bool is_entity(const std::string& name) const {
    return entities_.contains(name) || action_types_.contains(name);
  }
  bool is_common(const std::string& name) const {
    if (commons_.contains(name)) return true;
    const bool own = name.starts_with("__cedar::");
    return builtin(own ? std::string_view(name).substr(9) : name) != nullptr && (own || !is_entity(name));
  }

  struct Resolved {
    std::string name;
    bool is_common;
  };
  // A name without a namespace means one of its own namespace before one without.
  Result<Resolved> resolve(const std::string& space, const std::string& name, Position at, bool may_be_common,
                           bool may_be_entity) const {
    std::vector<std::string> candidates;
    if (!space.empty() && name.find("::") == std::string::npos) candidates.push_back(qualified(space, name));
    candidates.push_back(name);
    for (std::string& candidate : candidates) {
      if (may_be_common && is_common(candidate)) return Resolved{std::move(candidate), true};
      if (may_be_entity && is_entity(candidate)) return Resolved{std::move(candidate), false};
    }
    std::vector<std::string_view> known;
    if (may_be_common) {
      for (const auto& row : kBuiltin) known.push_back(row.first);
      for (const auto& row : commons_) known.push_back(row.first);
    }
    if (may_be_entity) {
      for (const auto& row : entities_) known.push_back(row.first);
    }
    return error(at,
                 fmt::format("there is no {} {}",
                             !may_be_entity   ? "common type"
                             : !may_be_common ? "entity type"
                                              : "type",
                             shown(name, 80)),
                 toml::did_you_mean(name, known));
  }

  Result<TypePtr> common_type(const std::string& name) {
    const std::string_view bare = std::string_view(name).starts_with("__cedar::")
                                      ? std::string_view(name).substr(9)
                                      : std::string_view(name);
    const auto declared = commons_.find(name);
    if (declared == commons_.end()) return std::make_shared<const Type>(Type{.kind = *builtin(bare)});
    const auto [it, is_new] = resolved_.try_emplace(name, nullptr);
    if (!is_new) {
      if (it->second == nullptr) {
        return error(declared->second.declared->name.at,
                     fmt::format("{} is made of itself", shown(name, 80)));
      }
      return it->second;
    }
    WEIR_TRY_ASSIGN(out, type(*declared->second.space, *declared->second.declared->type));
    resolved_[name] = out;
    return out;
  }

  Result<TypePtr> type(const std::string& space, const DeclaredType& declared) {
    if (depth_ >= 4 * limits::kPolicyDepthMax) return too_deep(declared.at);
    ++depth_;
    Result<TypePtr> out = type_at_depth(space, declared);
    --depth_;
    return out;
  }

  Error too_deep(Position at) const {
    return too_large(fmt::format("types nested deeper than {} levels", limits::kPolicyDepthMax),
                     fmt::format("{}:{}:{}", in_.file, at.line, at.column));
  }

  Result<TypePtr> type_at_depth(const std::string& space, const DeclaredType& declared) {
    switch (declared.kind) {
      case DeclaredType::Kind::builtin:
        return std::make_shared<const Type>(
            Type{.kind = *builtin(declared.name == "Boolean" ? "Bool" : declared.name)});
      case DeclaredType::Kind::extension: {
        const Kind* kind = builtin(declared.name);
        if (kind == nullptr || *kind < Kind::decimal) {
          return error(declared.at, fmt::format("there is no extension type {}", shown(declared.name, 40)),
                       "one of: decimal, ipaddr, datetime, duration");
        }
        return std::make_shared<const Type>(Type{.kind = *kind});
      }
      case DeclaredType::Kind::name:
      case DeclaredType::Kind::common:
      case DeclaredType::Kind::entity: {
        WEIR_TRY_ASSIGN(
            found, resolve(space, declared.name, declared.at, declared.kind != DeclaredType::Kind::entity,
                           declared.kind != DeclaredType::Kind::common));
        if (found.is_common) return common_type(found.name);
        return std::make_shared<const Type>(Type{.kind = Kind::entity, .entity = std::move(found.name)});
      }
      case DeclaredType::Kind::set: {
        WEIR_TRY_ASSIGN(element, type(space, *declared.element));
        Type out{.kind = Kind::set};
        out.size = element->size + 1;
        out.depth = element->depth + 1;
        out.element = std::move(element);
        return bounded(std::move(out), declared.at);
      }
      case DeclaredType::Kind::record:
        break;
    }
    Type out{.kind = Kind::record};
    for (const DeclaredField& field : declared.fields) {
      WEIR_TRY_ASSIGN(one, type(space, *field.type));
      out.size += one->size;
      out.depth = std::max(out.depth, one->depth + 1);
      if (out.size > limits::kSchemaTypeNodesMax) break;
      out.attributes.insert_or_assign(field.name, AttributeType{std::move(one), field.is_required});
    }
    return bounded(std::move(out), declared.at);
  }

  Result<TypePtr> bounded(Type type, Position at) const {
    if (type.depth > limits::kPolicyDepthMax) return too_deep(at);
    if (type.size > limits::kSchemaTypeNodesMax) {
      return too_large(fmt::format("a type of more than {} parts, written out", limits::kSchemaTypeNodesMax),
                       fmt::format("{}:{}:{}", in_.file, at.line, at.column));
    }
    return std::make_shared<const Type>(std::move(type));
  }

  Result<Attributes> record(const std::string& space, const std::shared_ptr<const DeclaredType>& declared) {
    if (declared == nullptr) return Attributes();
    WEIR_TRY_ASSIGN(out, type(space, *declared));
    if (out->kind != Kind::record) return error(declared->at, "expected a record");
    return out->attributes;
  }

  Status entity_type(const std::string& name, const Found<DeclaredEntity>& found) {
    EntityType out{.name = name};
    WEIR_TRY_ASSIGN(attributes, record(*found.space, found.declared->shape));
    out.attributes = std::move(attributes);
    if (found.declared->tags != nullptr) {
      WEIR_TRY_ASSIGN(tags, type(*found.space, *found.declared->tags));
      out.tags = std::move(tags);
    }
    out.choices = found.declared->choices;
    out_.entity_types_.emplace(name, std::move(out));
    return {};
  }

  Status entity_names(const std::string& space, const std::vector<DeclaredName>& names,
                      std::set<std::string, std::less<>>& out) const {
    for (const DeclaredName& name : names) {
      WEIR_TRY_ASSIGN(found, resolve(space, name.name, name.at, false, true));
      if (!entities_.contains(found.name)) return error(name.at, "an action cannot stand here");
      out.insert(std::move(found.name));
    }
    return {};
  }

  Status action_type(const EntityUid& uid, const Found<DeclaredAction>& found) {
    ActionType out{.uid = uid};
    WEIR_TRY(entity_names(*found.space, found.declared->principals, out.principals));
    WEIR_TRY(entity_names(*found.space, found.declared->resources, out.resources));
    environments_ += out.principals.size() * out.resources.size();
    if (environments_ > limits::kSchemaEnvironmentsMax) {
      return too_large(fmt::format("more than {} combinations of action, principal and resource",
                                   limits::kSchemaEnvironmentsMax),
                       in_.file);
    }
    WEIR_TRY_ASSIGN(context, record(*found.space, found.declared->context));
    out.context = std::move(context);
    out_.actions_.emplace(uid, std::move(out));
    return {};
  }

  Status close_entity_types() {
    std::map<std::string_view, size_t> index;
    for (const auto& [name, entity] : entities_) index.emplace(name, index.size());
    Reach reach(index.size());
    for (const auto& [name, entity] : entities_) {
      std::set<std::string, std::less<>> parents;
      WEIR_TRY(entity_names(*entity.space, entity.declared->parents, parents));
      for (const std::string& parent : parents) reach.add(index.at(name), index.at(parent));
    }
    reach.close();
    for (auto& [name, type] : out_.entity_types_) {
      for (const auto& [other, at] : index) {
        if (reach.has(index.at(name), at)) type.ancestors.emplace(other);
      }
    }
    return {};
  }

  Result<EntityUid> action_parent(const std::string& space, const DeclaredActionParent& parent) const {
    const std::string type = parent.type.value_or("Action");
    std::vector<EntityUid> candidates;
    if (!space.empty() && type.find("::") == std::string::npos)
      candidates.push_back({qualified(space, type), parent.id});
    candidates.push_back({type, parent.id});
    for (EntityUid& candidate : candidates) {
      if (actions_.contains(candidate)) return std::move(candidate);
    }
    std::vector<std::string_view> known;
    for (const auto& row : actions_) known.push_back(row.first.id);
    return error(parent.at, fmt::format("there is no action {}", shown(candidates.back().text(), 80)),
                 toml::did_you_mean(parent.id, known));
  }

  Status close_actions() {
    std::map<EntityUid, size_t> index;
    for (const auto& [uid, action] : actions_) index.emplace(uid, index.size());
    Reach reach(index.size());
    for (const auto& [uid, action] : actions_) {
      for (const DeclaredActionParent& parent : action.declared->parents) {
        WEIR_TRY_ASSIGN(found, action_parent(*action.space, parent));
        reach.add(index.at(uid), index.at(found));
      }
    }
    reach.close();
    for (auto& [uid, type] : out_.actions_) {
      const size_t at = index.at(uid);
      if (reach.has(at, at)) {
        return error(actions_.at(uid).declared->name.at,
                     fmt::format("the action \"{}\" is in itself", shown(uid.id, 40)));
      }
      for (const auto& [other, i] : index) {
        if (reach.has(at, i)) type.ancestors.insert(other);
      }
    }
    return {};
  }

  const DeclaredSchema& in_;
  Schema out_;
  std::map<std::string, Found<DeclaredEntity>> entities_;
  std::map<std::string, Found<DeclaredCommon>> commons_;
  std::map<EntityUid, Found<DeclaredAction>> actions_;
  std::set<std::string> action_types_;
  std::map<std::string, TypePtr> resolved_;  // null while it is worked on
  size_t environments_ = 0;
  int depth_ = 0;
};

Result<Schema> build_schema(const DeclaredSchema& declared) {
  return SchemaBuilder(declared).build();
}

}  // namespace weir::policy
