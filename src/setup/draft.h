// A client's file while it is being edited. Private to setup.
#pragma once

#include <string>
#include <vector>

#include "setup/client.h"
#include "setup/edit.h"

namespace weir::setup {

// Each edit is made on the text and the text read again, so that the next one sees the spans as they are now.
class Draft {
 public:
  Draft(Client client, File file) : client_(client), file_(std::move(file)) {}

  Status open();
  const File& file() const { return file_; }
  const std::string& text() const { return text_; }
  const Node& root() const { return root_; }
  bool touched() const { return !touched_.empty(); }

  // Sets the value at a path. `value`: JSON text; for Goose, a string of the outermost level; in a file of
  // variables, as it stands there.
  Status set(const std::vector<std::string_view>& path, std::string_view value);
  // Takes servers out of the object at `scope`, and puts `entry` there as "weir" unless it is empty.
  Status replace_servers(const std::vector<std::string>& scope, const std::vector<std::string>& names,
                         const std::string& entry);
  Status add_server(const std::vector<std::string>& scope, const std::string& entry);
  Status set_codex_provider(const std::string& url, const std::string& token, bool own_key);

  // Error when anything is different now that was not named in one of the calls above.
  Status unchanged_besides_touched() const;

 private:
  Status edit(std::vector<Edit> edits);
  Error unsafe(std::string_view why) const;
  Status append_lines(std::string lines);

  Client client_;
  File file_;
  std::string text_ = {};
  Node root_ = {};
  std::vector<std::vector<std::string>> touched_ = {};
};

// `weir mcp` as the client's config writes it: the table, the lines below "extensions:".
std::string codex_entry(const std::vector<std::string>& command);
std::string goose_entry(const std::vector<std::string>& command);
std::string opencode_entry(const std::vector<std::string>& command);
// The same as a person would paste it, for all clients.
std::string server_lines(Client client, const std::vector<std::string>& command);
std::string openclaw_provider(const std::string& url, const Wiring& wiring);
std::string opencode_provider(const std::string& url, const Wiring& wiring);

}  // namespace weir::setup
