#include "egress/pump.h"

#include <fmt/format.h>
#include <poll.h>

#include <cerrno>
#include <string>

#include "egress/limits.h"

namespace weir::egress {
namespace {

struct Direction {
  Stream& from;
  Stream& to;
  std::string waiting = {};  // to be written
  bool ended = false;        // nothing more comes
  bool closed = false;       // and that was passed on
  bool broken = false;
};

// Whether anything was written or passed on.
bool write_on(Direction& way) {
  bool moved = false;
  while (!way.waiting.empty()) {
    const ssize_t sent = way.to.write(way.waiting);
    if (sent <= 0) {
      way.broken = way.broken || sent == 0 || (errno != EAGAIN && errno != EINTR);
      return moved;
    }
    way.waiting.erase(0, static_cast<size_t>(sent));
    moved = true;
  }
  if (way.ended && !way.closed) {
    way.to.end_writing();
    way.closed = moved = true;
  }
  return moved;
}

class Pump {
 public:
  Pump(Stream& inside, Stream& outside, Counts& counts, Requests* requests, Replies* replies)
      : out_{inside, outside},
        in_{outside, inside},
        counts_(counts),
        requests_(requests),
        replies_(replies) {}

  Status run() {
    while (!(out_.closed && in_.closed)) {
      WEIR_TRY_ASSIGN(moved, step());
      if (out_.broken || in_.broken) return {};
      if (!moved && !wait()) return {};
    }
    return {};
  }

 private:
  Result<bool> step() {
    bool moved = false;
    if (may_read_out()) {
      WEIR_TRY_ASSIGN(read, read_out());
      moved = read;
    }
    if (in_.waiting.empty() && !in_.ended) moved = read_in() || moved;
    moved = write_on(out_) || moved;
    moved = write_on(in_) || moved;
    return moved;
  }

  bool may_read_out() const {
    return out_.waiting.empty() && !out_.ended && !(requests_ != nullptr && requests_->holding());
  }

  // -1: nothing there now.
  ssize_t read(Direction& way) {
    const ssize_t got = way.from.read(buffer_, sizeof(buffer_));
    if (got > 0) return got;
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return -1;
    way.ended = true;
    way.broken = way.broken || got < 0;
    return 0;
  }

  Result<bool> read_out() {
    const ssize_t got = read(out_);
    if (got <= 0) return got == 0;
    const std::string_view bytes(buffer_, static_cast<size_t>(got));
    if (requests_ == nullptr) {
      out_.waiting += bytes;
    } else if (auto fine = requests_->feed(bytes, out_.waiting); !fine) {
      if (counts_.in == 0) say_no(fine.error());
      return fine.error();
    }
    counts_.out += static_cast<uint64_t>(got);
    return true;
  }

  bool read_in() {
    const ssize_t got = read(in_);
    if (got < 0) return false;
    const std::string_view bytes(buffer_, static_cast<size_t>(got));
    if (replies_ == nullptr) {
      in_.waiting += bytes;
    } else if (got == 0) {
      replies_->end(in_.waiting);
    } else {
      for (; known_ < requests_->encoded().size(); ++known_) replies_->add(requests_->encoded()[known_]);
      replies_->feed(bytes, in_.waiting);
      if (requests_->holding() && replies_->upgraded()) requests_->answered(*replies_->upgraded());
    }
    counts_.in += static_cast<uint64_t>(got);
    return true;
  }

  void say_no(const Error& why) {
    const std::string text = "weir: " + why.message + "\n";
    in_.to.write(
        fmt::format("HTTP/1.1 403 Forbidden\r\nContent-Type: text/plain\r\nContent-Length: {}\r\n"
                    "Connection: close\r\n\r\n{}",
                    text.size(), text));
    in_.to.end_writing();
  }

  bool wait() {
    short inside = 0, outside = 0;
    if (may_read_out()) inside |= static_cast<short>(POLLIN | out_.from.also());
    if (!in_.waiting.empty()) inside |= static_cast<short>(POLLOUT | in_.to.also());
    if (in_.waiting.empty() && !in_.ended) outside |= static_cast<short>(POLLIN | in_.from.also());
    if (!out_.waiting.empty()) outside |= static_cast<short>(POLLOUT | out_.to.also());
    // A side without events is left out: it would only report that it hung up.
    pollfd waits[] = {{inside == 0 ? -1 : out_.from.fd(), inside, 0},
                      {outside == 0 ? -1 : out_.to.fd(), outside, 0}};
    if (inside == 0 && outside == 0) return false;
    const int64_t ms = out_.ended || in_.ended ? kHalfClosedMs : kIdleMs;
    const int got = poll(waits, 2, static_cast<int>(ms));
    return got > 0 || (got < 0 && errno == EINTR);
  }

  Direction out_, in_;
  Counts& counts_;
  Requests* requests_;
  Replies* replies_;
  size_t known_ = 0;  // of the requests' encoded secrets, by the replies
  char buffer_[kBufferBytes];
};

}  // namespace

Status pump(Stream& inside, Stream& outside, Counts& counts, Requests* requests, Replies* replies) {
  return Pump(inside, outside, counts, requests, replies).run();
}

}  // namespace weir::egress
