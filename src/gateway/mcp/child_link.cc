// The link to a child process (link.h): one message a line, MCP's stdio transport.
#include <algorithm>
#include <string>
#include <utility>

#include "base/bytes.h"
#include "base/limits.h"
#include "egress/process.h"
#include "egress/start.h"
#include "gateway/mcp/link.h"
#include "net/child.h"
#include "net/lines.h"
#include "sandbox/around.h"
#include "sandbox/enclose.h"

namespace weir::gateway::mcp {
namespace {

using Cut = net::LineCutter::Cut;

bool is_blank(std::string_view line) {
  return line.find_first_not_of(" \t\r") == std::string_view::npos;
}

// At most kMcpStderrLinesMax lines in any second that begins with a line; then, how many there were besides.
class LineRate {
 public:
  bool pass(int64_t now_ms) {
    if (now_ms - begin_ms_ >= 1'000) {
      begin_ms_ = now_ms;
      passed_ = 0;
    }
    if (passed_ >= limits::kMcpStderrLinesMax - 1) return ++left_out_, false;
    ++passed_;
    return true;
  }
  // How many were left out since the last time that this was asked.
  size_t take_left_out() { return std::exchange(left_out_, 0); }

 private:
  int64_t begin_ms_ = INT64_MIN / 2;
  size_t passed_ = 0, left_out_ = 0;
};

class ChildLink final : public Link {
 public:
  // `sandbox`: the name of its profile; empty: none.
  ChildLink(net::Loop& loop, LinkHandler handler, std::string sandbox)
      : loop_(loop), handler_(std::move(handler)), sandbox_(std::move(sandbox)) {}

  Status start(net::ChildOptions options) {
    net::ChildHandler handler;
    handler.on_stdout = [this](std::string_view bytes) { take_messages(bytes); };
    handler.on_stderr = [this](std::string_view bytes) { take_log(bytes); };
    handler.on_end = [this](std::string why) {
      Error gone = unavailable("the server's process is gone: " + why);
      if (!sandbox_.empty())
        gone.hint =
            "it is in the sandbox " + sandbox_ +
            ": when that is what it lacks, name what it needs in a [sandbox.NAME] (weir sandbox learn "
            "drafts one) and give [[server]] sandbox = \"NAME\"; sandbox = \"none\" is the weakening";
      over(std::move(gone));
    };
    auto child = net::Child::start(loop_, std::move(options), std::move(handler));
    if (!child) return child.error();
    child_ = std::move(*child);
    return {};
  }

  void send(std::string text, std::string) override {
    if (!child_) return;
    // Outside strings, where JSON has no line feeds, they are white space.
    std::replace_if(text.begin(), text.end(), [](char c) { return c == '\n' || c == '\r'; }, ' ');
    text += '\n';
    child_->write(std::move(text));
  }

  size_t queued() const override { return child_ ? child_->queued() : 0; }

  void close() override {
    handler_ = {};
    left_out_timer_.cancel();
    if (child_) child_->close();
    child_.reset();
  }

 private:
  // Callbacks may destroy this: each is copied before it is called, and `alive` is looked at after it.
  void take_messages(std::string_view bytes) {
    const std::weak_ptr<bool> alive = alive_;
    std::string line;
    while (true) {
      const Cut cut = messages_.take(bytes, line);
      if (cut == Cut::more) return;
      if (cut == Cut::too_long) {
        return over(too_large("the server sent a message of more than " +
                              std::to_string(limits::kMcpMessageBytesMax) + " bytes"));
      }
      if (is_blank(line)) continue;
      const auto on_message = handler_.on_message;
      if (on_message) on_message(std::move(line));
      if (alive.expired() || !child_) return;
    }
  }

  void take_log(std::string_view bytes) {
    const std::weak_ptr<bool> alive = alive_;
    std::string line;
    while (log_.take(bytes, line) != Cut::more) {
      if (is_blank(line)) continue;
      if (!rate_.pass(loop_.mono_ms())) {
        say_later_what_was_left_out();
        continue;
      }
      log(line);
      if (alive.expired() || !child_) return;
    }
  }

  void say_later_what_was_left_out() {
    if (left_out_timer_.waiting()) return;
    left_out_timer_ = loop_.after(1'000, [this] {
      log("weir: " + std::to_string(rate_.take_left_out()) + " more lines in a second are left out");
    });
  }

  void log(std::string_view line) {
    const auto on_log = handler_.on_log;
    // shown() may go past its bound by one character, escaped, and the mark of the cut.
    if (on_log) on_log(shown(line, limits::kMcpStderrLineBytesMax - 16));
  }

  void over(Error why) {
    const auto on_closed = std::exchange(handler_, {}).on_closed;
    left_out_timer_.cancel();
    child_.reset();
    if (on_closed) on_closed(std::move(why));
  }

  net::Loop& loop_;
  LinkHandler handler_;
  const std::string sandbox_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  // watched by the calls under way
  net::LineCutter messages_{limits::kMcpMessageBytesMax};
  net::LineCutter log_{limits::kMcpStderrLineBytesMax};
  LineRate rate_;
  net::Timer left_out_timer_;
  std::unique_ptr<net::Child> child_;  // absent once the link is over
};

}  // namespace

namespace {

// The command as one that weir runs again for it, in a sandbox.
Status enclose(net::ChildOptions& child, const sandbox::Profile& profile, std::vector<std::string> secrets,
               const std::string& record) {
  const sandbox::Around around = sandbox::this_machine(std::move(secrets));
  child.env = sandbox::make_env(profile, around, child.env);
  sandbox::Command command{
      .words = child.command, .cwd = child.cwd.empty() ? around.home : child.cwd, .by_operator = true};
  if (command.words.empty()) return unavailable("no command is given");
  WEIR_TRY_ASSIGN(program, sandbox::find_program(command.words.front(), child.env["PATH"], command.cwd));
  command.program = std::move(program);
  WEIR_TRY_ASSIGN(plan, sandbox::make_plan(profile, around, command));
  // Not the command's: for weir's own process beside it.
  for (const sandbox::Secret& secret : plan.secrets) {
    const auto at = around.env.find(secret.env);
    if (at != around.env.end()) child.env[egress::secret_variable(secret)] = at->second;
  }
  if (!record.empty()) child.env[egress::kRecordVariable] = record;
  child.command = sandbox::enclosed("/proc/self/exe", plan, command);
  child.cwd.clear();  // it goes there itself
  return {};
}

}  // namespace

Result<std::unique_ptr<Link>> open_child(net::Loop& loop, ChildOptions options, LinkHandler handler) {
  auto link = std::make_unique<ChildLink>(loop, std::move(handler),
                                          options.sandbox ? options.sandbox->name : std::string());
  net::ChildOptions child;
  child.command = std::move(options.command);
  child.env = std::move(options.env);
  child.cwd = std::move(options.cwd);
  child.close_ms = options.close_ms;
  if (options.sandbox) child.maker = std::move(options.maker);
  if (options.sandbox) WEIR_TRY(enclose(child, *options.sandbox, std::move(options.secrets), options.record));
  WEIR_TRY(link->start(std::move(child)));
  return std::unique_ptr<Link>(std::move(link));
}

}  // namespace weir::gateway::mcp
