// One session against a running weir: what the planner was sent, and what was revealed to it.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "exchange/exchange.h"
#include "net/client.h"
#include "net/loop.h"
#include "net/server.h"
#include "speech.h"

namespace weir::noninterference {

struct Reveal {
  size_t before = 0;   // this many requests had gone to the planner
  std::string answer;  // JSON, as the reader gave it
  double bits = 0;
};

struct Transcript {
  std::vector<std::string> planner;  // bodies of its requests
  std::vector<Reveal> reveals;
  size_t untrusted_bytes = 0;           // of results that were delivered
  bool later_request = false;           // the planner was asked again after untrusted content had come
  std::vector<std::string> violations;  // what must not be, such as content in a request
};

// The upstream of a weir: a planner, and a quarantined reader. One loop, one session at a time.
class Upstream {
 public:
  explicit Upstream(net::Loop& loop);
  uint16_t port() const { return port_; }
  // Whose session it plays from now on; all must outlive the session.
  void play(uint64_t session, uint64_t variant, bool reveals_differ, Transcript& transcript);

 private:
  std::string without_lots(std::string body);
  Said planner_turn(const Speech& speech, const std::string& sent);
  demo::Turn reader_answer(const std::string& body);

  net::Server server_;
  uint16_t port_ = 0;
  uint64_t session_ = 0;
  uint64_t variant_ = 0;
  bool reveals_differ_ = false;
  Transcript* transcript_ = nullptr;
  std::map<std::string, std::string> lots_;
};

struct Plan {
  uint64_t session = 0;
  uint64_t variant = 0;
  exchange::Dialect dialect = exchange::Dialect::chat_completions;   // the client's
  exchange::Dialect upstream = exchange::Dialect::chat_completions;  // the planner's
  bool stream = false;
  bool reveals_differ = false;
  bool mcp = false;  // by the other door: see door.h
};

// Runs it to its end. `weir_port` is that of a weir whose upstream is `upstream`.
Transcript run_session(net::Loop& loop, Upstream& upstream, uint16_t weir_port, const Plan& plan);

}  // namespace weir::noninterference
