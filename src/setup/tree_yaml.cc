// The part of YAML 1.2 that config files are written in, into a Tree: block mappings and sequences, flow
// collections and quoted scalars on one line, plain scalars on one line, block scalars (| and >). Everything
// else is refused.
#include <fmt/format.h>

#include "base/bytes.h"
#include "base/limits.h"
#include "setup/tree.h"

namespace weir::setup {
namespace {

constexpr std::string_view kNotRead = "weir reads simple YAML only, and leaves this file alone";

struct Line {
  size_t begin = 0;   // of the line
  size_t next = 0;    // of the line behind
  size_t indent = 0;  // spaces
  size_t at = 0;      // the first byte that is no space
  size_t end = 0;     // behind the last byte that is no white space; comments are still in it
  bool blank = false;
};

class Reader {
 public:
  Reader(std::string_view text, std::string_view name) : text_(text), name_(name) {}

  Result<Node> read() {
    WEIR_TRY(cut());
    Node root;
    root.kind = Kind::object;
    root.flow = false;
    root.begin = root.end = lines_.empty() ? 0 : lines_.front().begin;
    skip_blank();
    if (!done() && body(line()) == "---") ++line_;
    skip_blank();
    if (!done() && is_flow(text_[line().at])) {
      WEIR_TRY(read_inline(root, line().at, line().end, 0));
      ++line_;
    } else if (!done()) {
      WEIR_TRY(read_block(root, line().indent, 0));
    }
    skip_blank();
    if (!done()) return error(line().at, "expected a key of the outermost level");
    if (root.kind != Kind::object) return error(0, "expected keys and values");
    return root;
  }

 private:
  Error error(size_t at, std::string message) const {
    return bad_input(std::move(message), place(text_, name_, at), std::string(kNotRead));
  }
  bool done() const { return line_ >= lines_.size(); }
  const Line& line() const { return lines_[line_]; }
  std::string_view body(const Line& line) const { return text_.substr(line.at, line.end - line.at); }
  static bool is_flow(char c) { return c == '{' || c == '['; }

  Status cut() {
    for (size_t at = 0; at < text_.size();) {
      Line line;
      line.begin = at;
      const size_t newline = text_.find('\n', at);
      line.next = newline == std::string_view::npos ? text_.size() : newline + 1;
      line.at = std::min(text_.find_first_not_of(' ', at), line.next);
      line.indent = line.at - at;
      line.end = line.next;
      while (line.end > line.at &&
             std::string_view(" \t\r\n").find(text_[line.end - 1]) != std::string_view::npos)
        --line.end;
      line.blank = line.end == line.at || text_[line.at] == '#';
      lines_.push_back(line);
      at = line.next;
    }
    return {};
  }

  void skip_blank() {
    while (!done() && line().blank) ++line_;
  }

  Status count(size_t at, int depth) {
    if (depth > limits::kSetupDepthMax)
      return too_large(fmt::format("more than {} levels", limits::kSetupDepthMax), place(text_, name_, at));
    if (++nodes_ > limits::kSetupNodesMax)
      return too_large(fmt::format("more than {} values", limits::kSetupNodesMax), place(text_, name_, at));
    return {};
  }

  static bool is_item(std::string_view body) { return body == "-" || body.starts_with("- "); }

  // A mapping or a sequence whose entries begin at column `indent`. Recursion is bounded by kSetupDepthMax.
  Status read_block(Node& node, size_t indent, int depth) {
    WEIR_TRY(count(line().at, depth));
    node.flow = false;
    node.begin = line().begin;
    const bool sequence = is_item(body(line()));
    node.kind = sequence ? Kind::array : Kind::object;
    while (true) {
      skip_blank();
      if (done() || line().indent < indent) break;
      if (line().indent > indent) return error(line().at, "unexpected indentation");
      if (text_[line().at] == '\t') return error(line().at, "a tab where spaces are expected");
      if (is_item(body(line())) != sequence) {
        if (sequence) break;  // "key:\n- item\nnext:": the sequence ends
        return error(line().at, "a list among keys");
      }
      Node child;
      child.member_begin = line().begin;
      WEIR_TRY(sequence ? read_item(child, indent, depth) : read_pair(child, indent, depth));
      child.member_end = last_end_;
      node.children.push_back(std::move(child));
    }
    node.end = last_end_;
    return node.kind == Kind::object ? check_duplicates(node, text_, name_) : Status();
  }

