#include "manifest/read_tool.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "base/bytes.h"

namespace weir::manifest {
namespace {

constexpr size_t kEnumValuesMax = 64;

bool is_word(std::string_view text) {
  return !text.empty() && text.size() <= 32 && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  });
}

// An error of a parser that knows no places gets the place of the TOML value.
Error placed(Error error, const toml::Value& at) {
  error.where = at.where();
  return error;
}

std::optional<int64_t> parse_int(std::string_view text) {
  int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

Result<Effects> read_effects(const toml::Value& table) {
  const toml::Value list = table["effects"];
  if (!list.exists()) return bad_input("\"effects\" is missing", table.where(), "[] if the tool has none");
  WEIR_TRY_ASSIGN(elements, list.elements());
  const auto all_names = Effects::all().names();
  Effects effects;
  for (const toml::Value& element : elements) {
    WEIR_TRY_ASSIGN(index, element.one_of("effect", all_names));
    effects.add(static_cast<Effect>(index));
  }
  return effects;
}

Result<std::vector<ArgFact>> read_args(const toml::Value& list) {
  std::array<std::string_view, kRoleCount> role_names;
  for (size_t i = 0; i < role_names.size(); ++i) role_names[i] = role_name(static_cast<ArgRole>(i));
  std::vector<ArgFact> args;
  if (!list.exists()) return args;
  WEIR_TRY_ASSIGN(entries, list.entries());
  for (const toml::Entry& entry : entries) {
    PointerPattern pointer;
    if (entry.key.empty() || entry.key.front() == '/') {
      auto parsed = parse_pointer(entry.key);
      if (!parsed.has_value()) {
        Error error = std::move(parsed).error();
        error.where = entry.value.key_where();
        return error;
      }
      pointer = std::move(*parsed);
    } else {
      pointer.tokens = {std::string(entry.key)};
    }
    WEIR_TRY_ASSIGN(text, entry.value.string());
    std::string kind;
    if (const size_t colon = text.find(':'); colon != std::string::npos) {
      kind = text.substr(colon + 1);
      text.resize(colon);
      if (!is_word(kind) || (text != "selector" && text != "target"))
        return entry.value.error(fmt::format("\"{}\" is no kind of id", shown(kind)),
                                 "selector:KIND or target:KIND, a word of small letters");
      args.push_back({std::move(pointer), text == "target" ? ArgRole::target : ArgRole::selector, kind});
      continue;
    }
    WEIR_TRY_ASSIGN(index, entry.value.one_of("role", role_names));
    args.push_back({std::move(pointer), static_cast<ArgRole>(index)});
  }
  return args;
}

// Arguments that can only choose among a few values.
Status read_choices(const toml::Value& list, std::vector<ArgFact>& args) {
  if (!list.exists()) return {};
  WEIR_TRY_ASSIGN(entries, list.entries());
  for (const toml::Entry& entry : entries) {
    const auto arg = std::find_if(args.begin(), args.end(), [&](const ArgFact& fact) {
      return fact.pointer.tokens.size() == 1 && fact.pointer.tokens[0] == entry.key;
    });
    const bool fits = arg != args.end() && arg->role != ArgRole::recipient && arg->role != ArgRole::command;
    if (!fits)
      return entry.value.error(fmt::format("\"{}\" has no role that a choice can have", shown(entry.key)),
                               "name it in args, as selector, target or amount");
    WEIR_TRY_ASSIGN(elements, entry.value.elements());
    if (elements.empty() || elements.size() > kEnumValuesMax)
      return entry.value.error(fmt::format("1 to {} values are a choice", kEnumValuesMax));
    for (const toml::Value& element : elements) {
      WEIR_TRY_ASSIGN(text, element.string());
      arg->choices.push_back(std::move(text));
    }
  }
  return {};
}

bool names_argument(const std::vector<ArgFact>& args, const std::string& name) {
  return std::any_of(args.begin(), args.end(), [&](const ArgFact& arg) {
    return !arg.pointer.tokens.empty() && (arg.pointer.tokens[0] == name || arg.pointer.tokens[0] == "*");
  });
}

Result<Template> read_template(const toml::Value& at, std::string_view text,
                               const std::vector<ArgFact>& args) {
  auto parsed = parse_template(text);
  if (!parsed.has_value()) return placed(std::move(parsed).error(), at);
  for (const Template::Piece& piece : parsed->pieces) {
    if (piece.source != Template::Source::args || names_argument(args, piece.pointer.tokens.front()))
      continue;
    return at.error(fmt::format("\"{}\" is no argument of this tool", shown(piece.pointer.tokens.front())),
                    "name it in args, with its role");
  }
  return std::move(*parsed);
}

Status read_readers(const toml::Value& list, const std::vector<ArgFact>& args, ResultFacts& facts) {
  if (!list.exists()) return {};
  WEIR_TRY_ASSIGN(elements, list.elements());
  facts.readers_given = true;
  for (const toml::Value& element : elements) {
    WEIR_TRY_ASSIGN(text, element.string());
    if (text == "owner") continue;
    if (text == "public") {
      if (elements.size() != 1) return element.error("\"public\" stands alone");
      facts.readers_public = true;
      continue;
    }
    WEIR_TRY_ASSIGN(reader, read_template(element, text, args));
    facts.readers.push_back(std::move(reader));
  }
  return {};
}

// The tokens up to and including the first "*" of a place in the result; none without one.
std::vector<std::string> record_of(const PointerPattern& pointer) {
  const auto& tokens = pointer.tokens;
  const auto star = std::find(tokens.begin(), tokens.end(), "*");
  if (star == tokens.end()) return {};
  return {tokens.begin(), star + 1};
}

std::vector<std::string> record_of(const Template& from) {
  const Template::Piece* piece = from.result_piece();
  return piece == nullptr ? std::vector<std::string>() : record_of(piece->pointer);
}

Status read_ids(const toml::Value& list, ResultFacts& facts) {
  if (!list.exists()) return {};
  WEIR_TRY_ASSIGN(entries, list.entries());
  for (const toml::Entry& entry : entries) {
    auto pointer = parse_pointer(entry.key);
    if (!pointer.has_value()) {
      Error error = std::move(pointer).error();
      error.where = entry.value.key_where();
      return error;
    }
    WEIR_TRY_ASSIGN(kind, entry.value.string());
    if (!is_word(kind))
      return entry.value.error(fmt::format("\"{}\" is no kind of id", shown(kind)),
                               "a word of small letters");
    facts.ids.push_back({std::move(*pointer), std::move(kind)});
  }
  return {};
}

Status read_fields(const toml::Value& list, ResultFacts& facts) {
  if (!list.exists()) return {};
  WEIR_TRY_ASSIGN(elements, list.elements());
  for (const toml::Value& element : elements) {
    WEIR_TRY_ASSIGN(text, element.string());
    auto pointer = parse_pointer(text);
    if (!pointer.has_value()) return placed(std::move(pointer).error(), element);
    facts.fields.push_back(std::move(*pointer));
  }
  return {};
}

// Fields of a list say what one record is, where nothing else does.
Status find_records(const toml::Value& table, ResultFacts& facts) {
  facts.record.tokens = record_of(facts.origin);
  for (const Template& reader : facts.readers) {
    const auto record = record_of(reader);
    if (record.empty()) continue;
    if (facts.record.tokens.empty()) facts.record.tokens = record;
    if (record != facts.record.tokens) {
      return table["readers"].error("readers and origin speak of different records",
                                    "the same tokens up to the first \"*\"");
    }
  }
  for (const PointerPattern& field : facts.fields) {
    if (facts.record.tokens.empty()) facts.record.tokens = record_of(field);
  }
  for (const IdFact& id : facts.ids) {
    if (facts.record.tokens.empty()) facts.record.tokens = record_of(id.pointer);
  }
  return {};
}

bool is_used(const ResultFacts& facts, const PointerPattern& pointer) {
  const auto names_it = [&](const Template& from) {
    const Template::Piece* piece = from.result_piece();
    return piece != nullptr && piece->pointer == pointer;
  };
  return names_it(facts.origin) || std::any_of(facts.readers.begin(), facts.readers.end(), names_it);
}

Status read_authenticated(const toml::Value& list, ResultFacts& facts) {
  if (!list.exists()) return {};
  WEIR_TRY_ASSIGN(elements, list.elements());
  for (const toml::Value& element : elements) {
    WEIR_TRY_ASSIGN(text, element.string());
    auto pointer = parse_pointer(text);
    if (!pointer.has_value()) return placed(std::move(pointer).error(), element);
    if (!is_used(facts, *pointer)) {
      return element.error(fmt::format("neither origin nor readers speak of \"{}\"", shown(text)));
    }
    facts.authenticated.push_back(std::move(*pointer));
  }
  return {};
}

Status read_reveal(const toml::Value& list, ResultFacts& facts) {
  if (!list.exists()) return {};
  WEIR_TRY_ASSIGN(entries, list.entries());
  for (const toml::Entry& entry : entries) {
    auto pointer = parse_pointer(entry.key);
    if (!pointer.has_value()) {
      Error error = std::move(pointer).error();
      error.where = entry.value.key_where();
      return error;
    }
    WEIR_TRY_ASSIGN(text, entry.value.string());
    auto type = parse_reveal_type(text);
    if (!type.has_value()) return placed(std::move(type).error(), entry.value);
    facts.reveal.push_back({std::move(*pointer), std::move(*type)});
  }
  return {};
}

Result<ResultFacts> read_result(const toml::Value& table, const std::vector<ArgFact>& args) {
  ResultFacts facts;
  if (!table.exists()) return facts;
  WEIR_TRY(
      table.only({"integrity", "author", "origin", "readers", "authenticated", "reveal", "fields", "ids"}));
  if (const toml::Value integrity = table["integrity"]; integrity.exists()) {
    constexpr std::array<std::string_view, 2> kNames = {"untrusted", "trusted"};
    WEIR_TRY_ASSIGN(index, integrity.one_of("integrity", kNames));
    facts.trusted = index == 1;
  }
  if (const toml::Value author = table["author"]; author.exists()) {
    constexpr std::array<std::string_view, 2> kNames = {"inside", "outside"};
    WEIR_TRY_ASSIGN(index, author.one_of("author", kNames));
    facts.outside = index == 1;
    if (facts.outside && facts.trusted) return author.error("what strangers wrote is not trusted");
  }
  if (const toml::Value origin = table["origin"]; origin.exists()) {
    WEIR_TRY_ASSIGN(text, origin.string());
    WEIR_TRY_ASSIGN(parsed, read_template(origin, text, args));
    facts.origin = std::move(parsed);
  }
  WEIR_TRY(read_readers(table["readers"], args, facts));
  WEIR_TRY(read_fields(table["fields"], facts));
  WEIR_TRY(read_ids(table["ids"], facts));
  WEIR_TRY(find_records(table, facts));
  WEIR_TRY(read_authenticated(table["authenticated"], facts));
  WEIR_TRY(read_reveal(table["reveal"], facts));
  return facts;
}

}  // namespace

