// The human-readable form of schemas: a recursive descent over its published grammar.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/bytes.h"
#include "base/limits.h"
#include "policy/lexer.h"
#include "policy/schema_declared.h"

namespace weir::policy {
namespace {

class SchemaParser {
 public:
  SchemaParser(std::string_view text, std::string_view file) : lexer_(text, file), file_(file) {}

  Result<DeclaredSchema> all() {
    WEIR_TRY(advance());
    DeclaredSchema out;
    out.file = file_;
    DeclaredNamespace unnamed;
    std::set<std::string> names;
    while (token_.kind != TokenKind::end) {
      WEIR_TRY(annotations());
      if (!token_.is("namespace")) {
        WEIR_TRY(declaration(unnamed));
        continue;
      }
      const Position at = token_.at;
      WEIR_TRY(advance());
      WEIR_TRY_ASSIGN(name, path("the namespace's name"));
      if (("::" + name.name + "::").find("::__cedar::") != std::string::npos) {
        return error(name.at, "names with __cedar are Cedar's own");
      }
      if (!names.insert(name.name).second) {
        return error(at, fmt::format("the namespace {} occurs twice", shown(name.name, 80)));
      }
      WEIR_TRY(expect("{"));
      DeclaredNamespace space{.name = name};
      while (!token_.is("}")) {
        WEIR_TRY(annotations());
        WEIR_TRY(declaration(space));
      }
      WEIR_TRY(advance());
      out.namespaces.push_back(std::move(space));
    }
    out.namespaces.push_back(std::move(unnamed));
    return out;
  }

 private:
  Error error(Position at, std::string message) const {
    return bad_input(std::move(message), lexer_.where(at));
  }
  Error expected(std::string_view what) const {
    const std::string found =
        token_.kind == TokenKind::end ? "the end of the text" : '"' + shown(token_.text, 40) + '"';
    return error(token_.at, fmt::format("expected {}, found {}", what, found));
  }
  Status advance() {
    WEIR_TRY_ASSIGN(token, lexer_.next());
    token_ = token;
    return {};
  }
  Status expect(std::string_view symbol_or_word) {
    if (!token_.is(symbol_or_word)) return expected(fmt::format("\"{}\"", symbol_or_word));
    return advance();
  }
  bool at_identifier() const { return token_.kind == TokenKind::identifier; }

  Result<std::string> identifier(std::string_view what) {
    if (!at_identifier()) return expected(what);
    // __cedar is no word of its own here: it begins the names of built-in types.
    if (is_reserved(token_.text) && token_.text != "__cedar") {
      return error(token_.at, fmt::format("\"{}\" is a reserved word", token_.text));
    }
    std::string out(token_.text);
    WEIR_TRY(advance());
    return out;
  }

  Result<std::string> string() {
    Result<std::string> text = unescape(token_.text);
    if (!text) return error(token_.at, std::move(text).error().message);
    WEIR_TRY(advance());
    return text;
  }

  // IDENT or STR.
  Result<DeclaredName> name(std::string_view what) {
    const Position at = token_.at;
    if (token_.kind == TokenKind::string) {
      WEIR_TRY_ASSIGN(text, string());
      return DeclaredName{std::move(text), at};
    }
    WEIR_TRY_ASSIGN(text, identifier(what));
    return DeclaredName{std::move(text), at};
  }

  Result<DeclaredName> path(std::string_view what) {
    DeclaredName out{{}, token_.at};
    WEIR_TRY_ASSIGN(first, identifier(what));
    out.name = std::move(first);
    while (token_.is("::")) {
      WEIR_TRY(advance());
      WEIR_TRY_ASSIGN(next, identifier("a name after \"::\""));
      out.name += "::" + next;
    }
    return out;
  }

  Status annotations() {
    std::set<std::string> keys;
    while (token_.is("@")) {
      const Position at = token_.at;
      WEIR_TRY(advance());
      if (!at_identifier()) return expected("an annotation's name after \"@\"");
      if (!keys.insert(std::string(token_.text)).second) {
        return error(at, fmt::format("the annotation \"@{}\" occurs twice", shown(token_.text, 40)));
      }
      WEIR_TRY(advance());
      if (!token_.is("(")) continue;
      WEIR_TRY(advance());
      if (token_.kind != TokenKind::string) return expected("the annotation's value as a string literal");
      WEIR_TRY(string());
      WEIR_TRY(expect(")"));
    }
    return {};
  }

