// Notary: has each connection of a sandbox noted on the ledger, by whoever holds the other end of a socket.
//
// Guarantees: where there is a ledger, opening() comes back without an error only when the entry is durable.
// Safe for many threads.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "egress/notice.h"
#include "egress/record.h"

namespace weir::egress {

class Notary {
 public:
  // `fd`: a socket of packets, which outlives this; -1: there is no ledger, and nothing is noted. Starts a
  // thread, which uses this until the process ends.
  Notary(int fd, std::string program);
  Notary(const Notary&) = delete;

  // Blocks. The entry's index; nothing without a ledger. Errors: denied, when it was not noted.
  Result<std::optional<uint64_t>> opening(const Entry& entry, std::vector<std::string> secrets);
  // What is refused faster than kRefusalsNoted says is only counted.
  void refused(const Entry& entry);
  void ended(uint64_t index, const Entry& entry);

 private:
  void listen();
  bool send(const Notice& notice) const;

  const int fd_;
  const std::string program_;
  std::mutex mutex_;
  std::condition_variable answered_;
  std::map<uint64_t, std::optional<Noted>> waiting_;  // by number
  uint64_t next_ = 1;
  bool gone_ = false;
  int64_t refusals_ms_ = 0;  // when one more may be noted, less what may come at once
  uint64_t left_out_ = 0;
};

}  // namespace weir::egress
