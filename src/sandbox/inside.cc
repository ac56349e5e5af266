#include "sandbox/inside.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/capability.h>
#include <linux/close_range.h>
#include <linux/keyctl.h>
#include <linux/seccomp.h>
#include <linux/securebits.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "sandbox/fd.h"
#include "sandbox/filter.h"
#include "sandbox/given.h"
#include "sandbox/landlock.h"
#include "sandbox/mounts.h"
#include "sandbox/observe.h"

namespace weir::sandbox {
namespace {

constexpr int kNotRun = 125;
constexpr bool kAheadRunsWritten = false;  // as most servers and skills
constexpr uint64_t kLockedBytesMax = uint64_t{64} << 20;

class First {
 public:
  First(int report, unsigned uid, unsigned gid) : report_(report), uid_(uid), gid_(gid) {}

  // Ahead of a plan, for one with a network of its own: what of it is the system's, too.
  void prepare_system() {
    if (!landlock_.create(true)) give_up(Stage::landlock);
    if (const auto failed = place_system(root_, landlock_)) give_up(*failed);
    system_placed_ = true;
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) give_up(Stage::processes);
    ahead_ = Fd(ends[0]);
    child_ = fork();
    if (child_ < 0) give_up(Stage::processes);
    if (child_ > 0) return void(close(ends[1]));
    ahead_.reset();
    wait_as_command(ends[1]);
  }

  // What Spare::give sends.
  [[noreturn]] void wait_for_entry() {
    auto packet = receive_packet(report_);
    const auto given = packet ? take_given(*std::move(packet)) : nullptr;
    if (given == nullptr) _exit(kNotRun);
    run(given->entry);
  }

  // All that no plan changes.
  void prepare(bool own_net) {
    // Goes with the supervisor, and cannot be looked into: its memory is a copy of the supervisor's.
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (is_alone()) _exit(kNotRun);
    be_somebody();
    if (own_net) bring_up_loopback();
    sethostname("sandbox", 7);
    if (const auto failed = root_.make()) give_up(*failed);
    drop_bounds();
    if (syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, nullptr) < 0) give_up(Stage::keyring);
    forget_own_words();
    watch_signals();
  }

  [[noreturn]] void run(const Entry& entry) {
    entry_ = &entry;
    plan_ = entry.plan;
    if (plan_->net == Net::hosts && (entry.way == nullptr || !open_listeners(plan_->hosts, entry.way->door)))
      give_up(Stage::network);
    if (!system_placed_ && !landlock_.create(plan_->net != Net::host)) give_up(Stage::landlock);
    if (const auto failed = make_tree(*plan_, own_files(), root_, landlock_, system_placed_))
      give_up(*failed);
    prctl(PR_SET_DUMPABLE, 0);
    drop_privileges();
    make_rules();
    say_with(Report::Kind::ready, root_.proc());
    root_ = Root();
    if (child_ < 0 || !start_ahead()) {
      child_ = fork();
      if (child_ < 0) give_up(Stage::processes);
      if (child_ == 0) become_command();
    }
    landlock_ = Landlock();
    let_go_of_pipes();
    wait();
  }

 private:
  [[noreturn]] void give_up(const Failure& failure) {
    Report report;
    report.failure = failure;
    send(report_, &report, sizeof(report), MSG_NOSIGNAL);
    _exit(kNotRun);
  }

  [[noreturn]] void give_up(Stage stage, std::string_view what = {}) {
    Failure failure{stage, errno, {}};
    std::memcpy(failure.what, what.data(), std::min(what.size(), sizeof(failure.what) - 1));
    give_up(failure);
  }

  // The command sees the first process' command line, which is the supervisor's.
  static void forget_own_words() {
    char* const begin = program_invocation_name;
    char* const end = environ == nullptr ? nullptr : environ[0];
    constexpr ptrdiff_t kWordsMax = 4 << 20;
    if (end > begin && end - begin < kWordsMax) std::memset(begin, 0, static_cast<size_t>(end - begin));
    prctl(PR_SET_NAME, "sandbox");
  }

