// Files of the person's home, as weir init and doctor read and write them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "setup/client.h"
#include "setup/undo.h"

namespace weir::cli {

setup::Surroundings surroundings();

// The bytes of a regular file; nothing when there is none. Error: unreadable, no regular file, too large.
Result<std::optional<std::string>> read_if_there(const std::string& path, size_t bytes_max);

// Where writing `path` ends up: symbolic links followed. Error: a link that leads nowhere.
Result<std::string> real_path(const std::string& path);

// Replaces the file's bytes in one step (a temporary file beside it, synced, renamed), keeping mode and
// owner; symbolic links are followed. A new file gets `mode`, and folders on the way 0700. Refuses when the
// file does not hold `expected` any more.
Status write_file(const std::string& path, const std::optional<std::string>& expected, std::string_view bytes,
                  unsigned mode);
// Removes the file if it still holds `expected`.
Status remove_file(const std::string& path, std::string_view expected);

// The program's absolute path, if it can be run: `name` with a "/" as it is, else by PATH.
std::optional<std::string> find_program(const std::string& name);

// The paths of the undo records below `data_dir`, oldest first.
std::vector<std::string> undo_records(const std::string& data_dir);

// Keeps copies and the record, then writes. When a write fails, what was written before is put back.
Status write_all(const std::string& data_dir, std::string_view client,
                 const std::vector<setup::Change>& changes);

}  // namespace weir::cli
