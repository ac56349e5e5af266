// Labelling: requests whose text is not labelled yet, in the order in which they came.
//
// Text flows while it waits; whoever needs the workspace has all of it labelled first (Gateway::workspace),
// so that nothing is decided before all that any planner was shown is labelled, and what came first is first
// seen. One loop.
#pragma once

#include <deque>
#include <functional>
#include <utility>

#include "net/loop.h"

namespace weir::gateway {

class Labelling {
 public:
  explicit Labelling(net::Loop& loop) : loop_(loop) {}

  // `label` runs once, at the latest when kDelayMs are over.
  void put(std::function<void()> label) {
    waiting_.push_back(std::move(label));
    if (!timer_.waiting()) timer_ = loop_.after(kDelayMs, [this] { all(); });
  }

  // Runs all that waits. Nothing when called from one of them: they need the workspace as well.
  void all() {
    if (running_) return;
    running_ = true;
    while (!waiting_.empty()) {
      const std::function<void()> label = std::move(waiting_.front());
      waiting_.pop_front();
      label();
    }
    running_ = false;
  }

 private:
  // A planner thinks for longer: its calls find the labels made. One that answers at once does not wait for
  // them.
  static constexpr int64_t kDelayMs = 1;

  net::Loop& loop_;
  std::deque<std::function<void()>> waiting_;
  net::Timer timer_;
  bool running_ = false;
};

}  // namespace weir::gateway