  bool is_alone() const {
    pollfd other{report_, 0, 0};
    return poll(&other, 1, 0) > 0 && (other.revents & (POLLHUP | POLLERR)) != 0;
  }

  void write_once(const char* path, const std::string& text, Stage stage) {
    const Fd file(open(path, O_WRONLY | O_CLOEXEC));
    if (!file.open() || write(file.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size()))
      give_up(stage, path);
  }

  // The same user and group as outside, and nobody else.
  void be_somebody() {
    // Before the maps are written these are the overflow ids; the supervisor's are the parent's.
    write_once("/proc/self/setgroups", "deny", Stage::identity);
    write_once("/proc/self/uid_map", fmt::format("{0} {0} 1", uid_), Stage::identity);
    write_once("/proc/self/gid_map", fmt::format("{0} {0} 1", gid_), Stage::identity);
  }

  void bring_up_loopback() {
    const Fd any(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    ifreq request{};
    std::strcpy(request.ifr_name, "lo");
    request.ifr_flags = IFF_UP | IFF_RUNNING;
    if (!any.open() || ioctl(any.get(), SIOCSIFFLAGS, &request) != 0) give_up(Stage::loopback);
  }

  static std::string read_small(const char* path) {
    const Fd file(open(path, O_RDONLY | O_CLOEXEC));
    char buffer[16384];
    const ssize_t got = file.open() ? read(file.get(), buffer, sizeof(buffer)) : 0;
    return got > 0 ? std::string(buffer, static_cast<size_t>(got)) : std::string();
  }

  std::vector<OwnFile> own_files() const {
    const std::string user = plan_->user.empty() ? "user" : plan_->user;
    std::vector<OwnFile> files = {
        {"/etc/passwd", fmt::format("{0}:x:{1}:{2}::{3}:/bin/sh\nnobody:x:65534:65534::/:/bin/false\n", user,
                                    uid_, gid_, plan_->home)},
        {"/etc/group", fmt::format("{}:x:{}:\nnogroup:x:65534:\n", user, gid_)},
        {"/etc/nsswitch.conf", "passwd: files\ngroup: files\nhosts: files dns\n"},
        {"/etc/hostname", "sandbox\n"}};
    if (plan_->net == Net::host) {
      files.push_back({"/etc/hosts", read_small("/etc/hosts")});
      files.push_back({"/etc/resolv.conf", read_small("/etc/resolv.conf")});
    } else {
      files.push_back({"/etc/hosts", "127.0.0.1 localhost sandbox\n::1 localhost\n"});
    }
    if (plan_->net == Net::hosts) {
      files.push_back({"/etc/resolv.conf", "nameserver 198.18.0.1\n"});
      for (const Way::File& file : entry_->way->files) files.push_back({file.path, file.text});
    }
    return files;
  }

  // Of what an execve could give; what this process itself still needs goes later.
  void drop_bounds() {
    // uid 0 outside is uid 0 inside, too: no execve may give it anything.
    constexpr unsigned long kBits = SECBIT_NOROOT | SECBIT_NOROOT_LOCKED | SECBIT_NO_SETUID_FIXUP |
                                    SECBIT_NO_SETUID_FIXUP_LOCKED | SECBIT_KEEP_CAPS_LOCKED |
                                    SECBIT_NO_CAP_AMBIENT_RAISE | SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED;
    if (prctl(PR_SET_SECUREBITS, kBits) != 0) give_up(Stage::privileges);
    for (unsigned long cap = 0; cap < 64; ++cap) {
      if (prctl(PR_CAPBSET_DROP, cap) == 0) continue;
      if (errno == EINVAL && cap > 0) break;  // the kernel knows no more
      give_up(Stage::privileges);
    }
  }

  void drop_privileges() {
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    __user_cap_data_struct none[2] = {};
    if (syscall(SYS_capset, &header, none) != 0) give_up(Stage::privileges);
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) give_up(Stage::privileges);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
  }

  void allow(const std::string& path, unsigned access) {
    if (!landlock_.allow(path, access)) give_up(Stage::landlock, path);
  }

