// A skill's folder on disk. No link is followed below it; what is no file and no folder is an error.
#pragma once

#include <string>

#include "base/error.h"
#include "skill/package.h"

namespace weir::skill {

// Every file below `path` (which itself may be reached through links). Errors: bad_input, too_large,
// unavailable, which name the file.
Result<Package> read_folder(const std::string& path);

// Puts the package at `path` whole: written beside it, synced, and moved there; what was there is gone then.
// Files that begin with "#!" can be run. Errors: unavailable.
Status write_folder(const std::string& path, const Package& package);

// A new folder of its own under the system's place for short-lived files, for this user alone, with the
// package in it; gone with this object.
class TemporaryFolder {
 public:
  static Result<TemporaryFolder> make(const Package& package);
  TemporaryFolder(TemporaryFolder&& other) noexcept : path_(std::move(other.path_)) { other.path_.clear(); }
  TemporaryFolder& operator=(TemporaryFolder&&) = delete;
  ~TemporaryFolder();
  const std::string& path() const { return path_; }

 private:
  explicit TemporaryFolder(std::string path) : path_(std::move(path)) {}
  std::string path_;
};

// Removes a folder and all in it, following no link. Errors: unavailable.
Status remove_folder(const std::string& path);

}  // namespace weir::skill
