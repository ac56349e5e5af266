// weir approvals, approve, deny, grant, status: the person's side.
#include <fmt/color.h>
#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <thread>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/json.h"
#include "cli/command.h"

namespace weir::cli {
namespace {

bool color() {
  return isatty(STDOUT_FILENO) == 1;
}

void print_styled(const fmt::text_style& style, const std::string& text) {
  if (color()) {
    fmt::print(style, "{}", text);
  } else {
    fmt::print("{}", text);
  }
}

std::string origins(json::Value label) {
  std::string all;
  for (const json::Value origin : label["origins"].elements())
    all += (all.empty() ? "" : ", ") + shown(origin.string_or(""), 80);
  return all;
}

void print_ask(json::Value ask) {
  print_styled(fmt::emphasis::bold,
               fmt::format("{}  {}", ask["id"].string_or(""), shown(ask["tool"].string_or(""), 80)));
  fmt::print("   {} s left, session {}\n", ask["seconds_left"].integer().value_or(0),
             shown(ask["session"].string_or(""), 40));
  for (const json::Member& argument : ask["args"].members()) {
    const bool trusted = argument.value["integrity"].string_or("") == "trusted";
    fmt::print("    {:<14} {:<10} ", shown(argument.key, 40), argument.value["role"].string_or(""));
    const auto style = fmt::fg(trusted ? fmt::terminal_color::green : fmt::terminal_color::red);
    print_styled(style, shown(ask["values"][argument.key].string_or(""), 60));
    fmt::print("   from {}\n", origins(argument.value));
  }
  print_styled(fmt::fg(fmt::terminal_color::yellow),
               fmt::format("    why: {}\n", shown(ask["why"].string_or(""), 400)));
  fmt::print(
      "    weir approve {0}            this once\n    weir approve {0} --session  the same again in this "
      "session\n"
      "    weir approve {0} --always   the same again for 30 days\n    weir deny {0}\n\n",
      ask["id"].string_or(""));
}

}  // namespace

int run_approvals(const Common& common, const ApprovalsArgs& args) {
  while (true) {
    auto reply = ask_weir(common, "GET", "/weir/approvals");
    if (!reply) return fail(reply.error());
    auto document = json::parse(*reply);
    if (!document) return fail(document.error());
    if (common.json) {
      fmt::print("{}\n", *reply);
    } else {
      if (args.watch && color()) fmt::print("\033[2J\033[H");
      if ((*document)["pending"].size() == 0) fmt::print("nothing waits for an answer\n");
      for (const json::Value ask : (*document)["pending"].elements()) print_ask(ask);
    }
    if (!args.watch) return kDone;
    std::fflush(stdout);
    std::this_thread::sleep_for(std::chrono::seconds(1));
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
    const size_t equals = argument.find('=');
    if (!argument.starts_with('/') || equals == std::string::npos) {
      return fail(
          bad_input(fmt::format("not an argument: {}", shown(argument)), "--arg", "--arg /to=bob@x.org"));
    }
    body.field(argument.substr(0, equals), argument.substr(equals + 1));
  }
  body.end_object();
  if (!args.session.empty()) {
    body.field("scope", "session").field("session", args.session);
  } else {
    const auto lasts = config::parse_duration(args.lasts.empty() ? "8h" : args.lasts);
    if (!lasts) return fail(lasts.error());
    body.field("scope", "until").key("expires").integer(SystemClock().now().wall_ms + *lasts);
  }
  if (args.release) body.key("release").boolean(true);
  auto reply = ask_weir(common, "POST", "/weir/grants", body.end_object().take());
  if (!reply) return fail(reply.error());
  fmt::print("{}\n", *reply);
  return kDone;
}

int run_status(const Common& common) {
  auto reply = ask_weir(common, "GET", "/weir/status");
  if (!reply) return fail(reply.error());
  if (common.json) {
    fmt::print("{}\n", *reply);
    return kDone;
  }
  const auto document = json::parse(*reply);
  if (!document) return fail(document.error());
  const auto number = [&](std::string_view key) { return (*document)[key].integer().value_or(0); };
  fmt::print("mode {}, config {}\n", (*document)["mode"].string_or(""), (*document)["config"].string_or(""));
  fmt::print("{} requests, {} calls: {} allowed, {} asked, {} denied; {} wait for an answer\n",
             number("requests"), number("calls"), number("allowed"), number("asked"), number("denied"),
             number("pending"));
  fmt::print("{} ledger entries, key {}\n", number("ledger_entries"),
             (*document)["ledger_key"].string_or(""));
  for (const json::Value upstream : (*document)["upstreams"].elements()) {
    fmt::print("upstream {}: {} ({})\n", upstream["name"].string_or(""), upstream["url"].string_or(""),
               upstream["dialect"].string_or(""));
  }
  for (const json::Value line : (*document)["weakenings"].elements())
    fmt::print("WEAKENED {}\n", line.string_or(""));
  return kDone;
}

}  // namespace weir::cli
