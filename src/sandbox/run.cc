#include "sandbox/run.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <optional>

#include "base/units.h"
#include "sandbox/fd.h"
#include "sandbox/inside.h"
#include "sandbox/kernel.h"
#include "sandbox/later.h"
#include "sandbox/pump.h"
#include "sandbox/spare.h"
#include "sandbox/watch.h"

namespace weir::sandbox {
namespace {

int64_t now_ms() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return int64_t{now.tv_sec} * 1'000 + now.tv_nsec / 1'000'000;
}

class Supervisor {
 public:
  Supervisor(const Plan& plan, const Beside& beside)
      : later_(plan),
        kept_(later_.keep()),
        plan_(kept_),
        observer_(beside.observer),
        remains_(beside.remains) {
    if (beside.orders != nullptr) orders_ = *beside.orders;
  }
  ~Supervisor() {
    if (process_.open() && !reaped_) {
      kernel::pidfd_send_signal(process_.get(), SIGKILL);
      waitpid(pid_, nullptr, 0);
    }
    sigprocmask(SIG_SETMASK, &before_, nullptr);
  }
  Supervisor(const Supervisor&) = delete;
  Supervisor& operator=(const Supervisor&) = delete;

  Result<Outcome> run(Entry& entry, Spare* spare) {
    entry.plan = &plan_;
    WEIR_TRY(check_descriptors());
    entry.shares_terminal = isatty(STDIN_FILENO) == 1 && tcgetpgrp(STDIN_FILENO) == getpgrp();
    if (plan_.limits.output_bytes > 0 && !pump_.prepare())
      return unavailable(fmt::format("no pipes for a sandbox: {}", std::strerror(errno)));
    watch_signals();
    if (spare == nullptr || !use(*spare, entry)) WEIR_TRY(start(entry));
    pump_.become_parent();
    let_go(entry.shares_terminal);
    started_ms_ = now_ms();
    auto outcome = watch();
    if (outcome) {
      hold(later_.sweep());
      outcome->held = std::move(held_);
    }
    if (entry.shares_terminal) tcsetpgrp(STDIN_FILENO, getpgrp());
    return outcome;
  }

 private:
  Status start(Entry& entry) {
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
      return unavailable(fmt::format("no socket for a sandbox: {}", std::strerror(errno)));
    report_ = Fd(ends[0]);
    const Fd theirs(ends[1]);
    entry.report = theirs.get();
    int pidfd = -1;
    pid_ = kernel::fork_with(namespaces(plan_) | CLONE_PIDFD, &pidfd);
    if (pid_ == 0) {
      report_.release();  // the copy is closed by the kernel; what matters is the other end
      close(ends[0]);
      pump_.become_child();
      be_first(entry);
    }
    if (pid_ < 0) return refusal({Stage::processes, errno, {}});
    process_ = Fd(pidfd);
    return {};
  }

  bool use(Spare& spare, const Entry& entry) {
    if (!spare.fits(entry)) return false;
    int standard[3] = {0, 1, 2};
    for (const int stream : {0, 1}) {
      if (pump_.end(stream) >= 0) standard[stream + 1] = pump_.end(stream);
    }
    if (!spare.give(entry, standard)) return false;
    Spare::Process made = spare.release();
    pid_ = made.pid;
    process_ = std::move(made.process);
    report_ = std::move(made.report);
    return true;
  }

  // A folder would be a way out that no mount closes (Landlock does; this says it plainly).
  static Status check_descriptors() {
    for (const int fd : {0, 1, 2}) {
      struct stat about{};
      if (fstat(fd, &about) != 0) {
        // Whatever is opened next would take its place.
        if (open("/dev/null", O_RDWR) != fd) return unavailable("a standard descriptor cannot be opened");
      } else if (S_ISDIR(about.st_mode) || S_ISBLK(about.st_mode)) {
        return bad_input("standard input or output is a folder or a disk: no sandbox can have it");
      }
    }
    return {};
  }

  // Whoever holds the other ends must see their end when the command closes them. Standard error stays: a
  // refusal may still have to be said.
  void let_go(bool shares_terminal) const {
    const Fd null(open("/dev/null", O_RDWR | O_CLOEXEC));
    if (!null.open()) return;
    if (!shares_terminal) dup2(null.get(), STDIN_FILENO);
    if (plan_.limits.output_bytes == 0) dup2(null.get(), STDOUT_FILENO);
  }

