// For tests of Child: a child on a loop of its own, and what came of it and of its descendants.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <random>
#include <sstream>
#include <thread>

#include "net/child.h"
#include "net/testing.h"

namespace weir::net::testing {

using namespace std::chrono_literals;

inline std::string read_whole(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::stringstream all;
  all << in.rdbuf();
  return all.str();
}

// The processes that have the marker in their environment, keepers too.
inline std::vector<pid_t> marked(const std::string& marker) {
  std::vector<pid_t> found;
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    const std::string name = entry.path().filename();
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    if (read_whole("/proc/" + name + "/environ").find(marker) != std::string::npos)
      found.push_back(std::stoi(name));
  }
  return found;
}

template <class F>
bool soon(F condition, std::chrono::milliseconds patience = 10s) {
  const auto end = std::chrono::steady_clock::now() + patience;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(2ms);
  }
  return true;
}

inline size_t open_descriptors() {
  return static_cast<size_t>(std::distance(std::filesystem::directory_iterator("/proc/self/fd"), {}));
}

// Zombies too.
inline bool has_children() {
  for (const auto& task : std::filesystem::directory_iterator("/proc/self/task"))
    if (!read_whole(task.path().string() + "/children").empty()) return true;
  return false;
}

// A child on a loop of its own, and what came of it.
class Program {
 public:
  explicit Program(std::vector<std::string> command, int64_t close_ms = 200) {
    options_.command = std::move(command);
    options_.close_ms = close_ms;
    marker_ = "WEIR_TEST_MARK=" + std::to_string(std::random_device{}()) + std::to_string(getpid());
    options_.env = {{"PATH", "/usr/local/bin:/usr/bin:/bin"}, {"WEIR_TEST_MARK", marker_.substr(15)}};
  }
  // The loop goes last: it waits for what has ended.
  ~Program() {
    drop();
    EXPECT_TRUE(all_gone());
  }
  static Program shell(std::string script, int64_t close_ms = 200) {
    return Program({"sh", "-c", std::move(script)}, close_ms);
  }
  static Program python(std::string script, int64_t close_ms = 200) {
    return Program({"python3", "-c", std::move(script)}, close_ms);
  }

  ChildOptions& options() { return options_; }
  Program& start() {
    const auto started = try_start();
    EXPECT_TRUE(started.has_value()) << (started ? "" : started.error().text());
    return *this;
  }
  Status try_start() {
    return loop_.on([&]() -> Status {
      auto child = Child::start(loop_.loop(), options_, handler());
      if (!child) return child.error();
      child_ = std::move(*child);
      return {};
    });
  }
  void write(std::string bytes) {
    loop_.on([&] { child_->write(std::move(bytes)); });
  }
  size_t queued() {
    return loop_.on([&] { return child_->queued(); });
  }
  void close() {
    loop_.on([&] { child_->close(); });
  }
  void drop() {
    loop_.on([&] { child_.reset(); });
  }
  bool wait_for(std::string_view text) {
    return wait([&] { return out_.find(text) != out_.npos; });
  }
  std::string wait_end() {
    EXPECT_TRUE(wait([&] { return ends_ > 0; }));
    return why_;
  }
  std::string out() {
    const std::lock_guard lock(mutex_);
    return out_;
  }
  std::string err() {
    const std::lock_guard lock(mutex_);
    return err_;
  }
  int ends() {
    const std::lock_guard lock(mutex_);
    return ends_;
  }
  bool all_gone() {
    return soon([&] { return marked(marker_).empty() && !has_children(); });
  }
  size_t processes() { return marked(marker_).size(); }
  const std::string& marker() const { return marker_; }
  std::function<void()> on_out;  // on the loop's thread, after each piece
  Child* child() { return child_.get(); }
  void drop_here() { child_.reset(); }

 private:
  template <class F>
  bool wait(F condition) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, 10s, condition);
  }
  ChildHandler handler() {
    const auto add = [this](std::string& to) {
      return [this, &to](std::string_view bytes) {
        {
          const std::lock_guard lock(mutex_);
          to += bytes;
        }
        changed_.notify_all();
        if (on_out) on_out();
      };
    };
    return {add(out_), add(err_), [this](std::string why) {
              const std::lock_guard lock(mutex_);
              why_ = std::move(why);
              ++ends_;
              changed_.notify_all();
            }};
  }

  ChildOptions options_;
  std::string marker_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::string out_, err_, why_;
  int ends_ = 0;
  std::unique_ptr<Child> child_;
  LoopThread loop_;
};

}  // namespace weir::net::testing
