// Catalogue: what the servers behind one session offer: tools, prompts, resources and resource templates.
//
// Each server's lists are fetched when first asked for, kept, and fetched again when the server says that
// they changed or after it came back. A server that is slow, dead or lying costs only its own entries: what
// came before is kept while it is away, and what comes late is announced as a change. One event loop.
#pragma once

#include <array>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/mcp/upstream.h"
#include "gateway/pins.h"
#include "wire/mcp/names.h"

namespace weir::gateway::mcp {

enum class List : uint8_t { tools, prompts, resources, templates };
inline constexpr size_t kListCount = 4;

// One entry as its server wrote it.
struct Entry {
  Upstream* upstream = nullptr;
  std::string name;         // of a tool or prompt; URI of a resource; URI template
  std::string client_name;  // of tools and prompts
  std::string raw;          // JSON, with client_name in it
  std::string description = {}, schema = {};
  PinState pin = PinState::accepted;  // of tools: only accepted ones are offered
  Digest digest = {};                 // of a tool's definition
};

class Catalogue {
 public:
  // A list that clients were told is another now.
  using Changed = std::function<void(List list)>;
  // A server's tools have arrived, and may say what they like.
  using ToolsSeen = std::function<void(const Upstream& upstream, const std::vector<Entry>& tools)>;

  Catalogue(net::Loop& loop, Pins& pins, Changed changed, ToolsSeen tools_seen);
  ~Catalogue();

  void add(Upstream& upstream);
  // A tool's name that no server's tool is given, because it is weir's own.
  void reserve(std::string_view client_name);
  // Runs `done` once all servers' lists are here, or kMcpListMs later, or as soon as `enough` says that what
  // came is enough. Not inside the call.
  void load(List list, std::function<void()> done, std::function<bool()> enough = {});
  // The server says that it changed, or came back: fetched again if it ever was.
  void refresh(const Upstream& upstream, List list);
  void refresh_all(const Upstream& upstream);
  // Somebody wants to hear of changes: it is fetched if it never was.
  void watch(List list);
  // How long the list is good, and for whom, as all servers together say.
  wire::mcp::Freshness freshness(List list) const;
  // Pins of a server were accepted.
  void pins_changed(const std::string& server);

  // Entries of all servers, in the order of weir.toml. Good until the next event.
  std::vector<const Entry*> entries(List list) const;
  const Entry* find_by_client_name(List list, std::string_view client_name) const;
  // Who has that resource: the one that lists it, or whose template fits it best; else the only one that has
  // resources at all; else nullptr.
  Upstream* owner_of(std::string_view uri) const;
  // Nobody need wait: each server's list is here, or was waited for once in vain, or the server is away.
  bool settled(List list) const;

 private:
  struct Lists;
  void fetch(Lists& lists, List list, std::string_view cursor);
  void arrived(Lists& lists, List list, Result<Message> answer);
  void take_in(Lists& lists, List list);
  void settle(Lists& lists, List list);
  void check_waiters();

  struct Waiter {
    List list;
    std::function<void()> done;
    std::function<bool()> enough;
    net::Timer deadline;
    bool due = false;
  };
  net::Loop& loop_;
  Pins& pins_;
  Changed changed_;
  ToolsSeen tools_seen_;
  std::vector<std::unique_ptr<Lists>> servers_;
  wire::mcp::Names tool_names_, prompt_names_;
  std::vector<std::shared_ptr<Waiter>> waiters_;  // shared with the loop's callbacks
  std::array<bool, kListCount> told_{};           // a client has been given that list
};

}  // namespace weir::gateway::mcp
