#include "setup/undo.h"

#include "base/bytes.h"
#include "base/json.h"

namespace weir::setup {

std::string sha256_hex(std::string_view bytes) {
  return to_hex(as_bytes(sha256(bytes)));
}

std::string undo_json(const UndoRecord& record) {
  json::Writer writer;
  writer.begin_object().key("version").integer(1).field("client", record.client).field("time", record.time);
  writer.key("files").begin_array();
  for (const UndoFile& file : record.files) {
    writer.begin_object()
        .field("path", file.path)
        .key("existed")
        .boolean(file.existed)
        .field("before", file.before)
        .field("after", file.after)
        .field("written", file.written)
        .field("backup", file.backup)
        .end_object();
  }
  return writer.end_array().end_object().take();
}

Result<UndoRecord> read_undo(std::string text, std::string_view name) {
  const Error broken = bad_input("not a record of weir init", std::string(name));
  const auto document = json::parse(std::move(text));
  if (!document || (*document)["version"].integer() != 1) return broken;
  UndoRecord record;
  record.client = (*document)["client"].string_or("");
  record.time = (*document)["time"].string_or("");
  for (const json::Value each : (*document)["files"].elements()) {
    UndoFile file;
    file.path = each["path"].string_or("");
    const auto existed = each["existed"].boolean();
    file.existed = existed.value_or(false);
    file.before = each["before"].string_or("");
    file.after = each["after"].string_or("");
    file.written = each["written"].string_or("");
    file.backup = each["backup"].string_or("");
    const auto is_name = [](const std::string& name) {
      return name.find('/') == std::string::npos && !name.starts_with('.');
    };
    if (!existed || !file.path.starts_with('/') || file.after.size() != 64 || file.written.empty() ||
        file.backup.empty() == file.existed || !is_name(file.backup) || !is_name(file.written) ||
        (file.existed && file.before.size() != 64))
      return broken;
    record.files.push_back(std::move(file));
  }
  if (record.files.empty()) return broken;
  return record;
}

UndoState undo_state(const UndoFile& file, const std::optional<std::string>& now) {
  if (!now) return file.existed ? UndoState::changed : UndoState::done;
  const std::string digest = sha256_hex(*now);
  if (file.existed && digest == file.before) return UndoState::done;
  return digest == file.after ? UndoState::ready : UndoState::changed;
}

}  // namespace weir::setup
