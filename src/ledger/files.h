// The seam between the ledger and the disk: every byte that must survive goes through here, so that a test
// can drop what was not synced.
//
// PosixFiles is the real one. Files and File may be used by several threads as long as no two use one File
// at once. A File must not outlive its Files. Errors are Code::unavailable, or Code::not_found where a path
// does not exist; they name the path.
//
// What counts as durable (and what CrashFiles in crash_files.h keeps): bytes after File::sync, names
// (created, renamed or removed files and directories) after sync_dir of the directory that holds the name.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace weir::ledger {

class File {
 public:
  virtual ~File() = default;
  // At most `bytes_max` bytes from `offset`; fewer only at the end of the file.
  virtual Result<std::string> read_at(uint64_t offset, size_t bytes_max) = 0;
  // Writes all bytes or fails. Past the end, the gap reads as zeros.
  virtual Status write_at(uint64_t offset, std::string_view bytes) = 0;
  virtual Status truncate(uint64_t bytes) = 0;
  // fdatasync: the bytes and the size, not the name.
  virtual Status sync() = 0;
  virtual Result<uint64_t> size() = 0;
};

// Held for as long as it lives.
class FileLock {
 public:
  virtual ~FileLock() = default;
};

enum class OpenMode {
  read,           // must exist
  write,          // read and write, created if it is not there
  create_secret,  // read and write for the owner only (0600); must not exist
};

struct DirEntry {
  std::string name;
  bool directory = false;
};

class Files {
 public:
  virtual ~Files() = default;
  virtual Result<std::unique_ptr<File>> open(const std::string& path, OpenMode mode) = 0;
  virtual Status rename(const std::string& from, const std::string& to) = 0;
  virtual Status remove(const std::string& path) = 0;
  // One level. True if it was created, false if it was there already.
  virtual Result<bool> make_dir(const std::string& path) = 0;
  virtual Status sync_dir(const std::string& path) = 0;
  // Sorted by name, without "." and "..". A missing directory is not_found.
  virtual Result<std::vector<DirEntry>> list(const std::string& path) = 0;
  // An exclusive lock on a file (created if needed); Code::denied if another process has it.
  virtual Result<std::unique_ptr<FileLock>> lock(const std::string& path) = 0;

  // The whole file; Code::too_large past `bytes_max`.
  Result<std::string> read(const std::string& path, size_t bytes_max);
  // Replaces the file so that after a crash either the old or the new bytes are there: `path`.tmp, sync,
  // rename, sync of the directory.
  Status replace(const std::string& path, std::string_view bytes);
};

class PosixFiles final : public Files {
 public:
  Result<std::unique_ptr<File>> open(const std::string& path, OpenMode mode) override;
  Status rename(const std::string& from, const std::string& to) override;
  Status remove(const std::string& path) override;
  Result<bool> make_dir(const std::string& path) override;
  Status sync_dir(const std::string& path) override;
  Result<std::vector<DirEntry>> list(const std::string& path) override;
  Result<std::unique_ptr<FileLock>> lock(const std::string& path) override;
};

// "a/b" for "a/b/c", "." for "c".
std::string parent_path(const std::string& path);

}  // namespace weir::ledger
