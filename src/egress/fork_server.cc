#include "egress/fork_server.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/close_range.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <optional>

#include "egress/start.h"
#include "net/keeper.h"
#include "sandbox/packed.h"
#include "sandbox/spare.h"

extern char** environ;

namespace weir::egress {
namespace {

// In a request: descriptors in this order, then strings: close_ms, how many settings, settings, and the words
// after `weir enclose`.
enum : size_t { kIn, kOut, kErr, kControl, kFds };

// A spare is made when nothing was asked for so long: not while a sandbox starts.
constexpr int kQuietMs = 20;

void tell(int control, net::KeeperMessage::Kind kind, int value) {
  const net::KeeperMessage message{kind, value};
  send(control, &message, sizeof(message), MSG_NOSIGNAL | MSG_DONTWAIT);
}

// Standard input, output and error lead nowhere.
void let_go_of_standard() {
  const int null = open("/dev/null", O_RDWR | O_CLOEXEC);
  for (const int fd : {0, 1, 2}) dup2(null, fd);
  if (null > 2) close(null);
}

// Weir's environment has keys in it.
void forget_environment() {
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry)
    std::memset(*entry, 0, std::strlen(*entry));
  clearenv();
}

// One sandbox: with a spare, waits for what it is to be.
[[noreturn]] void supervise(const sandbox::Fd& requests, pid_t server) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != server) _exit(1);
  setsid();
  for (const int signal : {SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGCHLD}) ::signal(signal, SIG_DFL);
  auto spare = sandbox::Spare::make();
  auto request = sandbox::receive_packet(requests.get());
  if (!request || request->fds.size() != kFds || request->strings.size() < 2) {
    spare.reset();
    _exit(1);
  }
  for (const size_t fd : {kIn, kOut, kErr}) {
    dup2(request->fds[fd].get(), static_cast<int>(fd));
    request->fds[fd].reset();
  }
  std::vector<std::string>& strings = request->strings;
  const sandbox::Orders orders{request->fds[kControl].get(), std::atoll(strings[0].c_str())};
  const size_t settings =
      std::min<size_t>(std::strtoull(strings[1].c_str(), nullptr, 10), strings.size() - 2);
  for (size_t i = 0; i < settings; ++i) putenv(strings[2 + i].data());
  const std::vector<std::string> words(strings.begin() + 2 + static_cast<ptrdiff_t>(settings), strings.end());
  std::optional<sandbox::Remains> remains(std::in_place);
  const int code =
      enclose(words, {.spare = spare ? &*spare : nullptr, .orders = &orders, .remains = &*remains});
  // Whoever holds the other ends sees their end before the word of it.
  std::fflush(nullptr);
  let_go_of_standard();
  tell(orders.fd, net::KeeperMessage::ended, code << 8);
  spare.reset();
  remains.reset();
  _exit(code);
}

class Server {
 public:
  explicit Server(sandbox::Fd client) : client_(std::move(client)) {}

  [[noreturn]] void run() {
    setsid();
    prctl(PR_SET_NAME, "weir-sandboxes");
    // It ends by its socket alone: sandboxes that were told to end in order have time until then.
    for (const int signal : {SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGCHLD}) ::signal(signal, SIG_IGN);
    let_go_of_standard();
    forget_environment();
    if (chdir("/") != 0) _exit(1);
    while (true) {
      pollfd wait{client_.get(), POLLIN, 0};
      const int ready = poll(&wait, 1, spare_.open() ? -1 : kQuietMs);
      if (ready < 0 && errno != EINTR) break;
      if (ready == 0) make_supervisor();
      if (ready > 0 && !pass_on()) break;
    }
    spare_.reset();
    // SIGCHLD is ignored: comes back when the last child has ended.
    while (waitpid(-1, nullptr, 0) >= 0 || errno == EINTR) continue;
    _exit(0);
  }

 private:
  // False, with errno.
  bool make_supervisor() {
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) return false;
    sandbox::Fd ours(ends[0]);
    sandbox::Fd theirs(ends[1]);
    const pid_t self = getpid();
    const pid_t pid = fork();
    if (pid == 0) {
      client_.reset();
      ours.reset();
      spare_.reset();
      supervise(theirs, self);
    }
    if (pid < 0) return false;
    spare_ = std::move(ours);
    return true;
  }

  // False at weir's end.
  bool pass_on() {
    auto request = sandbox::receive_packet(client_.get());
    if (!request || request->fds.size() != kFds) return false;
    std::vector<int> fds;
    for (const sandbox::Fd& fd : request->fds) fds.push_back(fd.get());
    const bool passed = (spare_.open() && sandbox::send_packet(spare_.get(), request->strings, fds)) ||
                        (make_supervisor() && sandbox::send_packet(spare_.get(), request->strings, fds));
    if (!passed) tell(fds[kControl], net::KeeperMessage::failed, errno);
    spare_.reset();
    // The next copy of this process must not have the keys among them.
    for (std::string& each : request->strings) explicit_bzero(each.data(), each.size());
    return true;
  }

  sandbox::Fd client_;
  sandbox::Fd spare_ = sandbox::Fd();  // to a supervisor that waits
};

}  // namespace

Result<ForkServer> ForkServer::start() {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
    return unavailable(fmt::format("no socket for the fork server: {}", std::strerror(errno)));
  sandbox::Fd ours(ends[0]);
  sandbox::Fd theirs(ends[1]);
  const pid_t pid = fork();
  if (pid == 0) {
    ours.reset();
    // What weir was started with may be open in it, and is not the sandboxes'.
    if (theirs.get() != 3) {
      dup2(theirs.get(), 3);
      theirs.release();
    } else {
      theirs.release();
    }
    close_range(4, ~0U, 0);
    fcntl(3, F_SETFD, FD_CLOEXEC);
    Server(sandbox::Fd(3)).run();
  }
  if (pid < 0) return unavailable(fmt::format("no process for the fork server: {}", std::strerror(errno)));
  fcntl(ours.get(), F_SETFL, O_NONBLOCK);
  return ForkServer(std::move(ours));
}

bool ForkServer::make(const net::ChildOptions& child, const net::ChildEnds& ends) const {
  std::vector<std::string> strings = {std::to_string(child.close_ms), std::to_string(child.env.size())};
  for (const auto& [name, value] : child.env) strings.push_back(name + "=" + value);
  strings.insert(strings.end(), child.command.begin() + 2, child.command.end());
  return sandbox::send_packet(socket_.get(), strings, {ends.in, ends.out, ends.err, ends.control});
}

}  // namespace weir::egress
