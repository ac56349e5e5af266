// Requests: what a sandbox sends on one HTTP/1.1 connection, let through while each request is for the host
// that the connection was granted for. Replies: what comes back, with secrets taken out again. Pure.
//
// A request passes when its Host, and the authority of its target where there is one, is the granted host.
// Refused: CONNECT, other versions of HTTP, heads that two readers could understand in two ways (net/head.h),
// and a head that holds the stand-in of a secret that belongs to another host. Where a secret belongs to this
// host, its stand-in is replaced in target and header values, in Basic credentials too; never in bodies.
// Heads that need no change pass byte for byte.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "net/chunked.h"
#include "net/head.h"

namespace weir::egress {

// Of the same length, so that nothing else of a message changes with them.
struct Swap {
  std::string name;  // the variable in the sandbox
  std::string stand_in, secret;
};

struct Rules {
  std::string host;  // canonical name or address
  uint16_t port = 0;
  bool tls = false;
  std::span<const Swap> swaps = {};    // of this host; outlive the Requests
  std::span<const Swap> foreign = {};  // of others
};

class Requests {
 public:
  explicit Requests(Rules rules) : rules_(std::move(rules)) {}

  // Takes all of `in` and appends to `out` what may go on. Errors: denied, with a sentence; nothing of the
  // refused request was appended, and the connection must end.
  Status feed(std::string_view in, std::string& out);

  // After a request to speak WebSocket, which only the first one may be: nothing more is to be fed until the
  // reply is known. `yes`: what follows is no HTTP.
  bool holding() const { return state_ == State::asked; }
  void answered(bool yes) { state_ = yes ? State::other : State::head; }

  size_t count() const { return count_; }
  bool swapped() const { return swapped_; }
  // What secrets were put in as, where that is not their plain text.
  const std::vector<Swap>& encoded() const { return encoded_; }

 private:
  enum class State { head, length, chunked, asked, other };

  Status take_head(std::string& out);
  Status check_target(const net::RequestHead& head) const;
  Status check_authority(std::string_view authority) const;
  Status check_foreign(std::string_view head) const;
  void rewrite(net::RequestHead& head, std::string& out);
  bool swap_in(std::string& text) const;
  bool swap_basic(std::string& value);

  Rules rules_;
  State state_ = State::head;
  net::HeadScanner scanner_;
  std::string head_;
  uint64_t left_ = 0;
  net::ChunkedDecoder chunked_;
  size_t count_ = 0;
  bool swapped_ = false;
  std::vector<Swap> encoded_;
};

class Replies {
 public:
  explicit Replies(std::span<const Swap> swaps) : swaps_(swaps.begin(), swaps.end()) {}
  // More that is taken out from now on.
  void add(const Swap& swap) { swaps_.push_back(swap); }

  // As Requests::feed; what may be the beginning of a secret is kept until it is known.
  void feed(std::string_view in, std::string& out);
  void end(std::string& out);

  // Whether the first reply's status is 101; unknown until its line has begun.
  std::optional<bool> upgraded() const { return upgraded_; }

 private:
  std::vector<Swap> swaps_;
  std::string held_;
  std::string begin_;
  std::optional<bool> upgraded_;
};

}  // namespace weir::egress
