// Notifier: runs the person's own command for each question that waits (`notify` in weir.toml).
//
// The command is an argument list, started without a shell, in a process group of its own, with the ask as
// JSON on its standard input and, in its environment, WEIR_ASK_TEXT (one line, hostile text made visible) and
// WEIR_ASK_LINK (the answer link; empty when there is none). It sees weir's environment without the variables
// that hold upstream keys. What it prints is dropped; after limits::kNotifyTimeMs its group is killed. A
// command that fails is a line on standard error and changes nothing else.
//
// All of it happens on a thread of its own: send() only queues. Past limits::kNotifyQueueMax waiting, asks
// are not told. Not promised: that what a command leaves in the background when it ends by itself ends too.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace weir::gateway {

struct Notice {
  std::string json;
  std::string text;
  std::string link;
};

class Notifier {
 public:
  using Log = std::function<void(const std::string&)>;  // on the notifier's thread

  // `command` is not empty. `secret_variables` are left out of the command's environment. `time_ms` and `log`
  // are for tests; by default the limit and standard error.
  Notifier(std::vector<std::string> command, std::vector<std::string> secret_variables, int64_t time_ms = 0,
           Log log = {});
  // Kills what still runs and waits for it.
  ~Notifier();
  Notifier(const Notifier&) = delete;
  Notifier& operator=(const Notifier&) = delete;

  // The thread that made this.
  void send(Notice notice);

 private:
  struct Running {
    int64_t deadline_ms = 0;  // monotonic
  };
  void work();
  void start(const Notice& notice);
  void reap(bool kill_all);
  void log(const std::string& line) const;

  const std::vector<std::string> command_;
  const std::vector<std::string> secret_variables_;
  const int64_t time_ms_;
  const Log log_;
  std::map<int, Running> running_;  // by process id; of the thread

  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Notice> queue_;  // guarded by mutex_
  bool ending_ = false;       // guarded by mutex_
  std::thread thread_;
};

}  // namespace weir::gateway
