#include "sandbox/pump.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <cerrno>

namespace weir::sandbox {

bool Pump::prepare() {
  for (const int stream : {0, 1}) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) return false;
    ours_[stream] = Fd(ends[0]);
    theirs_[stream] = Fd(ends[1]);
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
  }
  return true;
}

void Pump::become_child() {
  for (const int stream : {0, 1}) {
    if (theirs_[stream].open()) dup2(theirs_[stream].get(), stream + 1);
    ours_[stream].reset();
    theirs_[stream].reset();
  }
}

void Pump::become_parent() {
  for (const int stream : {0, 1}) theirs_[stream].reset();
}

void Pump::move(int stream) {
  char buffer[65536];
  const ssize_t got = read(ours_[stream].get(), buffer, sizeof(buffer));
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (got <= 0) return ours_[stream].reset();
  moved_ += static_cast<uint64_t>(got);
  for (ssize_t done = 0; done < got;) {
    const ssize_t sent = write(stream + 1, buffer + done, static_cast<size_t>(got - done));
    if (sent < 0 && errno == EAGAIN) {
      pollfd wait{stream + 1, POLLOUT, 0};
      poll(&wait, 1, -1);
    } else if (sent < 0 && errno != EINTR) {
      return ours_[stream].reset();  // nobody reads: the command sees its pipe break
    } else if (sent > 0) {
      done += sent;
    }
  }
}

bool Pump::drain(uint64_t bytes_max) {
  for (const int stream : {0, 1}) {
    while (ours_[stream].open()) {
      if (bytes_max > 0 && moved_ > bytes_max) return false;
      move(stream);
    }
  }
  return bytes_max == 0 || moved_ <= bytes_max;
}

}  // namespace weir::sandbox
