#include <algorithm>
#include <array>

#include "base/toml.h"
#include "client/profile_data.h"
#include "label/origin.h"

namespace weir::client::detail {
namespace {

// A text that must be there and not be empty: an empty mark would be everywhere.
Status read_mark(const toml::Value& table, std::string_view key, std::string& out) {
  WEIR_TRY(table.require(key, out));
  if (out.empty()) return table[key].error("is empty");
  return {};
}

Status read_origin(const toml::Value& table, std::string& out) {
  WEIR_TRY(table.require("origin", out));
  auto origin = parse_origin(out, false);
  if (!origin.has_value() || origin->kind != OriginKind::tool || !origin->principal.empty()) {
    return table["origin"].error("is not a tool", "\"tool:client:NAME/WHAT\"");
  }
  return {};
}

Status read_voice(const toml::Value& table, Voice& voice, std::string& origin) {
  constexpr std::array<std::string_view, 3> kVoices = {"agent", "outside", "planner"};
  const toml::Value at = table["voice"];
  if (!at.exists()) return table.error("\"voice\" is missing");
  WEIR_TRY_ASSIGN(index, at.one_of("voice", kVoices));
  voice = index == 0 ? Voice::agent : index == 1 ? Voice::outside : Voice::planner;
  if (voice == Voice::outside) return read_origin(table, origin);
  if (table["origin"].exists()) return table["origin"].error("the agent's own text has no origin");
  return {};
}

// The tables of an array of tables; none if it is missing.
Result<std::vector<toml::Value>> tables(const toml::Value& list) {
  if (!list.exists()) return std::vector<toml::Value>();
  return list.elements();
}

Result<std::vector<Mark>> read_marks(const toml::Value& list) {
  WEIR_TRY_ASSIGN(all, tables(list));
  std::vector<Mark> marks;
  for (const toml::Value& table : all) {
    WEIR_TRY(table.only({"mark", "origin", "path_ends", "preamble", "except_ends"}));
    Mark mark;
    WEIR_TRY(read_mark(table, "mark", mark.mark));
    WEIR_TRY(read_origin(table, mark.origin));
    if (table["path_ends"].exists()) {
      WEIR_TRY(read_mark(table, "path_ends", mark.path_ends));
      WEIR_TRY(table.read("preamble", mark.preambles));
      if (mark.preambles.empty()) return table.error("\"preamble\" is missing");
    } else if (table["preamble"].exists()) {
      return table["preamble"].error("only a mark that names a file has a preamble", "add path_ends");
    }
    WEIR_TRY(table.read("except_ends", mark.except_ends));
    if (std::find(mark.except_ends.begin(), mark.except_ends.end(), "") != mark.except_ends.end())
      return table["except_ends"].error("an empty text ends every line");
    marks.push_back(std::move(mark));
  }
  return marks;
}

// Whose a whole text is, and where in it the planner's words stand.
Status read_whole(const toml::Value& table, Whole& whole) {
  WEIR_TRY(read_voice(table, whole.voice, whole.origin));
  if (whole.voice != Voice::planner && (table["opens"].exists() || table["closes"].exists()))
    return table.error("only the planner's text is between two marks");
  if (table["opens"].exists()) WEIR_TRY(read_mark(table, "opens", whole.opens));
  if (table["closes"].exists()) WEIR_TRY(read_mark(table, "closes", whole.closes));
  return {};
}

Status read_user(const toml::Value& user, ProfileData& out) {
  if (!user.exists()) return {};
  WEIR_TRY(user.only({"wrapper", "whole", "anywhere", "inside", "after"}));
  WEIR_TRY_ASSIGN(wrappers, tables(user["wrapper"]));
  for (const toml::Value& table : wrappers) {
    WEIR_TRY(table.only({"open", "close", "voice", "origin"}));
    Wrapper wrapper;
    WEIR_TRY(read_mark(table, "open", wrapper.open));
    WEIR_TRY(read_mark(table, "close", wrapper.close));
    WEIR_TRY(read_voice(table, wrapper.voice, wrapper.origin));
    if (wrapper.voice == Voice::planner)
      return table["voice"].error("only a whole text can be the planner's");
    out.wrappers.push_back(std::move(wrapper));
  }
  WEIR_TRY_ASSIGN(wholes, tables(user["whole"]));
  for (const toml::Value& table : wholes) {
    WEIR_TRY(table.only({"starts", "voice", "origin", "opens", "closes"}));
    Whole whole;
    WEIR_TRY(read_mark(table, "starts", whole.text));
    WEIR_TRY(read_whole(table, whole));
    out.wholes.push_back(std::move(whole));
  }
  WEIR_TRY_ASSIGN(afters, tables(user["after"]));
  for (const toml::Value& table : afters) {
    WEIR_TRY(table.only({"starts", "origin"}));
    After after;
    WEIR_TRY(read_mark(table, "starts", after.starts));
    WEIR_TRY(read_origin(table, after.origin));
    out.afters.push_back(std::move(after));
  }
  WEIR_TRY_ASSIGN(anywhere, tables(user["anywhere"]));
  for (const toml::Value& table : anywhere) {
    WEIR_TRY(table.only({"has", "voice", "origin", "opens", "closes"}));
    Whole whole;
    whole.anywhere = true;
    whole.voice = Voice::outside;
    WEIR_TRY(read_mark(table, "has", whole.text));
    WEIR_TRY(table["voice"].exists() ? read_whole(table, whole) : read_origin(table, whole.origin));
    out.wholes.push_back(std::move(whole));
  }
  WEIR_TRY_ASSIGN(marks, read_marks(user["inside"]));
  out.user_marks = std::move(marks);
  return {};
}

Status read_operator(const toml::Value& op, ProfileData& out) {
  if (!op.exists()) return {};
  WEIR_TRY(op.only({"inside", "list"}));
  WEIR_TRY_ASSIGN(marks, read_marks(op["inside"]));
  out.operator_marks = std::move(marks);
  WEIR_TRY_ASSIGN(lists, tables(op["list"]));
  for (const toml::Value& table : lists) {
    WEIR_TRY(table.only({"heading", "known", "origin"}));
    List list;
    WEIR_TRY(read_mark(table, "heading", list.heading));
    WEIR_TRY(table.read("known", list.known));
    WEIR_TRY(read_origin(table, list.origin));
    out.operator_lists.push_back(std::move(list));
  }
  return {};
}

Status read_planner(const toml::Value& planner, ProfileData& out) {
  if (!planner.exists()) return {};
  WEIR_TRY(planner.only({"summary"}));
  WEIR_TRY_ASSIGN(all, tables(planner["summary"]));
  for (const toml::Value& table : all) {
    WEIR_TRY(table.only({"open", "close"}));
    Pair pair;
    WEIR_TRY(read_mark(table, "open", pair.open));
    WEIR_TRY(read_mark(table, "close", pair.close));
    out.summaries.push_back(std::move(pair));
  }
  return {};
}

}  // namespace

Result<ProfileData> read_profile(std::string_view toml_text, std::string_view file_name) {
  WEIR_TRY_ASSIGN(document, toml::parse(toml_text, file_name));
  const toml::Value root = document.root();
  WEIR_TRY(root.only({"name", "user_agents", "mcp_prefixes", "user", "operator", "planner"}));
  ProfileData out;
  WEIR_TRY(read_mark(root, "name", out.name));
  for (const char c : out.name) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
    if (!plain || out.name.size() > 32) return root["name"].error("is not a short name of a-z, 0-9 and -");
  }
  WEIR_TRY(root.read("user_agents", out.user_agents));
  WEIR_TRY(root.read("mcp_prefixes", out.mcp_prefixes));
  for (const std::string& prefix : out.user_agents) {
    if (prefix.empty()) return root["user_agents"].error("an empty prefix would match every client");
  }
  WEIR_TRY(read_user(root["user"], out));
  WEIR_TRY(read_operator(root["operator"], out));
  WEIR_TRY(read_planner(root["planner"], out));
  return out;
}

}  // namespace weir::client::detail
