#include "cli/learn_talk.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <ctime>
#include <optional>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/json.h"

namespace weir::cli {
namespace {

constexpr int64_t kAnswerMs = 90'000;  // a browser that starts under a recorder
constexpr int64_t kLeaveMs = 3'000;    // from the end of its input to a server's own end
constexpr size_t kLineBytesMax = size_t{32} << 20;
constexpr int kMethodNotFound = -32601;  // JSON-RPC 2.0, section 5.1

int64_t now_ms() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return int64_t{now.tv_sec} * 1'000 + now.tv_nsec / 1'000'000;
}

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> out;
  while (!text.empty()) {
    const size_t end = text.find('\n');
    if (const std::string_view line = text.substr(0, end);
        line.find_first_not_of(" \t\r") != std::string_view::npos)
      out.emplace_back(line);
    text.remove_prefix(end == text.npos ? text.size() : end + 1);
  }
  return out;
}

bool write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t wrote = write(fd, text.data(), text.size());
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote <= 0) return false;
    text.remove_prefix(static_cast<size_t>(wrote));
  }
  return true;
}

// The talking process.
class Talker {
 public:
  Talker(int out, int in, int own_error, bool echo)
      : out_(out), in_(in), own_error_(own_error), echo_(echo) {}

  bool run(const std::string& session) {
    bool good = true;
    for (const std::string& line : lines_of(session)) {
      if (!write_all(out_, line + "\n")) return say("the server took no more input"), leave(), false;
      const auto message = json::parse(line);
      if (!message || !message->root()["id"].exists() || !message->root()["method"].exists()) continue;
      const auto answered = await(message->root());
      if (!answered) return leave(), false;
      good = *answered && good;
    }
    leave();
    return good;
  }

 private:
  // Whether the answer is no error; nothing when there is none.
  std::optional<bool> await(json::Value request) {
    const int64_t until_ms = now_ms() + kAnswerMs;
    while (true) {
      const auto line = next_line(until_ms);
      if (!line) return say(fmt::format("no answer to {}", name_of(request))), std::nullopt;
      const auto message = json::parse(*line);
      if (!message) continue;  // what is no message is not for a client
      const json::Value root = message->root();
      if (root["method"].exists()) {
        if (root["id"].exists()) answer(root);
        continue;
      }
      if (root["id"].raw() != request["id"].raw()) continue;
      if (!root["error"].exists() && root["result"]["isError"].boolean() != true) return true;
      say(fmt::format("{} was answered with an error: {}", name_of(request), shown(*line, 600)));
      return false;
    }
  }

  static std::string name_of(json::Value request) {
    const std::string_view tool = request["params"]["name"].string_or("");
    return shown(fmt::format("{}{}{}", request["method"].string_or(""), tool.empty() ? "" : " ", tool), 200);
  }

  // What a client without features says to a server's own request.
  void answer(json::Value request) {
    const bool ping = request["method"].string_or("") == "ping";
    json::Writer out;
    out.begin_object().field("jsonrpc", "2.0").key("id").raw(request["id"].raw());
    if (ping)
      out.key("result").begin_object().end_object();
    else
      out.key("error")
          .begin_object()
          .key("code")
          .integer(kMethodNotFound)
          .field("message", "not here")
          .end_object();
    out.end_object();
    write_all(out_, out.take() + "\n");
  }

  std::optional<std::string> next_line(int64_t until_ms) {
    while (true) {
      if (const size_t end = buffer_.find('\n'); end != buffer_.npos) {
        std::string line = buffer_.substr(0, end);
        buffer_.erase(0, end + 1);
        return line;
      }
      if (buffer_.size() > kLineBytesMax || !more(until_ms)) return {};
    }
  }