  void make_rules() {
    const unsigned run_written = plan_->run_written ? Landlock::run : 0;
    allow("/", Landlock::read);
    for (const std::string& path : plan_->scratch) allow(path, Landlock::write | run_written);
    for (const char* name : {"null", "zero", "full", "random", "urandom", "tty"})
      allow(std::string("/dev/") + name, Landlock::write | Landlock::device);
    if (plan_->terminal) allow("/dev/pts", Landlock::write | Landlock::device);
    // What the command was given as its input and output it may also open by name (/dev/stdout).
    for (const int fd : {0, 1, 2}) allow_given(fd);
  }

  void allow_given(int fd) {
    struct stat about{};
    const int flags = fcntl(fd, F_GETFL);
    if (flags < 0 || fstat(fd, &about) != 0) return;
    if (!S_ISREG(about.st_mode) && !S_ISCHR(about.st_mode)) return;
    const int mode = flags & O_ACCMODE;
    const unsigned access = (mode != O_WRONLY ? Landlock::read : 0) |
                            (mode != O_RDONLY ? Landlock::write : 0) |
                            (S_ISCHR(about.st_mode) ? Landlock::device : 0);
    // Of a kind that no rule can be made for (a device of a kernel-internal file system): it is no path
    // either.
    static_cast<void>(landlock_.allow(fd, access));
  }

  void watch_signals() {
    sigset_t watched;
    sigemptyset(&watched);
    for (const int signal : {SIGCHLD, SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGTTOU})
      sigaddset(&watched, signal);
    sigprocmask(SIG_BLOCK, &watched, nullptr);
    sigdelset(&watched, SIGTTOU);
    signals_ = Fd(signalfd(-1, &watched, SFD_CLOEXEC | SFD_NONBLOCK));
  }

  void say_with(Report::Kind kind, int fd) const {
    Report report;
    report.kind = kind;
    iovec bytes{&report, sizeof(report)};
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
    msghdr message{};
    message.msg_iov = &bytes;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = sizeof(control);
    cmsghdr* head = CMSG_FIRSTHDR(&message);
    head->cmsg_level = SOL_SOCKET;
    head->cmsg_type = SCM_RIGHTS;
    head->cmsg_len = CMSG_LEN(sizeof(int));
    std::memcpy(CMSG_DATA(head), &fd, sizeof(int));
    sendmsg(report_, &message, MSG_NOSIGNAL);
  }

  // The command's process that was made ahead. False: it is not what is wanted, and is gone.
  bool start_ahead() {
    const Fd ahead = std::move(ahead_);
    if (plan_->run_written == kAheadRunsWritten)
      return send_packet(ahead.get(), entry_strings(*entry_), {0, 1, 2}) ||
             (give_up(Stage::processes), false);
    kill(child_, SIGKILL);
    waitpid(child_, nullptr, 0);
    return false;
  }

  // In the child.

  // Made ahead of a plan, with all that the command's process needs but what a plan says.
  [[noreturn]] void wait_as_command(int socket) {
    drop_privileges();
    load_filter(kAheadRunsWritten);
    auto packet = receive_packet(socket);
    const auto given = packet ? take_given(*std::move(packet)) : nullptr;
    if (given == nullptr) _exit(kNotRun);
    entry_ = &given->entry;
    plan_ = &given->plan;
    filtered_ = true;
    become_command();
  }

