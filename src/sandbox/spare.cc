#include "sandbox/spare.h"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <utility>

#include "sandbox/kernel.h"
#include "sandbox/packed.h"

namespace weir::sandbox {

std::optional<Spare> Spare::make() {
  int ends[2];
  Fd mounts(open("/proc/self/mounts", O_RDONLY | O_CLOEXEC));
  if (!mounts.open() || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) return {};
  Process made;
  made.report = Fd(ends[0]);
  const Fd theirs(ends[1]);
  int pidfd = -1;
  const unsigned uid = getuid();  // inside it is nobody yet
  const unsigned gid = getgid();
  made.pid = kernel::fork_with(namespaces(Plan{}) | CLONE_PIDFD, &pidfd);
  if (made.pid == 0) {
    close(ends[0]);
    be_spare(ends[1], uid, gid);
  }
  if (made.pid < 0) return {};
  made.process = Fd(pidfd);
  Spare spare(std::move(made));
  spare.mounts_ = std::move(mounts);
  return spare;
}

Spare::Spare(Spare&& other) noexcept
    : process_(std::exchange(other.process_, Process())), mounts_(std::move(other.mounts_)) {}

Spare::~Spare() {
  if (!process_.process.open()) return;
  kernel::pidfd_send_signal(process_.process.get(), SIGKILL);
  waitpid(process_.pid, nullptr, 0);
}

bool Spare::fits(const Entry& entry) const {
  pollfd changed{mounts_.get(), POLLPRI, 0};
  if (poll(&changed, 1, 0) != 0) return false;
  return namespaces(*entry.plan) == namespaces(Plan{}) && !entry.observed && !entry.shares_terminal &&
         (entry.way == nullptr || entry.way->files.empty());
}

bool Spare::give(const Entry& entry, const int (&standard)[3]) const {
  std::vector<std::string> strings = {plan_text(*entry.plan), entry.program};
  for (const char* word : entry.argv) {
    if (word != nullptr) strings.emplace_back(word);
  }
  strings.insert(strings.begin(), std::to_string(strings.size() - 2));
  for (const char* setting : entry.envp) {
    if (setting != nullptr) strings.emplace_back(setting);
  }
  std::vector<int> fds(std::begin(standard), std::end(standard));
  if (entry.way != nullptr) fds.push_back(entry.way->door);
  return send_packet(process_.report.get(), strings, fds);
}

Spare::Process Spare::release() {
  return std::exchange(process_, Process());
}

}  // namespace weir::sandbox
