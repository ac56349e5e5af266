#include "net/keeper.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <set>
#include <string>
#include <vector>

#include "net/child.h"

namespace weir::net {
namespace {

constexpr int kWrongUse = 125;
constexpr int kKillAgainMs = 5;         // doubles up to kKillAgainMsMax while something does not die
constexpr int kKillAgainMsMax = 1'000;  // another user's, or one that hangs in the kernel

int64_t now_ms() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return int64_t{now.tv_sec} * 1000 + now.tv_nsec / 1'000'000;
}

// The processes that are children of this one, the ended ones that nobody waited for too. None of their
// numbers can be taken by another process before this one has waited for it.
std::vector<pid_t> children() {
  std::vector<pid_t> found;
  const int fd = open("/proc/thread-self/children", O_RDONLY | O_CLOEXEC);
  if (fd < 0) return found;
  std::string text;
  char buffer[4096];
  for (ssize_t got = 0; (got = read(fd, buffer, sizeof(buffer))) > 0;)
    text.append(buffer, static_cast<size_t>(got));
  ::close(fd);
  const char* at = text.c_str();
  char* end = nullptr;
  for (long pid = std::strtol(at, &end, 10); end != at; pid = std::strtol(at, &end, 10)) {
    found.push_back(static_cast<pid_t>(pid));
    at = end;
  }
  return found;
}

// Becomes the child; comes back only when that failed.
int become(pid_t keeper, bool line, char* program, char** argv) {
  setsid();
  // A keeper that is killed cannot end the child: so the child goes with it.
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != keeper) return ESRCH;
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  close_range(3, ~0U, CLOSE_RANGE_CLOEXEC);
  if (line) dup2(kKeeperLineFd, kLineFd);
  execv(program, argv);
  return errno;
}

class Keeper {
 public:
  Keeper(int64_t close_ms, pid_t parent, bool line) : close_ms_(close_ms), parent_(parent), line_(line) {}

  // False when there is nothing to keep.
  bool start(char* program, char** argv) {
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    prctl(PR_SET_PDEATHSIG, SIGHUP);
    sigset_t watched;
    sigemptyset(&watched);
    for (const int signal : {SIGCHLD, SIGTERM, SIGINT, SIGHUP}) sigaddset(&watched, signal);
    sigprocmask(SIG_BLOCK, &watched, nullptr);
    signals_ = signalfd(-1, &watched, SFD_CLOEXEC | SFD_NONBLOCK);
    if (signals_ < 0 || getppid() != parent_) return false;
    int report[2];
    if (pipe2(report, O_CLOEXEC) != 0) return tell(KeeperMessage::failed, errno), false;
    const pid_t self = getpid();
    child_ = fork();
    if (child_ == 0) {
      const int why = become(self, line_, program, argv);
      const ssize_t ignored = write(report[1], &why, sizeof(why));
      _exit(ignored == sizeof(why) ? 127 : 126);
    }
    if (child_ < 0) return tell(KeeperMessage::failed, errno), false;
    ::close(report[1]);
    if (line_) ::close(kKeeperLineFd);
    // Whoever holds the other ends must see end-of-file when the tree is gone.
    if (const int null = open("/dev/null", O_RDWR | O_CLOEXEC); null >= 0) {
      for (const int fd : {0, 1, 2}) dup2(null, fd);
      ::close(null);
    } else {
      for (const int fd : {0, 1, 2}) ::close(fd);
    }
    int why = 0;
    if (read(report[0], &why, sizeof(why)) == sizeof(why)) {
      failed_ = true;
      tell(KeeperMessage::failed, why);
    }
    ::close(report[0]);
    return true;
  }

  int run() {
    while (reap()) {
      if (state_ == State::ending && now_ms() >= deadline_ms_) state_ = State::killing;
      if (state_ == State::waiting && now_ms() >= deadline_ms_) end_tree();
      if (state_ == State::ending) signal_new_children();
      if (state_ == State::killing) kill_children();
      wait();
    }
    return exit_code_;
  }

 private:
  enum class State {
    running,
    waiting,
    ending,
    killing
  };  // waiting: for the child to see the end of its stdin

  void tell(KeeperMessage::Kind kind, int value) {
    const KeeperMessage message{kind, value};
    send(kKeeperControlFd, &message, sizeof(message), MSG_NOSIGNAL | MSG_DONTWAIT);
  }

