#include "wire/mcp/names.h"

#include <fmt/format.h>

#include <vector>

#include "base/limits.h"

namespace weir::wire::mcp {
namespace {

// What OpenAI's and Anthropic's APIs take in a tool's name.
bool is_plain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

std::string cut(std::string name, size_t bytes) {
  if (name.size() > bytes) name.resize(bytes);
  return name;
}

}  // namespace

std::string Names::add(const Target& target, bool prefix) {
  std::string& known = by_target_[{target.server, target.name}];
  if (!known.empty()) return known;
  std::string wanted = prefix ? target.server + "__" + target.name : target.name;
  for (char& c : wanted) {
    if (!is_plain(c)) c = '_';
  }
  std::string name = cut(wanted, limits::kMcpNameBytesMax);
  for (size_t number = 2; by_name_.contains(name); ++number) {
    const std::string suffix = fmt::format("_{}", number);
    name = cut(wanted, limits::kMcpNameBytesMax - suffix.size()) + suffix;
  }
  by_name_[name] = target;
  known = name;
  return name;
}

const Target* Names::find(std::string_view client_name) const {
  const auto at = by_name_.find(client_name);
  return at == by_name_.end() ? nullptr : &at->second;
}

std::optional<std::string> Names::name_of(const Target& target) const {
  const auto at = by_target_.find({target.server, target.name});
  if (at == by_target_.end()) return std::nullopt;
  return at->second;
}

std::optional<size_t> matches_template(std::string_view uri, std::string_view uri_template) {
  // Literals, and before each but the first an expression: whether it may stand for "/" as well.
  struct Piece {
    std::string_view literal;
    bool slashes = false;
  };
  std::vector<Piece> pieces(1);
  size_t at = 0, literal = 0;
  while (at < uri_template.size()) {
    const size_t open = uri_template.find('{', at);
    pieces.back().literal = uri_template.substr(at, open - at);
    literal += pieces.back().literal.size();
    if (open == std::string_view::npos) break;
    const size_t close = uri_template.find('}', open);
    if (close == std::string_view::npos) return std::nullopt;
    const std::string_view expression = uri_template.substr(open + 1, close - open - 1);
    const bool slashes =
        !expression.empty() && std::string_view("+#/?&;.").find(expression[0]) != std::string_view::npos;
    pieces.push_back({{}, slashes});
    at = close + 1;
  }
  if (!uri.starts_with(pieces[0].literal)) return std::nullopt;
  // Each literal at its first place behind the one before; the last at the end. Greedy the other way round
  // could only matter for which text a variable gets, and nobody asks that here.
  size_t pos = pieces[0].literal.size();
  for (size_t i = 1; i < pieces.size(); ++i) {
    const bool last = i + 1 == pieces.size();
    const std::string_view next = pieces[i].literal;
    size_t found = next.empty() ? (last ? uri.size() : pos) : uri.find(next, pos);
    if (last && !next.empty())
      found = uri.size() >= pos + next.size() && uri.ends_with(next) ? uri.size() - next.size()
                                                                     : std::string_view::npos;
    if (found == std::string_view::npos) return std::nullopt;
    const std::string_view value = uri.substr(pos, found - pos);
    if (!pieces[i].slashes && value.find('/') != std::string_view::npos) return std::nullopt;
    pos = found + next.size();
  }
  if (pos != uri.size()) return std::nullopt;
  return literal;
}

}  // namespace weir::wire::mcp