  Status read_item(Node& child, size_t indent, int depth) {
    const size_t at = text_.find_first_not_of(' ', line().at + 1);
    if (line().end == line().at + 1 || text_[at] == '#') {  // "-" alone
      last_end_ = line().next;
      ++line_;
      return read_nested(child, indent + 1, depth);
    }
    if (key_end(at, line().end) != 0) {  // "- key: value" begins a mapping
      Line& here = lines_[line_];
      here.indent = at - here.begin;
      here.at = at;
      return read_block(child, here.indent, depth + 1);
    }
    return read_value(child, at, indent, depth);
  }

  Status read_pair(Node& child, size_t indent, int depth) {
    const Line here = line();
    const size_t colon = key_end(here.at, here.end);
    if (colon == 0) return error(here.at, "expected \"key: value\"");
    Node key;
    WEIR_TRY(read_inline(key, here.at, colon, depth));
    child.key = key.text;
    const size_t at = text_.find_first_not_of(" \t", colon + 1);
    if (at < here.end && text_[at] != '#') return read_value(child, at, indent, depth);
    last_end_ = here.next;
    ++line_;
    // A sequence may stand at the column of its key.
    skip_blank();
    if (!done() && line().indent == indent && is_item(body(line())))
      return read_block(child, indent, depth + 1);
    return read_nested(child, indent + 1, depth);
  }

  // What stands on the lines below, at `least` columns or deeper; null when there is nothing.
  Status read_nested(Node& child, size_t least, int depth) {
    const size_t before = line_;
    skip_blank();
    if (done() || line().indent < least) {
      line_ = before;
      child.kind = Kind::null;
      child.begin = child.end = last_end_;
      return {};
    }
    const Line here = line();
    if (!is_item(body(here)) && key_end(here.at, here.end) == 0)
      return read_value(child, here.at, least - 1, depth);
    return read_block(child, here.indent, depth + 1);
  }

  // A value that begins at `at` of this line.
  Status read_value(Node& child, size_t at, size_t indent, int depth) {
    WEIR_TRY(count(at, depth));
    const Line here = line();
    if (text_[at] == '|' || text_[at] == '>') return read_scalar_block(child, at, indent);
    WEIR_TRY(read_inline(child, at, here.end, depth));
    last_end_ = here.next;
    ++line_;
    const size_t behind = line_;
    skip_blank();
    if (!done() && line().indent > indent) return error(line().at, "a value over several lines");
    line_ = behind;
    return {};
  }

  Status read_scalar_block(Node& child, size_t at, size_t indent) {
    const Line here = line();
    const std::string_view header = text_.substr(at, here.end - at);
    if (header.find_first_not_of("|>+-") != std::string_view::npos)
      return error(at, fmt::format("a block scalar's header that is not read: {}", shown(header, 20)));
    child.kind = Kind::string;
    child.begin = at;
    ++line_;
    last_end_ = here.next;
    while (!done() && (line().end == line().at || line().indent > indent)) {
      const Line& part = line();
      if (part.end != part.at) last_end_ = part.next;
      child.text += std::string(body(part)) + "\n";
      ++line_;
    }
    child.end = last_end_;
    return {};
  }

  // The colon that ends a key which begins at `at`; 0 when there is none.
  size_t key_end(size_t at, size_t end) const {
    if (at >= end) return 0;
    if (text_[at] == '"' || text_[at] == '\'') {
      const size_t close = quote_end(at, end);
      return close != 0 && close < end && text_[close] == ':' ? close : 0;
    }
    if (is_flow(text_[at])) return 0;
    for (size_t i = at; i < end; ++i) {
      if (text_[i] == '#' && i > at && text_[i - 1] == ' ') return 0;
      if (text_[i] == ':' && (i + 1 == end || text_[i + 1] == ' ' || text_[i + 1] == '\t')) return i;
    }
    return 0;
  }

  // Behind the closing quote of the one at `at`; 0 when it is not on this line.
  size_t quote_end(size_t at, size_t end) const {
    const char quote = text_[at];
    for (size_t i = at + 1; i < end; ++i) {
      if (quote == '"' && text_[i] == '\\') {
        ++i;
      } else if (text_[i] == quote) {
        if (quote == '"' || i + 1 >= end || text_[i + 1] != '\'') return i + 1;
        ++i;
      }
    }
    return 0;
  }

  // A scalar or flow collection within [at, end) of one line, a comment behind it allowed.
  Status read_inline(Node& node, size_t at, size_t end, int depth) {
    size_t behind = 0;
    WEIR_TRY(read_part(node, at, end, depth, false, behind));
    const size_t rest = std::min(text_.find_first_not_of(" \t", behind), end);
    if (rest < end && !(text_[rest] == '#' && rest > behind))
      return error(rest, "something behind the end of the value");
    return {};
  }

