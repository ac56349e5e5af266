// StdinReader: standard input, whatever it is, on a thread of its own.
//
// A file, a pipe, a terminal or a socket: not all of them can be waited for by the loop, so a thread reads
// and posts. It reads on only while less than bytes_max of what it posted is not taken yet.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

#include "net/loop.h"

namespace weir::cli {

class StdinReader {
 public:
  // `on_bytes` and, once and last, `on_end` run on the loop's thread; not after the destructor.
  StdinReader(net::Loop& loop, size_t bytes_max, std::function<void(std::string)> on_bytes,
              std::function<void()> on_end);
  ~StdinReader();
  StdinReader(const StdinReader&) = delete;
  StdinReader& operator=(const StdinReader&) = delete;

 private:
  void read_all();
  void taken(size_t bytes);

  net::Loop& loop_;
  const size_t bytes_max_;
  std::function<void(std::string)> on_bytes_;
  std::function<void()> on_end_;
  std::shared_ptr<bool> alive_ =
      std::make_shared<bool>(true);  // on the loop's thread: watched by what is posted
  int wake_[2] = {-1, -1};           // a pipe; its end ends the wait for input
  std::mutex mutex_;
  std::condition_variable room_;
  size_t posted_ = 0;  // guarded by mutex_
  bool stop_ = false;  // guarded by mutex_
  std::thread thread_;
};

}  // namespace weir::cli
