#include "setup/take_back.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/bytes.h"
#include "setup/draft.h"
#include "setup/read_file.h"
#include "setup/servers.h"

namespace weir::setup {
namespace {

using Path = std::vector<std::string>;

// The paths at which the two differ, as deep as both are objects. What is new is followed into objects, so
// that an object that weir init made may have got other members since.
void diff(const Node& before, const Node& after, Path& path, std::vector<Path>& out) {
  if (after.is_object() && (before.is_object() || !before.exists())) {
    for (const Node& child : before.children) {
      path.push_back(child.key);
      if (after[child.key].exists()) {
        diff(child, after[child.key], path, out);
      } else {
        out.push_back(path);
      }
      path.pop_back();
    }
    for (const Node& child : after.children) {
      if (before[child.key].exists()) continue;
      path.push_back(child.key);
      if (child.is_object() && child.key != "weir") {
        diff(before[child.key], child, path, out);
      } else {
        out.push_back(path);
      }
      path.pop_back();
    }
    return;
  }
  if (!same_value(before, after)) out.push_back(path);
}

}  // namespace

Result<std::string> take_back(Client client, std::string_view path, const std::optional<std::string>& before,
                              const std::string& written, const std::string& now) {
  if (client == Client::codex || client == Client::goose || client == Client::openai_compatible)
    return unsupported("what was changed since can be kept in JSON files only", std::string(path));
  const std::string old_text = before.value_or("");
  WEIR_TRY_ASSIGN(old_root, read_file(client, path, old_text));
  WEIR_TRY_ASSIGN(written_root, read_file(client, path, written));
  Path at;
  std::vector<Path> paths;
  diff(old_root, written_root, at, paths);

  Draft draft(client, File{Role::config, std::string(path), now});
  WEIR_TRY(draft.open());
  for (const Path& each : paths) {
    const Node& was = at_path(old_root, each);
    const Node& is = at_path(draft.root(), each);
    if (same_value(is, was)) continue;
    if (!same_value(is, at_path(written_root, each)))
      return Error{Code::denied,
                   fmt::format("{} was changed since", shown(fmt::format("{}", fmt::join(each, ".")))),
                   std::string(path),
                   {}};
    if (was.exists()) {
      const std::vector<std::string_view> views(each.begin(), each.end());
      WEIR_TRY(draft.set(views, std::string_view(old_text).substr(was.begin, was.end - was.begin)));
    } else {
      WEIR_TRY(draft.replace_servers(Path(each.begin(), each.end() - 1), {each.back()}, {}));
    }
  }
  WEIR_TRY(draft.unchanged_besides_touched());
  return draft.text();
}

}  // namespace weir::setup
