#include <fmt/format.h>

#include <cassert>

#include "policy/ast.h"

namespace weir::policy {
namespace {

std::vector<uint32_t> borders(std::string_view piece) {
  std::vector<uint32_t> out(piece.size(), 0);
  uint32_t length = 0;
  for (size_t i = 1; i < piece.size(); ++i) {
    while (length > 0 && piece[i] != piece[length]) length = out[length - 1];
    if (piece[i] == piece[length]) ++length;
    out[i] = length;
  }
  return out;
}

// Where the piece's first occurrence in `text` ends, or npos.
size_t find_end(std::string_view text, std::string_view piece, const std::vector<uint32_t>& failure) {
  if (piece.empty()) return 0;
  size_t length = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    while (length > 0 && text[i] != piece[length]) length = failure[length - 1];
    if (text[i] == piece[length]) ++length;
    if (length == piece.size()) return i + 1;
  }
  return std::string_view::npos;
}

}  // namespace

Pattern::Pattern(std::vector<std::string> pieces) {
  assert(!pieces.empty());
  for (std::string& piece : pieces) {
    std::vector<uint32_t> failure = borders(piece);
    pieces_.push_back({std::move(piece), std::move(failure)});
  }
}

// The leftmost place for each piece leaves most room for the next, so nothing is ever taken back. UTF-8
// synchronises itself, so bytes do for characters.
bool Pattern::matches(std::string_view text) const {
  const std::string& first = pieces_.front().text;
  const std::string& last = pieces_.back().text;
  if (pieces_.size() == 1) return text == first;
  if (text.size() < first.size() + last.size() || !text.starts_with(first) || !text.ends_with(last)) {
    return false;
  }
  std::string_view rest = text.substr(first.size(), text.size() - first.size() - last.size());
  for (size_t i = 1; i + 1 < pieces_.size(); ++i) {
    const size_t end = find_end(rest, pieces_[i].text, pieces_[i].failure);
    if (end == std::string_view::npos) return false;
    rest.remove_prefix(end);
  }
  return true;
}

const Value* Policy::constant(uint32_t index) const {
  const Node& node = nodes[index];
  switch (node.op) {
    case Op::literal:
    case Op::set:
    case Op::record:
    case Op::call:
      return node.a == kNone ? nullptr : &literals[node.a];
    default:
      return nullptr;
  }
}

std::string Policy::where(Position position) const {
  return fmt::format("{}:{}:{}", file, position.line, position.column);
}

}  // namespace weir::policy
