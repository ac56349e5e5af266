// The record by which weir init is undone: which files it wrote, what they were, and whether that is still
// so.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace weir::setup {

struct UndoFile {
  std::string path;
  bool existed = false;      // false: undoing removes it
  std::string before = {};   // SHA-256 of the backup, hex
  std::string after = {};    // SHA-256 of what was written, hex
  std::string written = {};  // the name of the copy of what was written
  std::string backup = {};   // the name of the copy, beside the record; empty when there was no file
};

struct UndoRecord {
  std::string client;
  std::string time;  // RFC 3339, for people
  std::vector<UndoFile> files;
};

std::string undo_json(const UndoRecord& record);
// Strict: an unknown version, a missing member or a name with "/" is an error.
Result<UndoRecord> read_undo(std::string text, std::string_view name);

enum class UndoState : uint8_t {
  ready,    // as weir init left it
  done,     // as it was before already
  changed,  // somebody wrote it since
};
// `now`: the file's bytes, or nothing when it is not there.
UndoState undo_state(const UndoFile& file, const std::optional<std::string>& now);

std::string sha256_hex(std::string_view bytes);

}  // namespace weir::setup