  // False when no child is left.
  bool reap() {
    while (true) {
      int status = 0;
      const pid_t pid = waitpid(-1, &status, WNOHANG);
      if (pid == 0) return true;
      if (pid < 0) {
        if (errno == EINTR) continue;
        return false;
      }
      if (pid != child_) continue;
      exit_code_ = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
      if (!failed_) tell(KeeperMessage::ended, status);
      if (state_ == State::running || state_ == State::waiting) end_tree();
    }
  }

  void end_tree() {
    state_ = State::ending;
    deadline_ms_ = now_ms() + close_ms_;
  }

  // A descendant that loses its parent comes later, and gets its signal then.
  void signal_new_children() {
    for (const pid_t pid : children()) {
      const pid_t group = getpgid(pid);
      if (group > 1 && group != getpgrp() && told_.insert(group).second) kill(-group, SIGTERM);
    }
  }

  void kill_children() {
    for (const pid_t pid : children()) {
      // The group at once, so that none of it forks in between. It cannot be one of strangers: a process can
      // only join groups of its own session, and all sessions of the tree began in it.
      const pid_t group = getpgid(pid);
      if (group > 1 && group != getpgrp()) kill(-group, SIGKILL);
      kill(pid, SIGKILL);
    }
  }

  void wait() {
    int timeout_ms = -1;
    if (state_ == State::killing) {
      timeout_ms = kill_again_ms_;
      kill_again_ms_ = std::min(2 * kill_again_ms_, kKillAgainMsMax);
    } else if (state_ != State::running) {
      timeout_ms = static_cast<int>(std::clamp<int64_t>(deadline_ms_ - now_ms(), 0, 60'000));
    }
    pollfd waits[] = {{signals_, POLLIN, 0}, {gone_ ? -1 : kKeeperControlFd, POLLIN, 0}};
    if (poll(waits, 2, timeout_ms) <= 0) return;
    if (waits[0].revents != 0) take_signals();
    if (waits[1].revents != 0) take_message();
  }

  void take_signals() {
    signalfd_siginfo info{};
    while (read(signals_, &info, sizeof(info)) == sizeof(info)) {
      if (info.ssi_signo == SIGCHLD) kill_again_ms_ = kKillAgainMs;  // something moves
      // PR_SET_PDEATHSIG comes also when only the thread that started this has ended.
      if (info.ssi_signo == SIGHUP && getppid() != parent_) lost();
      if (info.ssi_signo != SIGTERM && info.ssi_signo != SIGINT) continue;
      ordered_ = true;
      if (state_ == State::running || state_ == State::waiting) end_tree();
    }
  }

  void take_message() {
    KeeperMessage message;
    const ssize_t got = recv(kKeeperControlFd, &message, sizeof(message), MSG_DONTWAIT);
    if (got < 0 && (errno == EINTR || errno == EAGAIN)) return;
    if (got != sizeof(message)) {
      gone_ = true;
      return lost();
    }
    if (message.kind != KeeperMessage::close) return;
    ordered_ = true;
    if (state_ != State::running) return;
    state_ = State::waiting;
    deadline_ms_ = now_ms() + close_ms_;
  }

  void lost() {
    if (!ordered_) state_ = State::killing;
  }

  const int64_t close_ms_;
  const pid_t parent_;
  const bool line_;  // the child has one
  pid_t child_ = -1;
  int signals_ = -1;
  int exit_code_ = 0;
  State state_ = State::running;
  bool failed_ = false;   // the child never became what it should
  bool ordered_ = false;  // the end was asked for: it takes its time, with or without weir
  bool gone_ = false;     // the control socket's other end
  int64_t deadline_ms_ = 0;
  int kill_again_ms_ = kKillAgainMs;
  std::set<pid_t> told_;  // groups that TERM went to
};

}  // namespace

int keep(int argc, char** argv) {
  if (argc < 4) return kWrongUse;
  fcntl(kKeeperControlFd, F_SETFD, FD_CLOEXEC);
  // Nothing else is open there yet.
  const bool line = fcntl(kKeeperLineFd, F_SETFD, FD_CLOEXEC) == 0;
  Keeper keeper(std::strtoll(argv[0], nullptr, 10), static_cast<pid_t>(std::strtol(argv[1], nullptr, 10)),
                line);
  return keeper.start(argv[2], argv + 3) ? keeper.run() : kWrongUse;
}

}  // namespace weir::net
