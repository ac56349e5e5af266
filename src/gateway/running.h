// Running: a gateway with everything that it stands on, from a data folder. What `weir up` and `weir demo`
// start.
#pragma once

#include <memory>
#include <string>

#include "config/config.h"
#include "gateway/mcp/upstream.h"
#include "net/loop.h"

namespace weir::gateway {

class Gateway;

struct RunningOptions {
  config::Config config;
  std::string data_dir;  // exists; holds ledger/, store.db, the keys and the tokens
  net::Loop* loop = nullptr;
  std::string home = {};  // whose skills are known; empty: those alone that were added
  mcp::Dial dial = {};    // how MCP servers are reached; empty: as weir.toml says. For tests
  // For Gateway::reload(); empty: it refuses.
  std::function<Result<config::Config>()> read_config = {};
  net::ChildMaker sandboxes = {};  // makes them (egress/fork_server.h); empty: weir starts itself again
};

class Running {
 public:
  // Opens the ledger and the store, reads back what was remembered and listens. Code::denied when another
  // weir runs on the folder; unavailable when the address is taken; bad_input when ledger or store are
  // damaged.
  static Result<std::unique_ptr<Running>> start(RunningOptions options);
  ~Running();
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;

  uint16_t port() const;
  const std::string& client_token() const;
  const std::string& person_token() const;
  Gateway& gateway();

 private:
  struct Parts;
  explicit Running(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace weir::gateway
