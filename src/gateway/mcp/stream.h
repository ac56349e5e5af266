// Stream: the answer to one HTTP request at /mcp, which may outlive its connection.
//
// An answer that comes alone leaves as plain JSON. When something else comes first (progress, a request of
// the server's) or nothing comes for a while, it becomes an event stream whose events have ids, so that a
// client that lost the connection can go on where it was (MCP 2025-11-25, Transports, "Resumability and
// Redelivery"). Events are kept within limits::kMcpKeptBytesMax; past that the oldest go, and a client that
// comes back for those gets only what is left. One event loop.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <set>
#include <string>
#include <string_view>

#include "net/loop.h"
#include "net/server.h"

namespace weir::gateway::mcp {

class Stream : public std::enable_shared_from_this<Stream> {
 public:
  // `prime`: begin an event stream with an empty event, so that the client knows an id from the start.
  Stream(net::Loop& loop, std::string id, std::string session_id, bool prime)
      : loop_(loop), id_(std::move(id)), session_id_(std::move(session_id)), prime_(prime) {}

  const std::string& id() const { return id_; }
  // Requests that this stream owes an answer. Without any it is a listener, and never complete.
  std::set<std::string>& owed() { return owed_; }
  bool connected() const { return call_ != nullptr && !call_->closed(); }
  bool complete() const { return complete_; }

  // A POST's connection: the answer is one JSON text if it can be.
  void attach(std::shared_ptr<net::ServerCall> call, bool json, bool events);
  // A GET's: always an event stream. Gives again what came after event `last`.
  void attach_listener(std::shared_ptr<net::ServerCall> call, uint64_t last);
  // An empty text: that request was cancelled, and gets no answer.
  void send(std::string text, const std::string& about, bool answer);

  // "ID-7" → the stream's id and the event's number.
  static bool parse_event_id(std::string_view text, std::string& stream, uint64_t& number);

 private:
  void start_events();
  void write_event(uint64_t number, std::string_view text);
  void keep_alive();
  void finish();

  net::Loop& loop_;
  const std::string id_, session_id_;
  const bool prime_;
  std::shared_ptr<net::ServerCall> call_;  // shared with the connection; null when there is none
  bool json_ = false, events_ = false;     // what the client takes
  bool started_ = false;                   // the event stream has begun on this connection
  bool listener_ = false, complete_ = false;
  std::set<std::string> owed_;
  struct Event {
    uint64_t number;
    std::string text;
  };
  std::deque<Event> kept_;
  size_t kept_bytes_ = 0;
  uint64_t next_ = 1;
  net::Timer keep_alive_;
};

}  // namespace weir::gateway::mcp
