#include "wire/mcp/names.h"

#include <algorithm>
#include <vector>

#include "base/limits.h"

namespace weir::wire::mcp {
namespace {

// What every client and model API takes; one "_" for each other character.
std::string plain(std::string_view name) {
  std::string out;
  for (const char c : name) {
    const bool taken =
        (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '-';
    const bool continues = (static_cast<uint8_t>(c) & 0xC0) == 0x80;
    if (taken || !continues) out += taken ? c : '_';
  }
  return out.empty() ? "_" : out;
}

}  // namespace

std::string Names::add(const Target& target, bool prefix) {
  const std::pair<std::string, std::string> key{target.server, target.name};
  if (const auto known = by_target_.find(key); known != by_target_.end()) return known->second;
  const std::string whole = plain(prefix ? target.server + "__" + target.name : target.name);
  std::string name = whole.substr(0, limits::kMcpNameBytesMax);
  const std::string wanted = name;
  while (by_name_.find(name) != by_name_.end()) {
    // Each number is tried once for a name, or many equal ones would cost their square.
    size_t& number = next_.try_emplace(wanted, 2).first->second;
    const std::string suffix = "_" + std::to_string(number++);
    name = wanted.substr(0, limits::kMcpNameBytesMax - suffix.size()) + suffix;
  }
  if (by_target_.size() >= limits::kMcpNamesMax) return name;
  by_name_.emplace(name, target);
  by_target_.emplace(key, name);
  return name;
}

const Target* Names::find(std::string_view client_name) const {
  const auto at = by_name_.find(client_name);
  return at == by_name_.end() ? nullptr : &at->second;
}

std::optional<std::string> Names::name_of(const Target& target) const {
  const auto at = by_target_.find({target.server, target.name});
  return at == by_target_.end() ? std::nullopt : std::optional<std::string>(at->second);
}

namespace {

struct Piece {
  bool literal = true;
  std::string_view text = {};  // of a literal
  char first = 0;              // what an expression's value begins with, where its operator says so
  bool slashes = false;        // "/" may be in it
};

bool is_variables(std::string_view names) {
  return !names.empty() && std::all_of(names.begin(), names.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           std::string_view("_.,%:*").find(c) != std::string_view::npos;
  });
}

std::optional<std::vector<Piece>> pieces_of(std::string_view uri_template) {
  std::vector<Piece> pieces;
  size_t expressions = 0;
  for (size_t at = 0; at < uri_template.size();) {
    const size_t open = std::min(uri_template.find_first_of("{}", at), uri_template.size());
    if (open > at) pieces.push_back({true, uri_template.substr(at, open - at)});
    if (open == uri_template.size()) break;
    const size_t close = uri_template.find('}', open);
    if (uri_template[open] == '}' || close == std::string_view::npos) return std::nullopt;
    std::string_view inside = uri_template.substr(open + 1, close - open - 1);
    if (inside.empty() || ++expressions > limits::kMcpTemplateExpressionsMax) return std::nullopt;
    Piece piece{false};
    if (std::string_view("+#./;?&").find(inside.front()) != std::string_view::npos) {
      piece.slashes = true;
      if (inside.front() != '+') piece.first = inside.front();
      inside.remove_prefix(1);
    }
    if (!is_variables(inside)) return std::nullopt;
    pieces.push_back(piece);
    at = close + 1;
  }
  return pieces;
}

using Places = std::vector<char>;  // [i]: what came so far can end before byte i of the URI

// Knuth, Morris and Pratt: every place where the literal ends.
Places after_literal(const Places& before, std::string_view uri, std::string_view literal) {
  std::vector<size_t> border(literal.size(), 0);
  for (size_t i = 1, length = 0; i < literal.size(); ++i) {
    while (length > 0 && literal[i] != literal[length]) length = border[length - 1];
    if (literal[i] == literal[length]) ++length;
    border[i] = length;
  }
  Places after(before.size(), 0);
  for (size_t i = 0, length = 0; i < uri.size(); ++i) {
    while (length > 0 && (length == literal.size() || uri[i] != literal[length])) length = border[length - 1];
    if (uri[i] == literal[length]) ++length;
    if (length == literal.size()) after[i + 1] = before[i + 1 - length];
  }
  return after;
}

Places after_expression(const Places& before, std::string_view uri, const Piece& piece) {
  Places after = before;  // an undefined variable stands for nothing
  bool inside = false;
  for (size_t i = 0; i < uri.size(); ++i) {
    if (before[i] != 0 && (piece.first == 0 || uri[i] == piece.first)) inside = true;
    if (uri[i] == '/' && !piece.slashes) inside = false;
    if (inside) after[i + 1] = 1;
  }
  return after;
}

}  // namespace

std::optional<size_t> matches_template(std::string_view uri, std::string_view uri_template) {
  if (uri.size() > limits::kMcpUriBytesMax || uri_template.size() > limits::kMcpUriBytesMax)
    return std::nullopt;
  const auto pieces = pieces_of(uri_template);
  if (!pieces) return std::nullopt;
  Places places(uri.size() + 1, 0);
  places[0] = 1;
  size_t literal = 0;
  for (const Piece& piece : *pieces) {
    places = piece.literal ? after_literal(places, uri, piece.text) : after_expression(places, uri, piece);
    literal += piece.text.size();
  }
  return places.back() != 0 ? std::optional<size_t>(literal) : std::nullopt;
}

}  // namespace weir::wire::mcp
