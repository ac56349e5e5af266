// Bridge: one MCP client on lines of JSON, one weir behind /mcp, which may go and come back.
//
// Requests of the stateless era are one POST each, with the headers that their era has; they are cancelled by
// ending that. Hands over each message; answers itself what is no message. Finds the weir that runs on the
// data folder, and runs one in this process when there is none. When that weir is lost, what it owed is
// answered with an error, the client's own handshake is replayed to the next one, and what the client says
// meanwhile waits, bounded. One event loop.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>

#include "config/config.h"
#include "gateway/mcp/link.h"
#include "gateway/running.h"
#include "net/client.h"
#include "net/lines.h"
#include "net/loop.h"
#include "wire/mcp/message.h"

namespace weir::cli {

class Bridge {
 public:
  struct Options {
    config::Config config;
    std::vector<std::string> missing;  // variables that it needs to be a weir itself, and has not
    std::string data_dir;
    std::function<void(const std::string& line)> write;     // one message, without its line feed
    std::function<void(const std::string& line)> complain;  // for people
    std::function<void()> done;                             // once, last
  };
  Bridge(net::Loop& loop, Options options);
  ~Bridge();
  Bridge(const Bridge&) = delete;
  Bridge& operator=(const Bridge&) = delete;

  void start();
  void take(std::string_view bytes);
  // No more input: what is owed is waited for, bounded; then close().
  void end_of_input();
  // Ends the session; then `done`.
  void close();

 private:
  enum class State { finding, shaking, ready, closing };
  using Message = wire::mcp::Message;

  void take_line(std::string line);
  void take_message(Message message);
  void refuse(const std::string& line, const Error& why);
  void pass(std::string text, std::string id);
  void send(std::string text, std::string id);
  void cancelled(const std::string& id);
  void end_conversation();

  void find();
  void find_later();
  void probe(std::function<void(bool there)> then);
  void found();
  void run_own();
  void open(const std::string& base, const std::string& token);
  void shaken_hands(const Message& answer);
  void on_message(std::string text);
  void on_failed(const std::string& id, const Error& why);
  void lost(const Error& why);
  void fail_backlog(const Error& why);
  void owed_less();
  std::string base() const;

  net::Loop& loop_;
  Options options_;
  net::Client client_;
  State state_ = State::finding;
  net::LineCutter lines_;
  std::unique_ptr<gateway::Running> running_;  // weir in this process
  std::unique_ptr<gateway::mcp::Link> link_;
  std::unique_ptr<net::Fetch> probe_;
  net::Timer find_again_, end_;
  int64_t since_ms_ = 0;    // since when it is looked for
  bool was_there_ = false;  // one that somebody else runs
  bool input_ended_ = false;
  std::string trouble_;  // why there is none; said once

  std::string hello_, hello_id_, own_hello_id_, revision_;  // the client's initialize; the replayed one's id
  std::string initialized_;                                 // the client's notification
  bool welcomed_ = false;                                   // its initialize was answered
  uint64_t replays_ = 0;
  std::map<std::string, std::string>
      owed_;                         // requests that are not answered: by id, the text unless it is long
  std::set<std::string> asked_;      // ids of weir's own requests
  std::set<std::string> stateless_;  // ids of those of `owed_` that are of that era
  std::string session_;              // what tells its conversation from others'; empty until there is one
  struct Waiting {
    std::string text, id;
  };
  std::deque<Waiting> backlog_;
  size_t backlog_bytes_ = 0;
};

}  // namespace weir::cli
