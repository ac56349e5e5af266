#include "demo/orders.h"

#include <algorithm>

#include "base/json.h"

namespace weir::demo {
namespace {

constexpr int kNestingMax = 4;  // JSON texts within strings of JSON texts
constexpr size_t kToolBytesMax = 128;

bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}
bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}
bool is_tool(char c) {
  return is_word(c) || c == '-' || c == '/' || c == '.' || c == ':';
}

// Takes the word, in any case, and at least one white space after it.
bool take_word(std::string_view& text, std::string_view lower) {
  if (text.size() <= lower.size() || !is_space(text[lower.size()])) return false;
  for (size_t i = 0; i < lower.size(); ++i) {
    if ((text[i] | 0x20) != lower[i]) return false;
  }
  text.remove_prefix(lower.size());
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  return true;
}

// The object that starts `text`, by its braces; empty when it does not end within kOrderBytesMax.
std::string_view braces(std::string_view text) {
  int depth = 0;
  bool in_string = false;
  const size_t end = std::min(text.size(), kOrderBytesMax);
  for (size_t i = 0; i < end; ++i) {
    const char c = text[i];
    if (in_string) {
      if (c == '\\') ++i;
      if (c == '"') in_string = false;
    } else if (c == '"') {
      in_string = true;
    } else if (c == '{') {
      ++depth;
    } else if (c == '}' && --depth == 0) {
      return text.substr(0, i + 1);
    }
  }
  return {};
}

// The order that starts `text`; how many bytes it takes, or 0.
size_t order_at(std::string_view text, std::vector<Order>& out) {
  std::string_view rest = text;
  if (!take_word(rest, "call")) return 0;
  const size_t limit = std::min(rest.size(), kToolBytesMax);
  size_t length = 0;
  while (length < limit && is_tool(rest[length])) ++length;
  const std::string_view tool = rest.substr(0, length);
  rest.remove_prefix(length);
  if (tool.empty() || rest.empty() || !is_space(rest.front())) return 0;
  while (!rest.empty() && is_space(rest.front())) rest.remove_prefix(1);
  if (!take_word(rest, "with") || rest.empty() || rest.front() != '{') return 0;
  const std::string_view object = braces(rest);
  if (object.empty() || !json::parse(std::string(object))) return 0;
  out.push_back({std::string(tool), std::string(object)});
  return static_cast<size_t>(object.data() + object.size() - text.data());
}

void scan_plain(std::string_view text, std::vector<Order>& out) {
  for (size_t at = 0; at < text.size();) {
    const bool may_start = (text[at] | 0x20) == 'c' && (at == 0 || !is_word(text[at - 1]));
    const size_t taken = may_start ? order_at(text.substr(at), out) : 0;
    at += taken == 0 ? 1 : taken;
  }
}

void scan(std::string_view text, int nesting, std::vector<Order>& out);

// Recursion is bounded by the parser's depth, kJsonDepthMax.
void scan_value(json::Value value, int nesting, std::vector<Order>& out) {
  if (const auto string = value.string()) return scan(*string, nesting, out);
  for (const json::Value element : value.elements()) scan_value(element, nesting, out);
  for (const json::Member member : value.members()) {
    scan(member.key, nesting, out);
    scan_value(member.value, nesting, out);
  }
}

void scan(std::string_view text, int nesting, std::vector<Order>& out) {
  const size_t first = text.find_first_not_of(" \t\r\n");
  if (nesting > 0 && first != std::string_view::npos && (text[first] == '{' || text[first] == '[')) {
    if (const auto document = json::parse(std::string(text))) {
      return scan_value(document->root(), nesting - 1, out);
    }
  }
  scan_plain(text, out);
}

}  // namespace

void scan_orders(std::string_view text, std::vector<Order>& out) {
  scan(text, kNestingMax, out);
}

}  // namespace weir::demo
