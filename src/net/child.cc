#include "net/child.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <utility>

#include "net/keeper.h"
#include "net/loop_impl.h"

namespace weir::net {
namespace {

using Descriptor = asio::posix::stream_descriptor;
using Ec = boost::system::error_code;

constexpr int64_t kLastWordsMs = 500;  // between the end of a child's output and its own

// One descriptor, closed when it is let go.
class Fd {
 public:
  explicit Fd(int fd = -1) : fd_(fd) {}
  Fd(Fd&& other) noexcept : fd_(other.release()) {}
  Fd& operator=(Fd&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Fd() {
    if (fd_ >= 0) ::close(fd_);
  }
  int get() const { return fd_; }
  int release() { return std::exchange(fd_, -1); }
  // Moves it out of the range that the new process puts its own into.
  bool lift() {
    if (fd_ < 0 || fd_ > kKeeperControlFd) return fd_ >= 0;
    Fd high(fcntl(fd_, F_DUPFD_CLOEXEC, kKeeperControlFd + 1));
    std::swap(fd_, high.fd_);
    return fd_ >= 0;
  }

 private:
  int fd_;
};

struct Ends {
  Fd ours, theirs;
};

bool make_pipe(Fd& read_end, Fd& write_end) {
  int fds[2];
  if (pipe2(fds, O_CLOEXEC) != 0) return false;
  read_end = Fd(fds[0]);
  write_end = Fd(fds[1]);
  return read_end.lift() && write_end.lift();
}

bool make_control(Ends& ends) {
  int fds[2];
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) != 0) return false;
  ends.ours = Fd(fds[0]);
  ends.theirs = Fd(fds[1]);
  return ends.ours.lift() && ends.theirs.lift();
}

bool is_program(const std::string& path) {
  struct stat info{};
  return stat(path.c_str(), &info) == 0 && S_ISREG(info.st_mode) && access(path.c_str(), X_OK) == 0;
}

Result<std::string> find_program(const ChildOptions& options) {
  if (options.command.empty() || options.command[0].empty()) return unavailable("no command is given");
  const std::string& name = options.command[0];
  if (name.find('/') != std::string::npos) {
    const std::string from = name[0] == '/' || options.cwd.empty() ? "" : options.cwd + "/";
    if (is_program(from + name)) return name;
    return unavailable("there is no such program", name, "an absolute path is surest");
  }
  const auto set = options.env.find("PATH");
  const char* own = std::getenv("PATH");
  std::string_view paths = own != nullptr ? own : "/usr/local/bin:/usr/bin:/bin";
  if (set != options.env.end()) paths = set->second;
  while (!paths.empty()) {
    const std::string_view folder = paths.substr(0, paths.find(':'));
    paths.remove_prefix(std::min(folder.size() + 1, paths.size()));
    if (!folder.starts_with('/')) continue;  // whatever folder weir happens to be in is nobody's choice
    std::string path = std::string(folder) + "/" + name;
    if (is_program(path)) return path;
  }
  return unavailable("there is no such program on PATH", name, "an absolute path is surest");
}

std::string describe_end(const KeeperMessage& message) {
  const int status = message.value;
  if (message.kind == KeeperMessage::failed)
    return fmt::format("it could not be started: {}", std::strerror(status));
  if (!WIFSIGNALED(status)) return fmt::format("it ended with exit code {}", WEXITSTATUS(status));
  return fmt::format("it was killed by signal {} ({})", WTERMSIG(status), strsignal(WTERMSIG(status)));
}

// write(2) without SIGPIPE, for a pipe and whatever the process does with that signal.
ssize_t write_quietly(int fd, const char* bytes, size_t size) {
  sigset_t pipe, before, waiting;
  sigemptyset(&pipe);
  sigaddset(&pipe, SIGPIPE);
  sigpending(&waiting);
  pthread_sigmask(SIG_BLOCK, &pipe, &before);
  const ssize_t written = ::write(fd, bytes, size);
  const int error = errno;
  if (written < 0 && error == EPIPE && sigismember(&waiting, SIGPIPE) == 0) {
    const timespec now{};
    sigtimedwait(&pipe, nullptr, &now);
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  errno = error;
  return written;
}

struct Spawned {
  pid_t pid = -1;
  Fd in, out, err, control, process;  // no process: somebody else waits for it
};

struct AllEnds {
  Ends in, out, err, control;
};

// With the keeper behind the other ends.
Status spawn_keeper(const ChildOptions& options, const std::string& program, const AllEnds& ends,
                    Spawned& spawned) {
  std::vector<std::string> words = {"weir", kKeepVerb, std::to_string(options.close_ms),
                                    std::to_string(getpid()), program};
  words.insert(words.end(), options.command.begin(), options.command.end());
  std::vector<std::string> settings;
  for (const auto& [name, value] : options.env) settings.push_back(name + "=" + value);
  std::vector<char*> argv, envp;
  for (std::string& word : words) argv.push_back(word.data());
  for (std::string& setting : settings) envp.push_back(setting.data());
  argv.push_back(nullptr);
  envp.push_back(nullptr);

  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  if (!options.cwd.empty()) posix_spawn_file_actions_addchdir_np(&actions, options.cwd.c_str());
  const int theirs[] = {ends.in.theirs.get(), ends.out.theirs.get(), ends.err.theirs.get(),
                        ends.control.theirs.get()};
  static_assert(kKeeperControlFd == 3);
  for (int fd = 0; fd <= kKeeperControlFd; ++fd) posix_spawn_file_actions_adddup2(&actions, theirs[fd], fd);
  posix_spawn_file_actions_addclosefrom_np(&actions, kKeeperControlFd + 1);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  sigset_t signals;
  sigemptyset(&signals);
  posix_spawnattr_setsigmask(&attributes, &signals);
  sigfillset(&signals);
  posix_spawnattr_setsigdefault(&attributes, &signals);

  const int failed =
      posix_spawn(&spawned.pid, options.keeper.c_str(), &actions, &attributes, argv.data(), envp.data());
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  if (failed != 0) return unavailable(fmt::format("cannot start a process: {}", std::strerror(failed)));
  spawned.process = Fd(static_cast<int>(syscall(SYS_pidfd_open, spawned.pid, 0)));
  if (spawned.process.get() < 0) {
    const int why = errno;
    kill(spawned.pid, SIGKILL);  // it has hardly begun; its child goes with it
    waitpid(spawned.pid, nullptr, 0);
    return unavailable(fmt::format("cannot watch a process: {}", std::strerror(why)));
  }
  return {};
}

Result<Spawned> spawn(const ChildOptions& options, const std::string& program) {
  AllEnds ends;
  if (!make_pipe(ends.in.theirs, ends.in.ours) || !make_pipe(ends.out.ours, ends.out.theirs) ||
      !make_pipe(ends.err.ours, ends.err.theirs) || !make_control(ends.control))
    return unavailable(fmt::format("no pipe for a child process: {}", std::strerror(errno)));
  Spawned spawned;
  const ChildEnds theirs{ends.in.theirs.get(), ends.out.theirs.get(), ends.err.theirs.get(),
                         ends.control.theirs.get()};
  if (!options.maker || !options.maker(options, theirs))
    WEIR_TRY(spawn_keeper(options, program, ends, spawned));
  for (Ends* each : {&ends.in, &ends.out, &ends.err, &ends.control})
    fcntl(each->ours.get(), F_SETFL, O_NONBLOCK);
  spawned.in = std::move(ends.in.ours);
  spawned.out = std::move(ends.out.ours);
  spawned.err = std::move(ends.err.ours);
  spawned.control = std::move(ends.control.ours);
  return spawned;
}

}  // namespace

// Kept alive by its waits: after the Child is gone, until the keeper has ended.
struct ChildState : std::enable_shared_from_this<ChildState> {
  ChildState(Loop& l, ChildHandler h, Spawned spawned)
      : loop(l),
        handler(std::make_shared<const ChildHandler>(std::move(h))),
        pid(spawned.pid),
        in(l.impl().io, spawned.in.release()),
        out(l.impl().io, spawned.out.release()),
        err(l.impl().io, spawned.err.release()),
        control(l.impl().io, spawned.control.release()),
        process(l.impl().io) {
    if (spawned.process.get() >= 0) process.assign(spawned.process.release());
  }