  // False at the end of what the server says, or of the time.
  bool more(int64_t until_ms) {
    while (true) {
      const int64_t left_ms = until_ms - now_ms();
      pollfd wait{in_, POLLIN, 0};
      if (left_ms <= 0 || poll(&wait, 1, static_cast<int>(left_ms)) == 0) return false;
      char chunk[65536];
      const ssize_t got = read(in_, chunk, sizeof(chunk));
      if (got < 0 && errno == EINTR) continue;
      if (got <= 0) return false;
      buffer_.append(chunk, static_cast<size_t>(got));
      if (echo_) write_all(STDERR_FILENO, {chunk, static_cast<size_t>(got)});
      return true;
    }
  }

  // As MCP's stdio transport says: its input ends, then TERM, by way of the supervisor.
  void leave() {
    close(out_);
    for (const int64_t until_ms = now_ms() + kLeaveMs; now_ms() < until_ms;) {
      buffer_.clear();
      if (!more(until_ms)) break;
    }
    pollfd ended{in_, 0, 0};
    if (poll(&ended, 1, 0) > 0 && (ended.revents & POLLHUP) != 0) return;
    kill(getppid(), SIGTERM);
    for (const int64_t until_ms = now_ms() + kLeaveMs; more(until_ms);) buffer_.clear();
  }

  void say(const std::string& text) const { write_all(own_error_, "weir: " + text + "\n"); }

  const int out_, in_, own_error_;
  const bool echo_;
  std::string buffer_;
};

}  // namespace

bool is_mcp_session(std::string_view input) {
  bool begins = false;
  for (std::string& line : lines_of(input)) {
    const auto message = json::parse(std::move(line));
    if (!message || message->root()["jsonrpc"].string_or("") != "2.0") return false;
    begins = begins || message->root()["method"].string_or("") == "initialize";
  }
  return begins;
}

Result<Talk> Talk::start(const std::string& session, int own_error, bool echo) {
  int in[2], out[2];
  if (pipe2(in, O_CLOEXEC) != 0)
    return unavailable(fmt::format("no pipe for a server: {}", std::strerror(errno)));
  sandbox::Fd in_read(in[0]), in_write(in[1]);
  if (pipe2(out, O_CLOEXEC) != 0)
    return unavailable(fmt::format("no pipe for a server: {}", std::strerror(errno)));
  sandbox::Fd out_read(out[0]), out_write(out[1]);
  // The TERM with which it ends a server that stays is for the sandbox, and never for this process.
  sigset_t term;
  sigemptyset(&term);
  sigaddset(&term, SIGTERM);
  sigprocmask(SIG_BLOCK, &term, nullptr);
  Talk talk;
  talk.pid_ = fork();
  if (talk.pid_ < 0) return unavailable(fmt::format("no process for a client: {}", std::strerror(errno)));
  if (talk.pid_ == 0) {
    signal(SIGPIPE, SIG_IGN);
    in_read.reset();
    out_write.reset();
    _exit(Talker(in_write.get(), out_read.get(), own_error, echo).run(session) ? 0 : 1);
  }
  talk.to_server_ = std::move(in_read);
  talk.from_server_ = std::move(out_write);
  return talk;
}

Talk::Talk(Talk&& other) noexcept
    : to_server_(std::move(other.to_server_)),
      from_server_(std::move(other.from_server_)),
      pid_(std::exchange(other.pid_, -1)) {}

Talk::~Talk() {
  if (pid_ > 0) went_well();
}

bool Talk::went_well() {
  to_server_.reset();
  from_server_.reset();
  int status = 1;
  const pid_t talker = std::exchange(pid_, -1);
  while (waitpid(talker, &status, 0) < 0 && errno == EINTR) {
  }
  sigset_t term;
  sigemptyset(&term);
  sigaddset(&term, SIGTERM);
  siginfo_t info{};
  const timespec none{};
  const bool asked_to_end = sigtimedwait(&term, &info, &none) == SIGTERM && info.si_pid != talker;
  sigprocmask(SIG_UNBLOCK, &term, nullptr);
  if (asked_to_end) raise(SIGTERM);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

}  // namespace weir::cli