  void watch_signals() {
    sigset_t watched;
    sigemptyset(&watched);
    for (const int signal : {SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGTTOU}) sigaddset(&watched, signal);
    sigprocmask(SIG_BLOCK, &watched, &before_);
    sigdelset(&watched, SIGTTOU);
    signals_ = Fd(signalfd(-1, &watched, SFD_CLOEXEC | SFD_NONBLOCK));
  }

  Result<Outcome> watch() {
    int64_t look_ms = 0;
    while (true) {
      pollfd waits[] = {{report_.get(), POLLIN, 0},
                        {signals_.get(), POLLIN, 0},
                        {pump_.readable(0), POLLIN, 0},
                        {pump_.readable(1), POLLIN, 0},
                        {observer_ == nullptr ? -1 : observer_->fd(), POLLIN, 0},
                        {orders_.fd, POLLIN, 0}};
      poll(waits, 6, static_cast<int>(until(look_ms)));
      if (waits[4].revents != 0) observer_->take();
      if (waits[1].revents != 0) forward_signals();
      if ((waits[5].revents != 0 && !take_order()) || !keep_deadline()) return kill_unasked();
      for (const int stream : {0, 1}) {
        if (waits[2 + stream].revents != 0) pump_.move(stream);
      }
      if (pump_.moved() > plan_.limits.output_bytes && plan_.limits.output_bytes > 0)
        return kill_for(fmt::format("more than {} of output", show_bytes(plan_.limits.output_bytes)));
      if (waits[0].revents != 0) {
        const auto report = receive();
        if (!report) return ended_early();
        if (report->kind == Report::Kind::failed) return refusal(report->failure);
        if (report->kind == Report::Kind::ended) return ended(*report);
      }
      if (std::string limit = look(look_ms); !limit.empty()) return kill_for(std::move(limit));
    }
  }

  int64_t until(int64_t look_ms) const {
    if (!proc_.open() && end_ms_ == 0) return -1;
    int64_t next = proc_.open() ? look_ms : end_ms_;
    if (end_ms_ > 0) next = std::min(next, end_ms_);
    if (plan_.limits.wall_ms > 0) next = std::min(next, started_ms_ + plan_.limits.wall_ms);
    return std::clamp<int64_t>(next - now_ms(), 0, 60'000);
  }

  // False: nobody cares any more.
  bool take_order() {
    char word[64];
    const ssize_t got = recv(orders_.fd, word, sizeof(word), MSG_DONTWAIT);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return true;
    const bool ordered = end_ms_ > 0;
    if (got <= 0) orders_.fd = -1;
    if (got > 0 && !ordered) end_ms_ = now_ms() + orders_.close_ms;
    return got > 0 || ordered;
  }

  // False: the time to end by itself is over.
  bool keep_deadline() {
    if (end_ms_ == 0 || now_ms() < end_ms_) return true;
    if (told_) return false;
    told_ = true;
    end_ms_ = now_ms() + orders_.close_ms;
    kernel::pidfd_send_signal(process_.get(), SIGTERM);
    return true;
  }

  // Which limit is passed, if any; sets when to look again.
  std::string look(int64_t& look_ms) {
    const int64_t now = now_ms();
    if (plan_.limits.wall_ms > 0 && now - started_ms_ >= plan_.limits.wall_ms)
      return fmt::format("more than {}", show_duration(plan_.limits.wall_ms));
    if (!proc_.open() || now < look_ms) return {};
    if (look_ms == 0) {  // just started: most commands end before the first look
      look_ms = now + 4;
      return {};
    }
    hold(later_.look());
    const Usage usage = measure(proc_.get(), true);
    look_ms = now_ms() + next_look_ms(usage, plan_.limits);
    return over_limit(usage, plan_.limits);
  }

  std::optional<Report> receive() {
    Report report;
    iovec bytes{&report, sizeof(report)};
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
    msghdr message{};
    message.msg_iov = &bytes;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = sizeof(control);
    if (recvmsg(report_.get(), &message, MSG_CMSG_CLOEXEC) != sizeof(report)) return {};
    if (const cmsghdr* head = CMSG_FIRSTHDR(&message); head != nullptr && head->cmsg_type == SCM_RIGHTS) {
      int fd = -1;
      std::memcpy(&fd, CMSG_DATA(head), sizeof(fd));
      if (report.kind == Report::Kind::observed && observer_ != nullptr)
        observer_->listen(Fd(fd));
      else
        proc_ = Fd(fd);
    }
    report.failure.what[sizeof(report.failure.what) - 1] = '\0';
    return report;
  }

  void hold(std::vector<std::string> names) {
    for (std::string& name : names) held_.push_back(std::move(name));
  }

  void forward_signals() {
    signalfd_siginfo info{};
    while (read(signals_.get(), &info, sizeof(info)) == sizeof(info))
      kernel::pidfd_send_signal(process_.get(), static_cast<int>(info.ssi_signo));
  }

  int reap() {
    int status = 0;
    waitpid(pid_, &status, 0);
    reaped_ = true;
    return status;
  }

  Result<Outcome> ended(const Report& report) {
    const int status = report.status;
    if (remains_ != nullptr && report.alone != 0) {
      remains_->keep(pid_);
      reaped_ = true;
    } else {
      reap();
    }
    // Nobody is left who could write: what is in the pipes is all.
    if (!pump_.drain(plan_.limits.output_bytes))
      return Outcome{Outcome::Kind::over_limit, 0,
                     fmt::format("more than {} of output", show_bytes(plan_.limits.output_bytes))};
    // RLIMIT_CPU ends a process by this signal.
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGXCPU && plan_.limits.cpu_ms > 0)
      return Outcome{Outcome::Kind::over_limit, 0,
                     fmt::format("more than {} of computing", show_duration(plan_.limits.cpu_ms))};
    if (WIFSIGNALED(status)) return Outcome{Outcome::Kind::killed, WTERMSIG(status), {}};
    return Outcome{Outcome::Kind::exited, WEXITSTATUS(status), {}};
  }