Result<RevealType> parse_reveal_type(std::string_view text) {
  const auto error = [&](std::string_view problem) {
    return bad_input(fmt::format("\"{}\" {}", shown(text), problem), {},
                     "bool, date, int:MIN..MAX or enum:a,b");
  };
  RevealType type;
  if (text == "bool") return type;
  if (text == "date") {
    type.kind = RevealType::Kind::date;
    return type;
  }
  if (text.starts_with("int:")) {
    const std::string_view range = text.substr(4);
    const size_t dots = range.find("..");
    if (dots == std::string_view::npos) return error("has no range");
    const auto min = parse_int(range.substr(0, dots));
    const auto max = parse_int(range.substr(dots + 2));
    if (!min || !max || *min > *max) return error("is not a range");
    type.kind = RevealType::Kind::integer;
    type.min = *min;
    type.max = *max;
    return type;
  }
  if (!text.starts_with("enum:")) return error("is not a type that can be revealed");
  type.kind = RevealType::Kind::enumeration;
  std::string_view rest = text.substr(5);
  while (true) {
    const size_t comma = rest.find(',');
    std::string value(rest.substr(0, comma));
    if (value.empty() || std::find(type.values.begin(), type.values.end(), value) != type.values.end()) {
      return error("has an empty or repeated value");
    }
    type.values.push_back(std::move(value));
    if (type.values.size() > kEnumValuesMax) return error("has too many values");
    if (comma == std::string_view::npos) return type;
    rest.remove_prefix(comma + 1);
  }
}

Result<ToolFacts> read_tool(const toml::Value& table) {
  WEIR_TRY(table.only({"description", "effects", "remote", "args", "choices", "result"}));
  ToolFacts facts;
  facts.declared_by_manifest = true;
  facts.remote = false;
  WEIR_TRY_ASSIGN(effects, read_effects(table));
  facts.effects = effects;
  WEIR_TRY(table.read("description", facts.description));
  WEIR_TRY(table.read("remote", facts.remote));
  WEIR_TRY_ASSIGN(args, read_args(table["args"]));
  facts.args = std::move(args);
  WEIR_TRY(read_choices(table["choices"], facts.args));
  WEIR_TRY_ASSIGN(result, read_result(table["result"], facts.args));
  facts.result = std::move(result);
  return facts;
}

}  // namespace weir::manifest