  Status declaration(DeclaredNamespace& out) {
    const size_t most = std::max({out.entities.size(), out.actions.size(), out.commons.size()});
    if (most > limits::kSchemaTypesMax) {
      return too_large(fmt::format("more than {} declarations of a kind", limits::kSchemaTypesMax),
                       lexer_.where(token_.at));
    }
    if (token_.is("entity")) return entity(out);
    if (token_.is("action")) return action(out);
    if (token_.is("type")) return common(out);
    return expected("\"entity\", \"action\", \"type\" or \"namespace\"");
  }

  Status entity(DeclaredNamespace& out) {
    WEIR_TRY(advance());
    std::vector<DeclaredName> names;
    do {
      if (!names.empty()) WEIR_TRY(advance());
      const Position at = token_.at;
      WEIR_TRY_ASSIGN(one, identifier("the entity type's name"));
      names.push_back({std::move(one), at});
    } while (token_.is(","));
    DeclaredEntity all;
    if (token_.is("enum")) {
      WEIR_TRY(advance());
      WEIR_TRY(choices(all.choices));
    } else {
      if (token_.is("in")) {
        WEIR_TRY(advance());
        WEIR_TRY(entity_types(all.parents));
      }
      if (token_.is("=") || token_.is("{")) {
        if (token_.is("=")) WEIR_TRY(advance());
        WEIR_TRY_ASSIGN(shape, record());
        all.shape = std::move(shape);
      }
      if (token_.is("tags")) {
        WEIR_TRY(advance());
        WEIR_TRY_ASSIGN(tags, type());
        all.tags = std::move(tags);
      }
    }
    WEIR_TRY(expect(";"));
    for (DeclaredName& one : names) {
      out.entities.push_back(all);
      out.entities.back().name = std::move(one);
    }
    return {};
  }

  Status choices(std::vector<std::string>& out) {
    WEIR_TRY(expect("["));
    do {
      if (!out.empty()) WEIR_TRY(advance());
      if (token_.kind != TokenKind::string) return expected("an entity id, as a string literal");
      WEIR_TRY_ASSIGN(choice, string());
      out.push_back(std::move(choice));
    } while (token_.is(","));
    return expect("]");
  }

  // A, or [A, B]; the list may be empty.
  Status entity_types(std::vector<DeclaredName>& out) {
    if (!token_.is("[")) {
      WEIR_TRY_ASSIGN(one, path("an entity type"));
      out.push_back(std::move(one));
      return {};
    }
    WEIR_TRY(advance());
    if (token_.is("]")) return advance();
    while (true) {
      WEIR_TRY_ASSIGN(one, path("an entity type"));
      out.push_back(std::move(one));
      if (!token_.is(",")) return expect("]");
      WEIR_TRY(advance());
    }
  }

  Status action(DeclaredNamespace& out) {
    WEIR_TRY(advance());
    std::vector<DeclaredName> names;
    do {
      if (!names.empty()) WEIR_TRY(advance());
      WEIR_TRY_ASSIGN(one, name("the action's name"));
      names.push_back(std::move(one));
    } while (token_.is(","));
    DeclaredAction all;
    if (token_.is("in")) {
      WEIR_TRY(advance());
      WEIR_TRY(action_parents(all.parents));
    }
    if (token_.is("appliesTo")) WEIR_TRY(applies_to(all));
    if (token_.is("attributes")) {
      WEIR_TRY(advance());
      WEIR_TRY(expect("{"));
      WEIR_TRY(expect("}"));
    }
    WEIR_TRY(expect(";"));
    for (DeclaredName& one : names) {
      out.actions.push_back(all);
      out.actions.back().name = std::move(one);
    }
    return {};
  }

  Status action_parents(std::vector<DeclaredActionParent>& out) {
    const bool list = token_.is("[");
    if (list) WEIR_TRY(advance());
    while (true) {
      WEIR_TRY_ASSIGN(parent, action_parent());
      out.push_back(std::move(parent));
      if (!list) return {};
      if (!token_.is(",")) return expect("]");
      WEIR_TRY(advance());
    }
  }

  // IDENT, STR or PATH::STR.
  Result<DeclaredActionParent> action_parent() {
    DeclaredActionParent out{{}, {}, token_.at};
    WEIR_TRY_ASSIGN(first, name("an action"));
    out.id = first.name;
    while (token_.is("::")) {
      out.type = out.type ? *out.type + "::" + out.id : out.id;
      WEIR_TRY(advance());
      const bool is_last = token_.kind == TokenKind::string;
      WEIR_TRY_ASSIGN(next, name("an action's id after \"::\""));
      out.id = next.name;
      if (is_last) return out;
    }
    if (out.type) return expected("\"::\" and the action's id as a string literal");
    return out;
  }

