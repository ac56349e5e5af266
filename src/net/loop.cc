#include "net/loop.h"

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <utility>

#include "net/loop_impl.h"

namespace weir::net {

struct TimerState {
  explicit TimerState(asio::io_context& io) : timer(io) {}
  asio::steady_timer timer;
  std::function<void()> function;  // empty once it ran or was cancelled
};

Timer::Timer() = default;
Timer::Timer(std::shared_ptr<TimerState> state) : state_(std::move(state)) {}
Timer::Timer(Timer&&) noexcept = default;
Timer::~Timer() {
  cancel();
}

Timer& Timer::operator=(Timer&& other) noexcept {
  if (this != &other) {
    cancel();
    state_ = std::move(other.state_);
  }
  return *this;
}

void Timer::cancel() {
  const auto state = std::exchange(state_, nullptr);
  if (!state) return;
  // What the function holds may own this Timer: let it go last.
  const auto function = std::exchange(state->function, nullptr);
  state->timer.cancel();
}

bool Timer::waiting() const {
  return state_ && state_->function;
}

void LoopImpl::wait_signal() {
  signals->async_wait([this](boost::system::error_code error, int signal) {
    if (error) return;
    wait_signal();
    const auto function = on_signal;
    if (function) function(signal);
  });
}

Loop::Loop() : impl_(std::make_unique<LoopImpl>()) {}
Loop::~Loop() = default;

void Loop::run() {
  impl_->io.run();
  impl_->io.restart();
}

void Loop::stop() {
  impl_->io.stop();
}

void Loop::post(std::function<void()> function) {
  asio::post(impl_->io, std::move(function));
}

Timer Loop::after(int64_t ms, std::function<void()> function) {
  auto state = std::make_shared<TimerState>(impl_->io);
  state->function = std::move(function);
  state->timer.expires_after(std::chrono::milliseconds(ms));
  state->timer.async_wait([state](boost::system::error_code) {
    const auto run = std::exchange(state->function, nullptr);
    if (run) run();
  });
  return Timer(std::move(state));
}

void Loop::on_signal(std::initializer_list<int> signals, std::function<void(int)> function) {
  impl_->signals.emplace(impl_->io);
  impl_->on_signal = std::move(function);
  boost::system::error_code ignored;  // only an invalid number fails: then that signal keeps its meaning
  for (const int signal : signals) impl_->signals->add(signal, ignored);
  impl_->wait_signal();
}

int64_t Loop::mono_ms() const {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

}  // namespace weir::net
