#include "setup/tree.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/bytes.h"
#include "base/limits.h"

namespace weir::setup {

const Node& Node::operator[](std::string_view name) const {
  static const Node kMissing;
  for (const Node& child : children) {
    if (kind == Kind::object && child.key == name) return child;
  }
  return kMissing;
}

std::optional<std::vector<std::string>> Node::strings() const {
  if (kind != Kind::array) return std::nullopt;
  std::vector<std::string> out;
  for (const Node& child : children) {
    if (child.kind != Kind::string && child.kind != Kind::number && child.kind != Kind::boolean)
      return std::nullopt;
    out.push_back(child.text);
  }
  return out;
}

bool same_value(const Node& a, const Node& b) {
  if (a.kind != b.kind || a.text != b.text || a.children.size() != b.children.size()) return false;
  if (a.kind != Kind::object) {
    return std::equal(a.children.begin(), a.children.end(), b.children.begin(), same_value);
  }
  const auto sorted = [](const Node& object) {
    std::vector<const Node*> out;
    for (const Node& child : object.children) out.push_back(&child);
    std::sort(out.begin(), out.end(), [](const Node* x, const Node* y) { return x->key < y->key; });
    return out;
  };
  const auto ours = sorted(a);
  const auto theirs = sorted(b);
  return std::equal(ours.begin(), ours.end(), theirs.begin(),
                    [](const Node* x, const Node* y) { return x->key == y->key && same_value(*x, *y); });
}

std::string place(std::string_view text, std::string_view name, size_t at) {
  const std::string_view before = text.substr(0, at);
  const size_t line = static_cast<size_t>(std::count(before.begin(), before.end(), '\n')) + 1;
  const size_t newline = before.rfind('\n');
  const size_t column = newline == std::string_view::npos ? before.size() + 1 : before.size() - newline;
  return fmt::format("{}:{}:{}", name, line, column);
}

Status check_text(std::string_view text, std::string_view name) {
  if (text.size() > limits::kSetupFileBytesMax)
    return too_large(fmt::format("more than {} bytes", limits::kSetupFileBytesMax), std::string(name));
  if (text.starts_with("\xEF\xBB\xBF") || text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF"))
    return bad_input("the file begins with a byte order mark", std::string(name),
                     "save it as UTF-8 without one");
  if (const size_t good = utf8_prefix(text); good != text.size())
    return bad_input("the file is not UTF-8", place(text, name, good));
  return {};
}

Status check_duplicates(const Node& object, std::string_view text, std::string_view name) {
  std::vector<const Node*> members;
  for (const Node& child : object.children) members.push_back(&child);
  std::sort(members.begin(), members.end(), [](const Node* a, const Node* b) {
    return a->key != b->key ? a->key < b->key : a->member_begin < b->member_begin;
  });
  const auto twice = std::adjacent_find(members.begin(), members.end(),
                                        [](const Node* a, const Node* b) { return a->key == b->key; });
  if (twice == members.end()) return {};
  return bad_input(fmt::format("the key \"{}\" is there twice", shown((*twice)->key, 60)),
                   place(text, name, (*(twice + 1))->member_begin), "keep one of them");
}

}  // namespace weir::setup
