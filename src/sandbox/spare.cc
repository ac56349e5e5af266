#include "sandbox/spare.h"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "sandbox/given.h"
#include "sandbox/kernel.h"

namespace weir::sandbox {

std::optional<Spare> Spare::make() {
  int ends[2];
  Fd mounts(open("/proc/self/mounts", O_RDONLY | O_CLOEXEC));
  if (!mounts.open() || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) return {};
  // Before the process takes them: one that is replaced in between is another than that in any case.
  std::vector<Place> places = look();
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
  spare.places_ = std::move(places);
  return spare;
}

Spare::Spare(Spare&& other) noexcept
    : process_(std::exchange(other.process_, Process())),
      mounts_(std::move(other.mounts_)),
      places_(std::move(other.places_)) {}

Spare::~Spare() {
  if (!process_.process.open()) return;
  kernel::pidfd_send_signal(process_.process.get(), SIGKILL);
  waitpid(process_.pid, nullptr, 0);
}

std::vector<Spare::Place> Spare::look() {
  std::vector<Place> places;
  for (const Bind& bind : system_binds()) {
    Place& place = places.emplace_back();
    struct stat about{};
    if (lstat(bind.path.c_str(), &about) != 0) continue;
    place.device = about.st_dev;
    place.inode = about.st_ino;
    if (!S_ISLNK(about.st_mode)) continue;
    char target[4096];
    const ssize_t size = readlink(bind.path.c_str(), target, sizeof(target));
    if (size > 0) place.link.assign(target, static_cast<size_t>(size));
  }
  return places;
}

// Every path of the system's is there as the system's, and none below another one.
bool Spare::has_system(const Plan& plan) {
  const std::vector<Bind> system = system_binds();
  size_t found = 0;
  for (const Bind& bind : plan.binds) {
    if (bind.from == Bind::From::system) {
      if (found == system.size() || bind != system[found++]) return false;
    } else if (std::any_of(system.begin(), system.end(),
                           [&](const Bind& each) { return is_within(each.path, bind.path); })) {
      return false;
    }
  }
  return found == system.size();
}

bool Spare::fits(const Entry& entry) const {
  pollfd changed{mounts_.get(), POLLPRI, 0};
  if (poll(&changed, 1, 0) != 0) return false;
  return namespaces(*entry.plan) == namespaces(Plan{}) && !entry.observed && !entry.shares_terminal &&
         (entry.way == nullptr || entry.way->files.empty()) && has_system(*entry.plan) && look() == places_;
}

bool Spare::give(const Entry& entry, const int (&standard)[3]) const {
  std::vector<int> fds(std::begin(standard), std::end(standard));
  if (entry.way != nullptr) fds.push_back(entry.way->door);
  return send_packet(process_.report.get(), entry_strings(entry), fds);
}

Spare::Process Spare::release() {
  return std::exchange(process_, Process());
}

}  // namespace weir::sandbox
