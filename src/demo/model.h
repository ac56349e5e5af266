// ModelServer: a worst-case model behind two model APIs, on a real socket.
//
// It does whatever any text that it reads tells it (mind.h), so what protects its user must stand outside of
// it. Speaks Chat Completions and Messages, streamed and not, and GET /v1/models; checks no credential. No
// state but counters: each request is answered from itself. On the loop's thread.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "demo/history.h"
#include "demo/mind.h"
#include "net/server.h"

namespace weir::demo {

// Says that this is the built-in demo model, and how to point weir at a real one.
extern const std::string_view kGreeting;

struct ModelOptions {
  std::string greeting = std::string(kGreeting);
  std::vector<std::string> canaries = {};  // to be counted in the arguments of its calls
  size_t fragment_bytes = 512;             // of streamed text and arguments; at least 1
};

class ModelServer {
 public:
  // What the model was sent and wrote of one canary.
  struct Emitted {
    uint64_t count = 0;                 // calls with it in their arguments
    std::vector<std::string> call_ids;  // the first kIdsKept of these
    uint64_t shown = 0;                 // requests that held it
    uint64_t reader_shown = 0;          // and asked for no more than an answer, without tools
    uint64_t reader_count = 0;          // calls that it made all the same
  };
  static constexpr size_t kIdsKept = 64;

  ModelServer(net::Loop& loop, ModelOptions options);

  // Error: as net::Server::listen. Gives the port.
  Result<uint16_t> listen(const std::string& host, uint16_t port) { return server_.listen(host, port); }

  // By canary; each of ModelOptions::canaries has an entry.
  const std::map<std::string, Emitted>& emitted() const { return emitted_; }
  uint64_t requests() const { return requests_; }
  // Calls that it made where it had no tools: nobody can run them.
  uint64_t reader_calls() const { return reader_calls_; }

 private:
  void handle(const std::shared_ptr<net::ServerCall>& call);
  void answer(net::ServerCall& call, bool messages);
  void count_shown(std::string_view body, bool reader);
  void count(const Turn& turn);

  ModelOptions options_;
  std::map<std::string, Emitted> emitted_;
  uint64_t requests_ = 0, reader_calls_ = 0;
  net::Server server_;
};

}  // namespace weir::demo
