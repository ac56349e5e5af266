// A file of variables as dotenv reads it (`NAME=value`, `export NAME="value"`, "#" comments), into a Tree:
// one object of strings. A value over several lines is refused; readers differ in where it ends.
#include <fmt/format.h>

#include "base/bytes.h"
#include "setup/tree.h"

namespace weir::setup {
namespace {

constexpr std::string_view kNameBytes = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-";
constexpr std::string_view kBlank = " \t\r";

class Reader {
 public:
  Reader(std::string_view text, std::string_view name) : text_(text), name_(name) {}

  Result<Node> read() {
    WEIR_TRY(check_text(text_, name_));
    Node root;
    root.kind = Kind::object;
    root.flow = false;
    root.end = text_.size();
    for (size_t at = 0; at < text_.size();) {
      const size_t end = std::min(text_.find('\n', at), text_.size());
      const size_t next = std::min(end + 1, text_.size());
      const size_t first = text_.find_first_not_of(kBlank, at);
      if (first < end && text_[first] != '#') {
        WEIR_TRY_ASSIGN(node, variable(first, end));
        node.member_begin = at;
        node.member_end = next;
        root.children.push_back(std::move(node));
      }
      at = next;
    }
    WEIR_TRY(check_duplicates(root, text_, name_));
    return root;
  }

 private:
  Error error(size_t at, std::string message) const {
    return bad_input(std::move(message), place(text_, name_, at), "expected NAME=value");
  }

  // The variable in [at, end), one line from its first letter.
  Result<Node> variable(size_t at, size_t end) const {
    const std::string_view line = text_.substr(at, end - at);
    size_t name = 0;
    if (line.starts_with("export") && line.size() > 6 && kBlank.find(line[6]) != std::string_view::npos)
      name = std::min(line.find_first_not_of(kBlank, 6), line.size());
    const size_t name_end = std::min(line.find_first_not_of(kNameBytes, name), line.size());
    const size_t equals = line.find_first_not_of(kBlank, name_end);
    if (name_end == name || equals == std::string_view::npos || line[equals] != '=')
      return error(at, "a line that is no variable");
    Node node;
    node.kind = Kind::string;
    node.key = line.substr(name, name_end - name);
    node.flow = true;
    size_t begin = std::min(line.find_first_not_of(kBlank, equals + 1), line.size());
    size_t close = begin;
    if (begin < line.size() && std::string_view("\"'`").find(line[begin]) != std::string_view::npos) {
      close = line.find(line[begin], begin + 1);
      const size_t behind =
          close == std::string_view::npos ? close : line.find_first_not_of(kBlank, close + 1);
      if (close == std::string_view::npos) return error(at + begin, "a value over several lines");
      if (behind != std::string_view::npos && line[behind] != '#')
        return error(at + behind, "more behind the value");
      const std::string_view inner = line.substr(begin + 1, close - begin - 1);
      if (inner.find('\\') != std::string_view::npos) return error(at + begin, "a value with a backslash");
      node.text = inner;
      ++close;
    } else {
      const std::string_view plain = line.substr(begin, line.find('#', begin) - begin);
      const size_t last = plain.find_last_not_of(kBlank);
      node.text = last == std::string_view::npos ? "" : plain.substr(0, last + 1);
      close = begin + node.text.size();
    }
    node.begin = at + begin;
    node.end = at + close;
    return node;
  }

  const std::string_view text_;
  const std::string_view name_;
};

}  // namespace

Result<Node> read_env(std::string_view text, std::string_view name) {
  return Reader(text, name).read();
}

}  // namespace weir::setup