  Status applies_to(DeclaredAction& out) {
    const Position at = token_.at;
    WEIR_TRY(advance());
    WEIR_TRY(expect("{"));
    bool has_principal = false;
    bool has_resource = false;
    do {
      const Token what = token_;
      WEIR_TRY(advance());
      WEIR_TRY(expect(":"));
      if (what.is("context")) {
        if (out.context) return error(what.at, "the context is given twice");
        WEIR_TRY_ASSIGN(context, context_type());
        out.context = std::move(context);
      } else if (what.is("principal") || what.is("resource")) {
        bool& has = what.is("principal") ? has_principal : has_resource;
        if (has) return error(what.at, fmt::format("the {} is given twice", what.text));
        has = true;
        std::vector<DeclaredName>& types = what.is("principal") ? out.principals : out.resources;
        WEIR_TRY(entity_types(types));
        if (types.empty()) return error(what.at, fmt::format("no {} at all: leave out appliesTo", what.text));
      } else {
        return error(what.at, "expected \"principal\", \"resource\" or \"context\"");
      }
      if (token_.is(",")) {
        WEIR_TRY(advance());
      } else if (!token_.is("}")) {
        return expected("\",\" or \"}\"");
      }
    } while (!token_.is("}"));
    if (!has_principal || !has_resource) {
      return error(at, fmt::format("appliesTo needs a {}", has_principal ? "resource" : "principal"));
    }
    return advance();
  }

  Result<std::unique_ptr<DeclaredType>> context_type() {
    if (token_.is("{")) return record();
    auto out = std::make_unique<DeclaredType>();
    out->kind = DeclaredType::Kind::common;
    out->at = token_.at;
    WEIR_TRY_ASSIGN(name, path("a record or a common type"));
    out->name = std::move(name.name);
    return out;
  }

  Status common(DeclaredNamespace& out) {
    WEIR_TRY(advance());
    const Position at = token_.at;
    WEIR_TRY_ASSIGN(name, identifier("the type's name"));
    WEIR_TRY(expect("="));
    WEIR_TRY_ASSIGN(one, type());
    WEIR_TRY(expect(";"));
    out.commons.push_back({{std::move(name), at}, std::move(one)});
    return {};
  }

  Result<std::unique_ptr<DeclaredType>> type() {
    if (token_.is("{")) return record();
    auto out = std::make_unique<DeclaredType>();
    out->kind = DeclaredType::Kind::name;
    out->at = token_.at;
    const bool maybe_set = token_.is("Set");
    WEIR_TRY_ASSIGN(name, path("a type"));
    out->name = std::move(name.name);
    if (!maybe_set || out->name != "Set" || !token_.is("<")) return out;
    WEIR_TRY(deeper(out->at));
    WEIR_TRY(advance());
    WEIR_TRY_ASSIGN(element, type());
    WEIR_TRY(expect(">"));
    --depth_;
    out->kind = DeclaredType::Kind::set;
    out->element = std::move(element);
    return out;
  }

  Result<std::unique_ptr<DeclaredType>> record() {
    auto out = std::make_unique<DeclaredType>();
    out->at = token_.at;
    WEIR_TRY(deeper(out->at));
    WEIR_TRY(expect("{"));
    std::set<std::string> names;
    while (!token_.is("}")) {
      WEIR_TRY(annotations());
      WEIR_TRY_ASSIGN(one, name("an attribute's name"));
      // The published engine lets the last one win, silently.
      if (!names.insert(one.name).second) {
        return error(one.at, fmt::format("the attribute \"{}\" occurs twice", shown(one.name, 40)));
      }
      const bool is_optional = token_.is("?");
      if (is_optional) WEIR_TRY(advance());
      WEIR_TRY(expect(":"));
      WEIR_TRY_ASSIGN(field, type());
      out->fields.push_back({std::move(one.name), one.at, !is_optional, std::move(field)});
      if (!token_.is(",") && !token_.is("}")) return expected("\",\" or \"}\"");
      if (token_.is(",")) WEIR_TRY(advance());
    }
    WEIR_TRY(advance());
    --depth_;
    return out;
  }

  Status deeper(Position at) {
    if (++depth_ > limits::kPolicyDepthMax) {
      return too_large(fmt::format("nested deeper than {} levels", limits::kPolicyDepthMax),
                       lexer_.where(at));
    }
    return {};
  }

  Lexer lexer_;
  std::string file_;
  Token token_;
  int depth_ = 0;
};

}  // namespace

Result<DeclaredSchema> parse_schema(std::string_view text, std::string_view file_name) {
  if (text.size() > limits::kPolicyBytesMax) {
    return too_large(fmt::format("a schema of more than {} bytes", limits::kPolicyBytesMax),
                     std::string(file_name));
  }
  WEIR_TRY(check_utf8_lines(text, file_name));
  return SchemaParser(text, file_name).all();
}

}  // namespace weir::policy
