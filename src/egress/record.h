// Record: one line of JSON for each connection, name and refusal of a sandbox, in a file that it cannot
// reach; refusals on standard error, too, each place once.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <set>
#include <string>

#include "sandbox/fd.h"

namespace weir::egress {

struct Entry {
  std::string host;          // as it was asked for; hostile
  uint16_t port = 0;         // 0: a name that was asked for
  std::string address = {};  // that was dialled
  bool allowed = true;
  std::string why = {};  // a sentence, when it was refused or failed
  uint64_t out_bytes = 0, in_bytes = 0;
  uint64_t requests = 0;    // where they could be counted
  std::string secret = {};  // names of what was put in
};

// Safe for many threads.
class Record {
 public:
  // `path`: appended to, made if need be; empty: no file. Past kRecordBytesMax it is moved to PATH.old. A
  // file that cannot be opened is said on standard error.
  Record(std::string profile, std::string program, const std::string& path);

  void add(const Entry& entry);
  // An allowed name or place that a draft of a profile needs: with every entry, when set.
  bool quiet = false;  // nothing on standard error

 private:
  void say(const Entry& entry);

  const std::string profile_, program_;
  std::mutex mutex_;
  sandbox::Fd file_ = sandbox::Fd();
  std::set<std::string> said_;
};

}  // namespace weir::egress
