#include "setup/draft.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/json.h"
#include "setup/read_file.h"
#include "setup/servers.h"
#include "setup/toml_lines.h"

namespace weir::setup {
namespace {

// Takes what stands at `path` out, and objects that become empty by it.
void prune(Node& node, const std::vector<std::string>& path, size_t depth = 0) {
  for (size_t i = 0; i < node.children.size(); ++i) {
    Node& child = node.children[i];
    if (child.key != path[depth]) continue;
    if (depth + 1 < path.size()) prune(child, path, depth + 1);
    const bool empty = (child.kind == Kind::object && child.children.empty()) || child.kind == Kind::null;
    if (depth + 1 == path.size() || empty)
      node.children.erase(node.children.begin() + static_cast<ptrdiff_t>(i));
    return;
  }
}

std::string json_list(const std::vector<std::string>& command) {
  std::string out;
  for (size_t i = 1; i < command.size(); ++i) out += (i > 1 ? ", " : "") + json::quote(command[i]);
  return "[" + out + "]";
}

std::string with_line_ends(std::string lines, std::string_view line_end) {
  if (line_end == "\n") return lines;
  std::string out;
  for (const char c : lines) {
    if (c == '\n') out += line_end;
    if (c != '\n') out.push_back(c);
  }
  return out;
}

}  // namespace

std::string codex_entry(const std::vector<std::string>& command) {
  return fmt::format("[mcp_servers.weir]\ncommand = {}\nargs = {}\n", json::quote(command.front()),
                     json_list(command));
}

std::string goose_entry(const std::vector<std::string>& command) {
  return fmt::format(
      "weir:\n  enabled: true\n  type: stdio\n  name: weir\n  description: MCP servers behind weir\n  cmd: "
      "{}\n  args: "
      "{}\n  envs: {{}}\n  timeout: 300\n",
      json::quote(command.front()), json_list(command));
}

std::string opencode_entry(const std::vector<std::string>& command) {
  std::string words;
  for (const std::string& word : command) words += (words.empty() ? "" : ", ") + json::quote(word);
  return fmt::format(R"({{"type": "local", "command": [{}]}})", words);
}

std::string server_lines(Client client, const std::vector<std::string>& command) {
  if (client == Client::codex) return codex_entry(command);
  if (client == Client::goose) {
    std::string out = "extensions:\n";
    const std::string entry = goose_entry(command);
    for (size_t at = 0; at < entry.size();) {
      const size_t next = entry.find('\n', at) + 1;
      out += "  " + entry.substr(at, next - at);
      at = next;
    }
    return out;
  }
  if (client == Client::opencode)
    return fmt::format("{{\"mcp\": {{\"weir\": {}}}}}\n", opencode_entry(command));
  const std::string entry =
      fmt::format("{{\"command\": {}, \"args\": {}}}", json::quote(command.front()), json_list(command));
  return client == Client::openclaw ? fmt::format("{{\"mcp\": {{\"servers\": {{\"weir\": {}}}}}}}\n", entry)
                                    : fmt::format("{{\"mcpServers\": {{\"weir\": {}}}}}\n", entry);
}

Status Draft::open() {
  text_ = file_.text.value_or("");
  WEIR_TRY_ASSIGN(root, read_file(client_, file_.path, text_));
  if (!root.is_object()) return unsafe("expected an object");
  root_ = std::move(root);
  return {};
}

Error Draft::unsafe(std::string_view why) const {
  return bad_input(fmt::format("the file cannot be edited safely: {}", why), file_.path,
                   "paste the lines that weir init prints without --apply");
}

Status Draft::edit(std::vector<Edit> edits) {
  WEIR_TRY_ASSIGN(text, apply_edits(text_, std::move(edits)));
  auto root = read_file(client_, file_.path, text);
  if (!root) return unsafe(root.error().text());
  text_ = std::move(text);
  root_ = std::move(*root);
  return {};
}

// At the end of the file, behind an empty line where there is something before.
Status Draft::append_lines(std::string lines) {
  const std::string_view newline = line_end(text_);
  std::string before;
  if (!text_.empty() && text_.back() != '\n') before = newline;
  const bool apart = text_.ends_with(std::string(newline) + std::string(newline));
  if (!text_.empty() && client_ == Client::codex && !apart) before += newline;
  return edit({{text_.size(), text_.size(), before + with_line_ends(std::move(lines), newline)}});
}

Status Draft::set(const std::vector<std::string_view>& path, std::string_view value) {
  touched_.emplace_back(path.begin(), path.end());
  if (is_env_file(file_.path)) {
    const Node& old = root_[path.front()];
    if (!old.exists()) return append_lines(fmt::format("{}={}\n", path.front(), value));
    return edit({{old.begin, old.end, std::string(value)}});
  }
  if (client_ == Client::goose) {
    const Node& old = root_[path.front()];
    const std::string quoted = json::quote(value);
    if (!old.exists()) return append_lines(fmt::format("{}: {}\n", path.front(), quoted));
    if (!old.flow || old.kind == Kind::object || old.kind == Kind::array || old.kind == Kind::null)
      return unsafe(fmt::format("{} is no plain value", path.front()));
    return edit({{old.begin, old.end, quoted}});
  }
  if (text_.find_first_not_of(" \t\r\n") == std::string::npos) {  // no file yet, or an empty one
    const std::string_view newline = line_end(text_);
    std::string member;
    std::string close;
    for (size_t i = 0; i < path.size(); ++i) {
      const std::string indent(2 * (i + 1), ' ');
      member += fmt::format("{{{}{}{}: ", newline, indent, json::quote(path[i]));
      close =
          fmt::format("{}{}}}", newline, std::string(2 * i, ' ')) + (i == 0 ? std::string(newline) : close);
    }
    return edit({{0, text_.size(), member + std::string(value) + close}});
  }
  std::vector<Edit> edits;
  if (auto made = set_member(root_, text_, path, value, edits); !made) return unsafe(made.error().message);
  return edit(std::move(edits));
}

Status Draft::replace_servers(const std::vector<std::string>& scope, const std::vector<std::string>& names,
                              const std::string& entry) {
  for (const std::string& name : names) {
    touched_.push_back(scope);
    touched_.back().push_back(name);
  }
  if (!entry.empty()) {
    touched_.push_back(scope);
    touched_.back().emplace_back("weir");
  }
  if (client_ == Client::codex) {
    std::vector<Edit> edits;
    for (const std::string& name : names) {
      std::vector<std::string> prefix = scope;
      prefix.push_back(name);
      if (!remove_tables(text_, prefix, edits))
        return unsafe(fmt::format("{} has no table of its own", name));
    }
    WEIR_TRY(edit(std::move(edits)));
    return entry.empty() ? Status() : append_lines(entry);
  }
  const Node& object = at_path(root_, scope);
  std::vector<size_t> gone;
  for (size_t i = 0; i < object.children.size(); ++i) {
    if (std::find(names.begin(), names.end(), object.children[i].key) != names.end()) gone.push_back(i);
  }
  if (gone.size() != names.size()) return unsafe("a server is not where it was");
  std::vector<Edit> edits;
  if (is_env_file(file_.path)) {
    replace_lines(object, gone, {}, edits);
    return edit(std::move(edits));
  }
  if (client_ != Client::goose) {
    replace_members(object, text_, gone, entry.empty() ? "" : "weir", entry, edits);
    return edit(std::move(edits));
  }
  if (object.flow) return unsafe("its extensions are on one line");
  const Node& first = object.children[gone.front()];
  const size_t key = text_.find_first_not_of(' ', first.member_begin);
  const std::string indent(key - first.member_begin, ' ');
  std::string lines;
  for (size_t at = 0; at < entry.size();) {
    const size_t next = entry.find('\n', at) + 1;
    lines += indent + entry.substr(at, next - at);
    at = next;
  }
  replace_lines(object, gone, with_line_ends(std::move(lines), line_end(text_)), edits);
  return edit(std::move(edits));
}

Status Draft::add_server(const std::vector<std::string>& scope, const std::string& entry) {
  touched_.push_back(scope);
  touched_.back().emplace_back("weir");
  if (client_ == Client::codex) return append_lines(entry);
  if (client_ == Client::goose) return unsafe("its extensions are not where they were");
  std::vector<std::string_view> path(scope.begin(), scope.end());
  path.emplace_back("weir");
  return set(path, entry);
}

Status Draft::set_codex_provider(const std::string& url, const std::string& token, bool own_key) {
  touched_.push_back({"model_provider"});
  touched_.push_back({"model_providers", "weir"});
  touched_.push_back({"web_search"});
  std::vector<Edit> edits;
  remove_tables(text_, {"model_providers", "weir"}, edits);
  set_toml_string(text_, "model_provider", "weir", edits);
  // Its model's provider would run it, past weir, which refuses that.
  set_toml_string(text_, "web_search", "disabled", edits);
  WEIR_TRY(edit(std::move(edits)));
  return append_lines(fmt::format(
      "[model_providers.weir]\nname = \"weir\"\nbase_url = {}\nwire_api = \"responses\"\nhttp_headers = {{ "
      "\"Weir-Token\" = {} }}\n{}",
      json::quote(url), json::quote(token), own_key ? "env_key = \"OPENAI_API_KEY\"\n" : ""));
}

Status Draft::unchanged_besides_touched() const {
  WEIR_TRY_ASSIGN(before, read_file(client_, file_.path, file_.text.value_or("")));
  Node after = root_;
  for (const std::vector<std::string>& path : touched_) {
    prune(before, path);
    prune(after, path);
  }
  if (!same_value(before, after)) return unsafe("it would say something else than before");
  return {};
}

}  // namespace weir::setup
