#include "gateway/notify.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>

#include "base/bytes.h"
#include "base/limits.h"

namespace weir::gateway {
namespace {

constexpr auto kPollInterval = std::chrono::milliseconds(20);

int64_t mono_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

// Standard input that needs nobody to write it while it is read. -1 with errno on failure.
int file_with(std::string_view bytes) {
  const int fd = memfd_create("weir-ask", MFD_CLOEXEC);
  if (fd < 0) return -1;
  size_t at = 0;
  while (at < bytes.size()) {
    const ssize_t put = write(fd, bytes.data() + at, bytes.size() - at);
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0) {
      const int reason = errno;
      close(fd);
      errno = reason;
      return -1;
    }
    at += static_cast<size_t>(put);
  }
  lseek(fd, 0, SEEK_SET);
  return fd;
}

std::vector<std::string> environment_for(const Notice& notice, const std::vector<std::string>& secret) {
  std::vector<std::string> lines;
  for (char** each = environ; each != nullptr && *each != nullptr; ++each) {
    const std::string_view line = *each;
    const std::string_view name = line.substr(0, line.find('='));
    if (name.starts_with("WEIR_ASK_") || std::find(secret.begin(), secret.end(), name) != secret.end())
      continue;
    lines.emplace_back(line);
  }
  lines.push_back("WEIR_ASK_TEXT=" + notice.text);
  lines.push_back("WEIR_ASK_LINK=" + notice.link);
  return lines;
}

std::vector<char*> pointers(std::vector<std::string>& strings) {
  std::vector<char*> all;
  all.reserve(strings.size() + 1);
  for (std::string& each : strings) all.push_back(each.data());
  all.push_back(nullptr);
  return all;
}

// posix_spawnp's error, or 0 and the process id. Descriptors but 0, 1 and 2 are not passed on.
int spawn(const std::vector<std::string>& command, const Notice& notice,
          const std::vector<std::string>& secret, int input, pid_t& pid) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_addclosefrom_np(&actions, 3);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t all;
  sigset_t none;
  sigfillset(&all);
  sigemptyset(&none);
  posix_spawnattr_setsigdefault(&attributes, &all);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setpgroup(&attributes, 0);
  posix_spawnattr_setflags(&attributes,
                           POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
  std::vector<std::string> words = command;
  std::vector<std::string> lines = environment_for(notice, secret);
  const int failed = posix_spawnp(&pid, words[0].c_str(), &actions, &attributes, pointers(words).data(),
                                  pointers(lines).data());
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  return failed;
}

}  // namespace

Notifier::Notifier(std::vector<std::string> command, std::vector<std::string> secret_variables,
                   int64_t time_ms, Log log)
    : command_(std::move(command)),
      secret_variables_(std::move(secret_variables)),
      time_ms_(time_ms > 0 ? time_ms : limits::kNotifyTimeMs),
      log_(std::move(log)),
      thread_([this] { work(); }) {}

Notifier::~Notifier() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

void Notifier::send(Notice notice) {
  {
    const std::lock_guard lock(mutex_);
    if (queue_.size() >= limits::kNotifyQueueMax) return;
    if (notice.json.size() > limits::kNotifyBytesMax) notice.json = "{}";
    queue_.push_back(std::move(notice));
  }
  wake_.notify_one();
}

void Notifier::work() {
  std::unique_lock lock(mutex_);
  while (!ending_) {
    const bool room = running_.size() < limits::kNotifyAtOnceMax;
    if (room && !queue_.empty()) {
      const Notice notice = std::move(queue_.front());
      queue_.pop_front();
      lock.unlock();
      start(notice);
      lock.lock();
    } else if (running_.empty()) {
      wake_.wait(lock);
    } else {
      wake_.wait_for(lock, kPollInterval);
      lock.unlock();
      reap(false);
      lock.lock();
    }
  }
  lock.unlock();
  reap(true);
}

void Notifier::start(const Notice& notice) {
  const int input = file_with(notice.json);
  if (input < 0) return log(fmt::format("its input: {}", std::strerror(errno)));
  pid_t pid = 0;
  const int failed = spawn(command_, notice, secret_variables_, input, pid);
  close(input);
  if (failed != 0) return log(std::strerror(failed));
  running_[pid] = {mono_ms() + time_ms_};
}

void Notifier::reap(bool kill_all) {
  for (auto at = running_.begin(); at != running_.end();) {
    const pid_t pid = at->first;
    const bool late = mono_ms() >= at->second.deadline_ms;
    if (kill_all || late) kill(-pid, SIGKILL);
    int status = 0;
    const pid_t got = waitpid(pid, &status, kill_all || late ? 0 : WNOHANG);
    if (got == 0 || (got < 0 && errno == EINTR)) {
      ++at;
      continue;
    }
    if (got > 0 && !kill_all) {
      if (late) {
        log(fmt::format("not done after {} ms: killed", time_ms_));
      } else if (WIFSIGNALED(status)) {
        log(fmt::format("ended by signal {}", WTERMSIG(status)));
      } else if (WEXITSTATUS(status) != 0) {
        log(fmt::format("exit status {}", WEXITSTATUS(status)));
      }
    }
    at = running_.erase(at);
  }
}

void Notifier::log(const std::string& line) const {
  const std::string whole = fmt::format("notify: {}: {}", shown(command_[0]), line);
  if (log_) return log_(whole);
  fmt::print(stderr, "weir: {}\n", whole);
}

}  // namespace weir::gateway