  void watch() {
    if (process.is_open()) {
      process.async_wait(Descriptor::wait_read, [self = shared_from_this(), this](Ec error) {
        if (!error) waitpid(pid, nullptr, WNOHANG);
        if (!error) close(process);
      });
    }
    control.async_wait(Descriptor::wait_read, [self = shared_from_this(), this](Ec error) {
      if (!error && control.is_open()) take_message();
    });
    wait_bytes(out, &ChildHandler::on_stdout);
    wait_bytes(err, &ChildHandler::on_stderr);
  }

  using OnBytes = std::function<void(std::string_view)> ChildHandler::*;

  void wait_bytes(Descriptor& from, OnBytes on_bytes) {
    from.async_wait(Descriptor::wait_read, [self = shared_from_this(), this, &from, on_bytes](Ec error) {
      if (error || !from.is_open()) return;
      if (read_some(from, on_bytes) != 0) return wait_bytes(from, on_bytes);
      if (!from.is_open()) return;
      close(from);
      if (&from != &out || ended) return;
      // Its end is about to be told, most often. A server that goes on without output is of no use either.
      last_words = loop.after(kLastWordsMs, [weak = weak_from_this()] {
        if (const auto state = weak.lock()) state->end("it closed its standard output");
      });
    });
  }

  // As read(2); -1 for nothing there now, and when a callback has closed the descriptor.
  ssize_t read_some(Descriptor& from, OnBytes on_bytes) {
    auto& scratch = loop.impl().scratch;
    const ssize_t got = ::read(from.native_handle(), scratch.data(), scratch.size());
    if (got < 0) return errno == EAGAIN || errno == EINTR ? -1 : 0;
    if (got == 0) return 0;
    const auto held = handler;
    if (held && (*held).*on_bytes) ((*held).*on_bytes)({scratch.data(), static_cast<size_t>(got)});
    return from.is_open() ? got : -1;
  }

