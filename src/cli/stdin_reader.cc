#include "cli/stdin_reader.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace weir::cli {

StdinReader::StdinReader(net::Loop& loop, size_t bytes_max, std::function<void(std::string)> on_bytes,
                         std::function<void()> on_end)
    : loop_(loop), bytes_max_(bytes_max), on_bytes_(std::move(on_bytes)), on_end_(std::move(on_end)) {
  if (pipe2(wake_, O_CLOEXEC) != 0) wake_[0] = wake_[1] = -1;
  thread_ = std::thread([this] { read_all(); });
}

StdinReader::~StdinReader() {
  alive_.reset();
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  room_.notify_all();
  if (wake_[1] >= 0) close(wake_[1]);
  thread_.join();
  if (wake_[0] >= 0) close(wake_[0]);
}

void StdinReader::taken(size_t bytes) {
  {
    const std::lock_guard lock(mutex_);
    posted_ -= bytes;
  }
  room_.notify_all();
}

void StdinReader::read_all() {
  std::string buffer(size_t{64} << 10, '\0');
  while (true) {
    {
      std::unique_lock lock(mutex_);
      room_.wait(lock, [&] { return stop_ || posted_ < bytes_max_; });
      if (stop_) return;
    }
    pollfd waits[] = {{STDIN_FILENO, POLLIN, 0}, {wake_[0], POLLIN, 0}};
    if (poll(waits, 2, -1) < 0 && errno != EINTR) break;
    if (waits[1].revents != 0) return;
    if (waits[0].revents == 0) continue;
    const ssize_t got = read(STDIN_FILENO, buffer.data(), buffer.size());
    if (got < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (got <= 0) break;
    const auto size = static_cast<size_t>(got);
    {
      const std::lock_guard lock(mutex_);
      posted_ += size;
    }
    loop_.post([this, alive = std::weak_ptr(alive_), bytes = buffer.substr(0, size)]() mutable {
      if (alive.expired()) return;
      taken(bytes.size());
      on_bytes_(std::move(bytes));
    });
  }
  loop_.post([this, alive = std::weak_ptr(alive_)] {
    if (!alive.expired()) on_end_();
  });
}

}  // namespace weir::cli