  void load_filter(bool run_written) {
    const auto program = filter_program(run_written);
    sock_fprog filter{static_cast<unsigned short>(program.size()), const_cast<sock_filter*>(program.data())};
    if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &filter) != 0) give_up(Stage::seccomp);
  }

  void limit(__rlimit_resource resource, uint64_t value, const char* name) {
    rlimit now{};
    getrlimit(resource, &now);
    // Lower is fine where this user cannot have as much.
    const rlim_t most = std::min<rlim_t>(value, now.rlim_max);
    const rlimit wanted{most, most};
    if (setrlimit(resource, &wanted) != 0) give_up(Stage::limits, name);
  }

  void set_limits() {
    const Limits& limits = plan_->limits;
    limit(RLIMIT_NPROC, limits.processes, "processes");
    limit(RLIMIT_NOFILE, limits.open_files, "open_files");
    limit(RLIMIT_FSIZE, limits.file_bytes, "file");
    limit(RLIMIT_MEMLOCK, kLockedBytesMax, "locked memory");
    limit(RLIMIT_CORE, 0, "core");
    limit(RLIMIT_RTPRIO, 0, "real-time priority");
    limit(RLIMIT_MSGQUEUE, 1 << 20, "message queues");
    if (limits.cpu_ms > 0) limit(RLIMIT_CPU, static_cast<uint64_t>((limits.cpu_ms + 999) / 1'000), "cpu");
  }

  [[noreturn]] void become_command() {
    if (entry_->shares_terminal) {
      // A group of its own: signals to its group must not reach the supervisor's.
      setpgid(0, 0);
      tcsetpgrp(STDIN_FILENO, getpid());
    } else {
      setsid();
    }
    for (int signal = 1; signal < NSIG; ++signal) ::signal(signal, SIG_DFL);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
    if (chdir(plan_->cwd.c_str()) != 0) give_up(Stage::folder, plan_->cwd);
    umask(022);
    set_limits();
    if (!landlock_.restrict_self()) give_up(Stage::landlock);
    if (close_range(3, ~0U, CLOSE_RANGE_CLOEXEC) != 0) give_up(Stage::privileges, "close_range");
    if (entry_->observed) {
      const Fd listener(install_observer());
      if (!listener.open()) give_up(Stage::seccomp, "user notification");
      say_with(Report::Kind::observed, listener.get());
    }
    if (!filtered_) load_filter(plan_->run_written);
    execve(entry_->program.c_str(), entry_->argv.data(), entry_->envp.data());
    give_up(Stage::program, entry_->program);
  }

  // In the first process, after the command was started.

  // Whoever holds the other ends must see their end when the command closes them.
  static void let_go_of_pipes() {
    for (const int fd : {0, 1, 2}) {
      if (isatty(fd) == 0) close(fd);
    }
  }

  [[noreturn]] void wait() {
    while (true) {
      pollfd waits[] = {{signals_.get(), POLLIN, 0}, {report_, 0, 0}};
      poll(waits, 2, -1);
      if ((waits[1].revents & (POLLHUP | POLLERR)) != 0) _exit(kNotRun);
      signalfd_siginfo info{};
      while (read(signals_.get(), &info, sizeof(info)) == sizeof(info)) {
        if (info.ssi_signo != SIGCHLD) kill(child_, static_cast<int>(info.ssi_signo));
      }
      int status = 0, last = 0;
      bool over = false;
      pid_t pid = 0;
      while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
        if (pid != child_) continue;
        over = true;
        last = status;
      }
      if (over) end(last, pid < 0);
    }
  }

  [[noreturn]] void end(int status, bool alone) {
    Report report;
    report.kind = Report::Kind::ended;
    report.status = status;
    report.alone = alone ? 1 : 0;
    send(report_, &report, sizeof(report), MSG_NOSIGNAL);
    _exit(0);  // and everything else in the sandbox with it
  }

  const int report_;
  const unsigned uid_, gid_;  // the user outside, who it is inside, too
  const Entry* entry_ = nullptr;
  const Plan* plan_ = nullptr;
  Root root_;
  Landlock landlock_;
  bool system_placed_ = false;
  bool filtered_ = false;
  Fd ahead_ = Fd();  // to the command's process that was made ahead
  Fd signals_ = Fd();
  pid_t child_ = -1;
};

}  // namespace

void be_spare(int report, unsigned uid, unsigned gid) {
  First first(report, uid, gid);
  first.prepare(true);
  first.prepare_system();
  first.wait_for_entry();
}

uint64_t namespaces(const Plan& plan) {
  uint64_t flags = CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP;
  if (plan.net != Net::host) flags |= CLONE_NEWNET;
  return flags;
}

void be_first(const Entry& entry) {
  First first(entry.report, entry.uid, entry.gid);
  first.prepare(entry.plan->net != Net::host);
  first.run(entry);
}

}  // namespace weir::sandbox