  void take_message() {
    KeeperMessage message;
    const ssize_t got = ::recv(control.native_handle(), &message, sizeof(message), MSG_DONTWAIT);
    if (ended) return;
    // What the child had written is in the pipes. No more than they hold: others may go on writing.
    const std::pair<Descriptor*, OnBytes> pipes[] = {{&err, &ChildHandler::on_stderr},
                                                     {&out, &ChildHandler::on_stdout}};
    for (const auto& [from, on_bytes] : pipes) {
      ssize_t left = from->is_open() ? fcntl(from->native_handle(), F_GETPIPE_SZ) : 0;
      while (left > 0 && from->is_open()) {
        const ssize_t read = read_some(*from, on_bytes);
        if (read <= 0) break;
        left -= read;
      }
    }
    end(got == sizeof(message) ? describe_end(message) : "the process that keeps it was killed");
  }

  void end(std::string why) {
    if (ended) return;
    ended = true;
    last_words.cancel();
    forget_input();
    const auto held = std::exchange(handler, nullptr);
    if (held && held->on_end) held->on_end(std::move(why));
  }

  void write(std::string bytes) {
    if (!in.is_open() || closing) return;
    if (queued.empty()) {
      queued = std::move(bytes);
    } else {
      queued += bytes;
    }
    if (!writing) write_some();
  }

  void write_some() {
    while (written < inflight.size() || !queued.empty()) {
      if (written == inflight.size()) {
        inflight = std::exchange(queued, {});
        written = 0;
      }
      const ssize_t sent =
          write_quietly(in.native_handle(), inflight.data() + written, inflight.size() - written);
      if (sent < 0 && errno == EINTR) continue;
      if (sent < 0 && errno != EAGAIN) return forget_input();
      if (sent < 0) {
        writing = true;
        in.async_wait(Descriptor::wait_write, [self = shared_from_this(), this](Ec error) {
          writing = false;
          if (!error && in.is_open()) write_some();
        });
        return;
      }
      written += static_cast<size_t>(sent);
    }
    inflight = {};
    written = 0;
    if (closing) forget_input();
  }

  void forget_input() {
    close(in);
    queued = inflight = {};
    written = 0;
  }

  void close_in_order() {
    if (closing || !control.is_open()) return;
    closing = ended = true;
    last_words.cancel();
    handler = nullptr;
    const KeeperMessage message{KeeperMessage::close, 0};
    ::send(control.native_handle(), &message, sizeof(message), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (!writing) forget_input();
  }

  // The Child is gone. In order, its output is still read, so that nobody is killed by SIGPIPE.
  void let_go() {
    ended = true;
    last_words.cancel();
    handler = nullptr;
    if (closing) return;
    forget_input();
    close(out);
    close(err);
    close(control);
  }

  static void close(Descriptor& descriptor) {
    Ec ignored;
    descriptor.close(ignored);
  }

  Loop& loop;
  std::shared_ptr<const ChildHandler> handler;  // shared with a call under way; absent when none may follow
  const pid_t pid;                              // of the keeper; -1: somebody else waits for it
  Descriptor in, out, err, control, process;
  Timer last_words;
  std::string queued, inflight;
  size_t written = 0;  // of inflight
  bool writing = false, closing = false, ended = false;
};

Child::Child(std::shared_ptr<ChildState> state) : state_(std::move(state)) {}

Child::~Child() {
  state_->let_go();
}

Result<std::unique_ptr<Child>> Child::start(Loop& loop, ChildOptions options, ChildHandler handler) {
  struct stat folder{};
  if (!options.cwd.empty() && (stat(options.cwd.c_str(), &folder) != 0 || !S_ISDIR(folder.st_mode)))
    return unavailable("there is no such folder", options.cwd);
  WEIR_TRY_ASSIGN(program, find_program(options));
  WEIR_TRY_ASSIGN(spawned, spawn(options, program));
  const pid_t pid = spawned.pid;
  try {
    auto state = std::make_shared<ChildState>(loop, std::move(handler), std::move(spawned));
    state->watch();
    return std::unique_ptr<Child>(new Child(std::move(state)));
  } catch (const boost::system::system_error& error) {  // the system watches no more descriptors
    if (pid > 0) {
      kill(pid, SIGKILL);
      waitpid(pid, nullptr, 0);
    }
    return unavailable(fmt::format("cannot watch a process: {}", error.code().message()));
  }
}

void Child::write(std::string bytes) {
  state_->write(std::move(bytes));
}

size_t Child::queued() const {
  return state_->queued.size() + state_->inflight.size() - state_->written;
}

void Child::close() {
  state_->close_in_order();
}

}  // namespace weir::net
