#include "setup/edit.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/bytes.h"
#include "base/json.h"

namespace weir::setup {
namespace {

// The white space before `at` when nothing else stands before it on its line.
std::optional<std::string> indent_before(std::string_view text, size_t at) {
  const size_t newline = text.substr(0, at).rfind('\n');
  const size_t begin = newline == std::string_view::npos ? 0 : newline + 1;
  const std::string_view space = text.substr(begin, at - begin);
  if (space.find_first_not_of(" \t") != std::string_view::npos) return std::nullopt;
  return std::string(space);
}

size_t skip_spaces(std::string_view text, size_t at) {
  while (at < text.size() && (text[at] == ' ' || text[at] == '\t')) ++at;
  return at;
}

// Past a comma behind the value at `end`, with white space and comments between; 0 when there is none.
size_t behind_comma(std::string_view text, size_t end) {
  size_t at = end;
  while (at < text.size()) {
    const std::string_view rest = text.substr(at);
    if (rest.starts_with(',')) return at + 1;
    if (rest.starts_with("//")) {
      at = std::min(text.find('\n', at), text.size());
    } else if (rest.starts_with("/*")) {
      at = std::min(text.find("*/", at), text.size() - 2) + 2;
    } else if (rest[0] == ' ' || rest[0] == '\t' || rest[0] == '\n' || rest[0] == '\r') {
      ++at;
    } else {
      return 0;
    }
  }
  return 0;
}

// Where a new line may be put behind `at`: behind a comment on the same line, if that is all that follows
// there.
size_t behind_line_comment(std::string_view text, size_t at) {
  const size_t next = skip_spaces(text, at);
  if (!text.substr(next).starts_with("//")) return at;
  size_t end = std::min(text.find('\n', next), text.size());
  if (end > next && text[end - 1] == '\r') --end;
  return end;
}

// One level of indentation as the file has it.
std::string indent_step(std::string_view text, const Node& root) {
  if (root.children.empty()) return "  ";
  const auto outer = indent_before(text, root.begin);
  const auto inner = indent_before(text, root.children.front().member_begin);
  if (!outer || !inner || inner->size() <= outer->size()) return "  ";
  return inner->substr(outer->size());
}

void insert_member(const Node& root, const Node& object, std::string_view text, std::string_view member,
                   std::vector<Edit>& edits) {
  const std::string_view newline = line_end(text);
  if (object.children.empty()) {
    const auto outer = indent_before(text, object.begin);
    const size_t line = text.substr(0, object.begin).rfind('\n');
    const size_t line_begin = line == std::string_view::npos ? 0 : line + 1;
    const size_t first = skip_spaces(text, line_begin);
    const std::string base(outer ? *outer : std::string(text.substr(line_begin, first - line_begin)));
    // What stands inside ("{ }", or comments in JSON5) stays.
    edits.push_back(
        {object.begin + 1, object.begin + 1,
         fmt::format("{}{}{}{}{}{}", newline, base, indent_step(text, root), member, newline, base)});
    return;
  }
  const Node& last = object.children.back();
  const auto indent = indent_before(text, last.member_begin);
  const size_t comma = behind_comma(text, last.end);
  if (!indent) {
    const size_t at = comma != 0 ? comma : last.end;
    edits.push_back({at, at, fmt::format("{} {}", comma != 0 ? "" : ",", member)});
    return;
  }
  if (comma != 0) {
    const size_t at = behind_line_comment(text, comma);
    edits.push_back({at, at, fmt::format("{}{}{},", newline, *indent, member)});
    return;
  }
  edits.push_back({last.end, last.end, ","});
  const size_t at = behind_line_comment(text, last.end);
  edits.push_back({at, at, fmt::format("{}{}{}", newline, *indent, member)});
}

}  // namespace

Result<std::string> apply_edits(std::string_view text, std::vector<Edit> edits) {
  std::stable_sort(edits.begin(), edits.end(),
                   [](const Edit& a, const Edit& b) { return a.begin < b.begin; });
  std::string out;
  size_t at = 0;
  for (const Edit& edit : edits) {
    if (edit.begin < at || edit.end < edit.begin || edit.end > text.size())
      return Error{Code::internal, "edits that overlap", {}, {}};
    out += text.substr(at, edit.begin - at);
    out += edit.text;
    at = edit.end;
  }
  out += text.substr(at);
  return out;
}

std::string_view line_end(std::string_view text) {
  const size_t newline = text.find('\n');
  return newline != std::string_view::npos && newline > 0 && text[newline - 1] == '\r' ? "\r\n" : "\n";
}

Status set_member(const Node& root, std::string_view text, const std::vector<std::string_view>& path,
                  std::string_view value, std::vector<Edit>& edits) {
  const Node* object = &root;
  for (size_t i = 0; i < path.size(); ++i) {
    if (!object->is_object())
      return bad_input(fmt::format("expected an object, so that it can hold \"{}\"", path[i]));
    const Node& child = (*object)[path[i]];
    if (child.exists() && i + 1 < path.size()) {
      object = &child;
      continue;
    }
    if (child.exists()) {
      edits.push_back({child.begin, child.end, std::string(value)});
      return {};
    }
    std::string member;
    for (size_t j = i; j < path.size(); ++j) member += (j > i ? "{" : "") + json::quote(path[j]) + ": ";
    member += value;
    member.append(path.size() - i - 1, '}');
    insert_member(root, *object, text, member, edits);
    return {};
  }
  return Error{Code::internal, "an empty path", {}, {}};
}

void replace_members(const Node& object, std::string_view text, const std::vector<size_t>& gone,
                     std::string_view key, std::string_view value, std::vector<Edit>& edits) {
  const std::vector<Node>& all = object.children;
  bool kept = false;  // a member before this one stays
  size_t done = 0;    // where the last edit ended
  for (size_t i = 0; i < all.size(); ++i) {
    if (!std::binary_search(gone.begin(), gone.end(), i)) {
      kept = true;
      continue;
    }
    const Node& member = all[i];
    const size_t comma = behind_comma(text, member.end);
    Edit edit{member.member_begin, member.end, {}};
    if (i == gone.front() && !key.empty()) {
      edit.text = fmt::format("{}: {}", json::quote(key), value);
      kept = true;
    } else if (!kept) {
      edit.end = i + 1 < all.size() ? all[i + 1].member_begin : std::max(comma, member.end);
    } else {
      // With the comma before it; but what is said behind that comma is said of the member before (JSON5), so
      // there the comma behind goes.
      edit.begin = all[i - 1].end;
      const size_t before = behind_comma(text, edit.begin);
      const size_t remark = behind_line_comment(text, before);
      if (done > edit.begin || remark != before) {
        edit.begin = std::max(done, remark);
        edit.end = std::max(comma, member.end);
        // Nothing may slip into the comment.
        const size_t next = skip_spaces(text, edit.end);
        if (next < text.size() && text[next] != '\n' && text[next] != '\r' &&
            !text.substr(next).starts_with("//"))
          edit.text = line_end(text);
      }
    }
    done = edit.end;
    edits.push_back(std::move(edit));
  }
}

void replace_lines(const Node& object, const std::vector<size_t>& gone, std::string lines,
                   std::vector<Edit>& edits) {
  for (const size_t i : gone) {
    edits.push_back(
        {object.children[i].member_begin, object.children[i].member_end, std::exchange(lines, {})});
  }
}

}  // namespace weir::setup
