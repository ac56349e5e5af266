#include "manifest/pointer.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/bytes.h"

namespace weir::manifest {
namespace {

bool token_matches(const std::string& pattern, const std::string& token) {
  return pattern == "*" || pattern == token;
}

Error template_error(std::string_view text, std::string_view problem) {
  return bad_input(fmt::format("\"{}\": {}", shown(text), problem), {},
                   "such as \"mailto:{/*/from}\", \"file:{args/path}\" or \"{url:args/url}\"");
}

bool starts_with_scheme(std::string_view text) {
  const size_t colon = text.find(':');
  if (colon == 0 || colon == std::string_view::npos) return false;
  return std::all_of(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(colon),
                     [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; });
}

// What stands between the braces.
Result<Template::Piece> parse_place(std::string_view whole, std::string_view place) {
  Template::Piece piece;
  if (place.starts_with("url:")) {
    piece.url = true;
    place.remove_prefix(4);
  }
  std::string_view pointer = place;
  piece.source = Template::Source::result;
  if (place.starts_with("args/")) {
    piece.source = Template::Source::args;
    pointer = place.substr(4);
  }
  if (!pointer.starts_with('/')) return template_error(whole, "a place is a JSON pointer or args/NAME");
  WEIR_TRY_ASSIGN(parsed, parse_pointer(pointer));
  const bool many = std::find(parsed.tokens.begin(), parsed.tokens.end(), "*") != parsed.tokens.end();
  if (many && piece.source == Template::Source::args)
    return template_error(whole, "an argument has no \"*\"");
  piece.pointer = std::move(parsed);
  return piece;
}

}  // namespace

bool PointerPattern::covers(const std::vector<std::string>& pointer_tokens) const {
  return tokens.size() <= pointer_tokens.size() &&
         std::equal(tokens.begin(), tokens.end(), pointer_tokens.begin(), token_matches);
}

bool PointerPattern::matches(const std::vector<std::string>& pointer_tokens) const {
  return tokens.size() == pointer_tokens.size() && covers(pointer_tokens);
}

std::string PointerPattern::text() const {
  std::string out;
  for (const std::string& token : tokens) out += "/" + json::pointer_token(token);
  return out;
}

Result<std::vector<std::string>> pointer_tokens(std::string_view pointer) {
  std::vector<std::string> tokens;
  if (pointer.empty()) return tokens;
  if (pointer.front() != '/') {
    return bad_input(fmt::format("\"{}\" is not a JSON pointer", shown(pointer)), {}, "it starts with \"/\"");
  }
  for (size_t i = 0; i < pointer.size(); ++i) {
    const char c = pointer[i];
    if (c == '/') {
      tokens.emplace_back();
    } else if (c != '~') {
      tokens.back() += c;
    } else if (i + 1 < pointer.size() && (pointer[i + 1] == '0' || pointer[i + 1] == '1')) {
      tokens.back() += pointer[++i] == '0' ? '~' : '/';
    } else {
      return bad_input(fmt::format("\"{}\" is not a JSON pointer", shown(pointer)), {},
                       "\"~\" is written \"~0\"");
    }
  }
  return tokens;
}

Result<PointerPattern> parse_pointer(std::string_view text) {
  WEIR_TRY_ASSIGN(tokens, pointer_tokens(text));
  return PointerPattern{std::move(tokens)};
}

const Template::Piece* Template::result_piece() const {
  for (const Piece& piece : pieces) {
    if (piece.source == Source::result) return &piece;
  }
  return nullptr;
}

Result<Template> parse_template(std::string_view text) {
  if (!text.starts_with("{url:") && !starts_with_scheme(text.substr(0, text.find('{')))) {
    return template_error(text, "it does not start with a scheme");
  }
  Template out;
  std::string_view rest = text;
  while (!rest.empty()) {
    const size_t open = rest.find_first_of("{}");
    if (open != 0) {
      Template::Piece literal;
      literal.literal = rest.substr(0, open);
      out.pieces.push_back(std::move(literal));
      if (open == std::string_view::npos) break;
      rest.remove_prefix(open);
    }
    const size_t close = rest.find('}');
    if (rest.front() == '}' || close == std::string_view::npos)
      return template_error(text, "a brace is alone");
    WEIR_TRY_ASSIGN(piece, parse_place(text, rest.substr(1, close - 1)));
    if (piece.source == Template::Source::result && out.result_piece() != nullptr) {
      return template_error(text, "only one place in the result can be named");
    }
    out.pieces.push_back(std::move(piece));
    rest.remove_prefix(close + 1);
  }
  return out;
}

}  // namespace weir::manifest
