// weir init --undo.
#include <fmt/format.h>
#include <unistd.h>

#include "base/limits.h"
#include "cli/command.h"
#include "cli/files.h"
#include "setup/take_back.h"

namespace weir::cli {
namespace {

struct Found {
  std::string path;  // of the record
  setup::UndoRecord record;
  std::vector<std::optional<std::string>> now;  // what each of its files holds
  std::vector<setup::UndoState> states;
  std::vector<std::optional<std::string>> kept;  // --keep: what it gets instead of the copy
};

Result<Found> newest(const std::string& data_dir, const std::string& client) {
  const std::vector<std::string> records = undo_records(data_dir);
  for (auto path = records.rbegin(); path != records.rend(); ++path) {
    WEIR_TRY_ASSIGN(text, read_if_there(*path, limits::kSetupFileBytesMax));
    WEIR_TRY_ASSIGN(record, setup::read_undo(text.value_or(""), *path));
    if (!client.empty() && record.client != client) continue;
    Found found{*path, std::move(record), {}, {}, {}};
    found.kept.resize(found.record.files.size());
    for (const setup::UndoFile& file : found.record.files) {
      WEIR_TRY_ASSIGN(now, read_if_there(file.path, limits::kSetupFileBytesMax));
      found.states.push_back(setup::undo_state(file, now));
      found.now.push_back(std::move(now));
    }
    return found;
  }
  return Error{
      Code::not_found, "weir init has changed nothing that could be undone", data_dir + "/setup", {}};
}

bool is_weirs_own(const std::string& path) {
  return path.ends_with("/weir.toml");
}

Result<std::string> copy_of(const std::string& folder, const std::string& name, const std::string& digest) {
  WEIR_TRY_ASSIGN(text, read_if_there(folder + "/" + name, limits::kSetupFileBytesMax));
  if (!text || setup::sha256_hex(*text) != digest)
    return unavailable("the copy is missing or damaged", folder + "/" + name);
  return *text;
}

// For --keep: the new texts of the files that were changed since, or why there can be none.
Status take_back(Found& found, const std::string& folder) {
  const auto client = setup::parse_client(found.record.client);
  for (size_t i = 0; i < found.states.size(); ++i) {
    const setup::UndoFile& file = found.record.files[i];
    if (found.states[i] != setup::UndoState::changed || !client) continue;
    if (!found.now[i]) return Error{Code::denied, "it was removed since; nothing was undone", file.path, {}};
    WEIR_TRY_ASSIGN(written, copy_of(folder, file.written, file.after));
    std::optional<std::string> before;
    if (file.existed) {
      WEIR_TRY_ASSIGN(backup, copy_of(folder, file.backup, file.before));
      before = std::move(backup);
    }
    WEIR_TRY_ASSIGN(text, setup::take_back(*client, file.path, before, written, *found.now[i]));
    found.kept[i] = std::move(text);
  }
  return {};
}

Status put_back(const Found& found, size_t i, const std::string& folder, bool force) {
  const setup::UndoFile& file = found.record.files[i];
  const std::optional<std::string>& now = found.now[i];
  if (found.states[i] == setup::UndoState::done) return {};
  if (found.kept[i]) {
    WEIR_TRY(write_file(file.path, now, *found.kept[i], 0600));
    fmt::print("restored  {} (what was changed since is kept)\n", file.path);
    return {};
  }
  if (found.states[i] == setup::UndoState::changed && now && force) {
    // What the person loses by --force is kept, once.
    const std::string kept = folder + "/" + file.path.substr(file.path.rfind('/') + 1) + ".changed";
    WEIR_TRY_ASSIGN(older, read_if_there(kept, limits::kSetupFileBytesMax));
    WEIR_TRY(write_file(kept, older, *now, 0600));
    fmt::print("what {} held is kept in {}\n", file.path, kept);
  }
  if (!file.existed) {
    if (now) WEIR_TRY(remove_file(file.path, *now));
    fmt::print("removed   {}\n", file.path);
    return {};
  }
  WEIR_TRY_ASSIGN(backup, copy_of(folder, file.backup, file.before));
  WEIR_TRY(write_file(file.path, now, backup, 0600));
  fmt::print("restored  {}\n", file.path);
  return {};
}

}  // namespace

int run_undo(const Common& common, const InitArgs& args) {
  std::vector<std::string> missing;
  auto config = load_config(common, &missing);
  if (!config) config = config::defaults();  // a broken weir.toml must not stand in the way
  if (!config) return fail(config.error());
  auto dir = data_dir(*config);
  if (!dir) return fail(dir.error());
  auto found = newest(*dir, args.client);
  if (!found) return fail(found.error());
  const std::string folder = *dir + "/setup";
  for (size_t i = 0; i < found->states.size(); ++i) {
    const std::string& path = found->record.files[i].path;
    if (found->states[i] != setup::UndoState::changed || (args.force && !args.keep)) continue;
    if (is_weirs_own(path)) {
      fmt::print("left      {} (it was changed since; --force puts it back too)\n", path);
      found->states[i] = setup::UndoState::done;
      continue;
    }
    if (args.keep) continue;
    return fail(Error{
        Code::denied,
        fmt::format("it was changed after weir init wrote it ({}); nothing was undone", found->record.time),
        path,
        "weir init --undo --keep takes weir's part out and keeps the rest; --undo --force puts the older "
        "file back and keeps a copy of this one"});
  }
  if (args.keep) {
    if (auto taken = take_back(*found, folder); !taken) return fail(taken.error());
  }
  if (args.dry_run) {
    for (size_t i = 0; i < found->states.size(); ++i)
      fmt::print("would {} {}\n", found->record.files[i].existed ? "restore" : "remove",
                 found->record.files[i].path);
    return kDone;
  }
  // The client first: weir.toml is of no harm without it.
  for (size_t i = found->states.size(); i-- > 0;) {
    if (auto done = put_back(*found, i, folder, args.force); !done) return fail(done.error());
  }
  for (const setup::UndoFile& file : found->record.files) {
    for (const std::string& name : {file.backup, file.written}) {
      if (!name.empty()) unlink((folder + "/" + name).c_str());
    }
  }
  unlink(found->path.c_str());
  return kDone;
}

}  // namespace weir::cli