  Status read_part(Node& node, size_t at, size_t end, int depth, bool in_flow, size_t& behind) {
    WEIR_TRY(count(at, depth));
    node.begin = at;
    const char c = text_[at];
    if (is_flow(c)) {
      WEIR_TRY(read_flow(node, at, end, depth, behind));
    } else if (c == '"' || c == '\'') {
      behind = quote_end(at, end);
      if (behind == 0) return error(at, "a quoted value over several lines");
      node.kind = Kind::string;
      WEIR_TRY(unquote(text_.substr(at + 1, behind - at - 2), c, at, node.text));
    } else {
      if (std::string_view("&*!|>@`%#,?]}").find(c) != std::string_view::npos)
        return error(at, fmt::format("a value that begins with {}", c));
      behind = plain_end(at, end, in_flow);
      plain(node, text_.substr(at, behind - at));
    }
    node.end = behind;
    return {};
  }

  size_t plain_end(size_t at, size_t end, bool in_flow) const {
    size_t i = at;
    while (i < end) {
      const char c = text_[i];
      if (c == '#' && i > at && (text_[i - 1] == ' ' || text_[i - 1] == '\t')) break;
      if (in_flow && (c == ',' || c == ']' || c == '}' || c == '[' || c == '{')) break;
      if (c == ':' && in_flow &&
          (i + 1 >= end || std::string_view(" ,]}").find(text_[i + 1]) != std::string_view::npos))
        break;
      ++i;
    }
    while (i > at && (text_[i - 1] == ' ' || text_[i - 1] == '\t')) --i;
    return i;
  }

  static void plain(Node& node, std::string_view text) {
    node.text = text;
    node.kind = Kind::string;
    if (text == "null" || text == "~" || text.empty() || text == "Null" || text == "NULL") {
      node.kind = Kind::null;
      node.text.clear();
    } else if (text == "true" || text == "True" || text == "TRUE" || text == "false" || text == "False" ||
               text == "FALSE") {
      node.kind = Kind::boolean;
      node.text = text[0] == 't' || text[0] == 'T' ? "true" : "false";
    } else if (text.find_first_not_of("0123456789+-._eExo") == std::string_view::npos &&
               text.find_first_of("0123456789") != std::string_view::npos) {
      node.kind = Kind::number;
    }
  }

  Status read_flow(Node& node, size_t at, size_t end, int depth, size_t& behind) {
    const bool object = text_[at] == '{';
    const char close = object ? '}' : ']';
    node.kind = object ? Kind::object : Kind::array;
    size_t i = at + 1;
    const auto skip = [&] { i = std::min(text_.find_first_not_of(" \t", i), end); };
    for (skip(); i < end && text_[i] != close; skip()) {
      Node child;
      child.member_begin = i;
      if (object) {
        Node key;
        WEIR_TRY(read_part(key, i, end, depth + 1, true, i));
        child.key = key.text;
        skip();
        if (i >= end || text_[i] != ':') return error(std::min(i, end), "expected \":\"");
        ++i;
        skip();
        if (i >= end) return error(at, "a collection over several lines");
      }
      WEIR_TRY(read_part(child, i, end, depth + 1, true, i));
      child.member_end = i;
      node.children.push_back(std::move(child));
      skip();
      if (i < end && text_[i] == ',') {
        ++i;
      } else if (i < end && text_[i] != close) {
        return error(i, "expected \",\"");
      }
    }
    if (i >= end) return error(at, "a collection over several lines");
    behind = i + 1;
    return object ? check_duplicates(node, text_, name_) : Status();
  }

  Status unquote(std::string_view inner, char quote, size_t at, std::string& out) const {
    for (size_t i = 0; i < inner.size(); ++i) {
      if (quote == '\'' && inner[i] == '\'') {
        out.push_back('\'');
        ++i;
      } else if (quote == '"' && inner[i] == '\\') {
        constexpr std::string_view kFrom = "\"\\/nrt0 ";
        constexpr std::string_view kTo("\"\\/\n\r\t\0 ", 8);
        const size_t known = ++i < inner.size() ? kFrom.find(inner[i]) : std::string_view::npos;
        if (known == std::string_view::npos) return error(at, "an escape that is not read");
        out.push_back(kTo[known]);
      } else {
        out.push_back(inner[i]);
      }
    }
    return {};
  }

  std::string_view text_;
  std::string_view name_;
  std::vector<Line> lines_;
  size_t line_ = 0;
  size_t last_end_ = 0;  // behind the last line that belongs to a value
  size_t nodes_ = 0;
};

}  // namespace

Result<Node> read_yaml(std::string_view text, std::string_view name) {
  WEIR_TRY(check_text(text, name));
  return Reader(text, name).read();
}

}  // namespace weir::setup
