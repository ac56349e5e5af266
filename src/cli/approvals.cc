// weir approvals, approve, deny, grant: the person's side.
#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <thread>

#include "approval/memory.h"
#include "approval/screen.h"
#include "base/bytes.h"
#include "base/clock.h"
#include "base/json.h"
#include "cli/command.h"
#include "cli/live.h"

namespace weir::cli {
namespace {

constexpr auto kWatchInterval = std::chrono::milliseconds(500);

approval::Shape printed_shape() {
  approval::Shape shape;
  winsize size{};
  shape.color = isatty(STDOUT_FILENO) == 1 && std::getenv("NO_COLOR") == nullptr;
  shape.width = ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 40 ? size.ws_col : 110;
  shape.whole = true;
  return shape;
}

void print_asks(const json::Document& document) {
  const approval::Shape shape = printed_shape();
  if (document["pending"].size() == 0) fmt::print("nothing waits for an answer\n");
  for (const json::Value ask : document["pending"].elements()) {
    for (const std::string& line : approval::printed_card(approval::read_card(ask), shape))
      fmt::print("{}\n", line);
    fmt::print("\n");
  }
}

// Which asks there are: what the time that is left does not change.
std::string ids_of(const json::Document& document) {
  std::string ids;
  for (const json::Value ask : document["pending"].elements()) ids += std::string(ask["ids"].raw()) + " ";
  return ids;
}

int print_denied(const Common& common) {
  auto reply = ask_weir(common, "GET", "/weir/denied");
  if (!reply) return fail(reply.error());
  if (common.json) {
    fmt::print("{}\n", *reply);
    return kDone;
  }
  const auto text = approval::missed_text(*reply);
  if (!text) return fail(text.error());
  fmt::print("{}", text->empty() ? "nothing was denied for lack of a person in this run\n" : *text);
  return kDone;
}

}  // namespace

int run_approvals(const Common& common, const ApprovalsArgs& args) {
  if (args.denied) return print_denied(common);
  const bool terminal = isatty(STDIN_FILENO) == 1 && isatty(STDOUT_FILENO) == 1;
  if (terminal && !common.json && !args.once) return run_live(common);
  std::optional<std::string> before;
  while (true) {
    auto reply = ask_weir(common, "GET", "/weir/approvals");
    if (!reply) return fail(reply.error());
    auto document = json::parse(*reply);
    if (!document) return fail(document.error());
    std::string now = ids_of(*document);
    if (before != now) {
      if (common.json) {
        fmt::print("{}\n", *reply);
      } else {
        print_asks(*document);
      }
      std::fflush(stdout);
    }
    if (!args.watch || args.once) return kDone;
    before = std::move(now);
    std::this_thread::sleep_for(kWatchInterval);
  }
}

int run_answer(const Common& common, const AnswerArgs& args) {
  json::Writer body;
  body.begin_object().field("answer", args.answer).end_object();
  auto reply = ask_weir(common, "POST", "/weir/approvals/" + args.id, body.take());
  if (!reply) return fail(reply.error());
  fmt::print("{}\n", common.json ? *reply : fmt::format("{}: {}", args.id, args.answer));
  return kDone;
}

int run_grant(const Common& common, const GrantArgs& args) {
  if (!args.remove.empty()) {
    auto reply = ask_weir(common, "DELETE", "/weir/grants/" + args.remove);
    if (!reply) return fail(reply.error());
    fmt::print("{}\n", common.json ? *reply : args.remove + " is gone");
    return kDone;
  }
  if (args.list || args.tool.empty()) {
    auto reply = ask_weir(common, "GET", "/weir/grants");
    if (!reply) return fail(reply.error());
    if (common.json) {
      fmt::print("{}\n", *reply);
      return kDone;
    }
    const auto document = json::parse(*reply);
    if (!document) return fail(document.error());
    if ((*document)["grants"].size() == 0) fmt::print("no grants\n");
    for (const json::Value grant : (*document)["grants"].elements())
      fmt::print("{}\n", shown(grant.raw(), 1'000));
    return kDone;
  }
  json::Writer body;
  body.begin_object().field("tool", args.tool).key("args").begin_object();
  for (const std::string& argument : args.arguments) {
    const auto read = approval::parse_grant_argument(argument);
    if (!read) {
      return fail(
          bad_input(fmt::format("not an argument: {}", shown(argument)), "--arg", "--arg /to=bob@x.org"));
    }
    body.field(read->first, read->second);
  }
  body.end_object();
  if (!args.session.empty()) {
    body.field("scope", args.once ? "once" : "session").field("session", args.session);
  } else if (args.once) {
    return fail(bad_input("a grant for one call belongs to a session", "--session", "weir log --sessions"));
  } else {
    const auto lasts = config::parse_duration(args.lasts.empty() ? "8h" : args.lasts);
    if (!lasts) return fail(lasts.error());
    body.field("scope", "until").key("expires").integer(SystemClock().now().wall_ms + *lasts);
  }
  if (args.release) body.key("release").boolean(true);
  if (!args.origins.empty()) {
    body.key("origins").begin_array();
    for (const std::string& origin : args.origins) body.string(origin);
    body.end_array();
  }
  if (!args.reason.empty()) body.field("reason", args.reason);
  auto reply = ask_weir(common, "POST", "/weir/grants", body.end_object().take());
  if (!reply) return fail(reply.error());
  fmt::print("{}\n", *reply);
  return kDone;
}

}  // namespace weir::cli
