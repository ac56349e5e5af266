// Loop: one thread's event loop, and timers on it.
//
// Everything in net belongs to one Loop and is used on the thread that runs it; only post() and stop() may be
// called from elsewhere. The Loop outlives everything that was made on it. Callbacks never run inside the
// call that asked for them.
#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>

namespace weir::net {

struct LoopImpl;
struct TimerState;

// One wait. Destroying, assigning or cancelling it makes sure that its callback does not run; the callback
// may do each of these. An empty one waits for nothing.
class Timer {
 public:
  Timer();
  ~Timer();
  Timer(Timer&&) noexcept;
  Timer& operator=(Timer&&) noexcept;

  void cancel();
  // True from after() until the callback starts.
  bool waiting() const;

 private:
  friend class Loop;
  explicit Timer(std::shared_ptr<TimerState> state);
  std::shared_ptr<TimerState> state_;  // shared with the wait under way
};

class Loop {
 public:
  Loop();
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  // Runs callbacks until stop(). May be called again after it returned.
  void run();
  // Any thread. Makes run() return after the callback that it is in; before run(), makes that return at once.
  void stop();
  // Any thread. Runs the function once on the loop's thread, in the order of posting.
  void post(std::function<void()> function);
  // Runs the function once, not before `ms` milliseconds (monotonic) are over.
  [[nodiscard]] Timer after(int64_t ms, std::function<void()> function);
  // Runs the function on the loop's thread each time that one of the signals arrives. Replaces an earlier
  // one.
  void on_signal(std::initializer_list<int> signals, std::function<void(int)> function);

  // Monotonic milliseconds, read from the system once a call.
  int64_t mono_ms() const;

  LoopImpl& impl() { return *impl_; }  // for net's own files: loop_impl.h

 private:
  std::unique_ptr<LoopImpl> impl_;
};

}  // namespace weir::net