  // The sandbox's first process ended without a word: it was killed.
  Result<Outcome> ended_early() {
    const int status = reap();
    pump_.drain(plan_.limits.output_bytes);
    return Outcome{Outcome::Kind::killed, WIFSIGNALED(status) ? WTERMSIG(status) : SIGKILL, {}};
  }

  Result<Outcome> kill_unasked() {
    kernel::pidfd_send_signal(process_.get(), SIGKILL);
    reap();
    return Outcome{Outcome::Kind::killed, SIGKILL, {}};
  }

  Result<Outcome> kill_for(std::string limit) {
    kernel::pidfd_send_signal(process_.get(), SIGKILL);
    reap();
    return Outcome{Outcome::Kind::over_limit, 0, std::move(limit)};
  }

  Later later_;
  const Plan kept_;
  const Plan& plan_;
  std::vector<std::string> held_ = {};
  Observer* const observer_;
  Remains* const remains_;
  Orders orders_;
  Pump pump_;
  Fd report_ = Fd(), signals_ = Fd(), process_ = Fd(), proc_ = Fd();
  sigset_t before_ = {};
  pid_t pid_ = -1;
  bool reaped_ = false;
  int64_t started_ms_ = 0;
  int64_t end_ms_ = 0;  // when the next step of an ordered end is due; 0: none was ordered
  bool told_ = false;   // TERM was sent
};

}  // namespace

Remains::~Remains() {
  if (pid_ > 0) waitpid(pid_, nullptr, 0);
}

int Outcome::exit_code() const {
  return kind == Kind::exited ? value : kind == Kind::killed ? 128 + value : 124;
}

Result<Outcome> run(const Plan& plan, const Command& command, const std::map<std::string, std::string>& env,
                    const Beside& beside) {
  if (plan.net == Net::hosts && beside.way == nullptr)
    return unavailable("this sandbox's network needs weir's proxy, which was not started");
  Entry entry{.program = command.program,
              .uid = getuid(),
              .gid = getgid(),
              .way = beside.way,
              .observed = beside.observer != nullptr};
  std::vector<std::string> words = command.words;
  std::vector<std::string> settings;
  for (const auto& [name, value] : env) settings.push_back(name + "=" + value);
  for (std::string& word : words) entry.argv.push_back(word.data());
  for (std::string& setting : settings) entry.envp.push_back(setting.data());
  entry.argv.push_back(nullptr);
  entry.envp.push_back(nullptr);
  return Supervisor(plan, beside).run(entry, beside.spare);
}

}  // namespace weir::sandbox
