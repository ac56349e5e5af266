// weir status: what runs, for whom, and what was stopped today.
#include <fmt/color.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/json.h"
#include "cli/command.h"
#include "cli/skill.h"

namespace weir::cli {
namespace {

constexpr int kPageEntries = 1'000;
constexpr int kPagesMax = 10;  // further back nobody looks for today
constexpr size_t kShownMax = 5;

struct Stopped {
  int64_t index = 0;
  std::string time, decision, tool, why;
};

struct Today {
  int64_t decisions = 0, allowed = 0, asked = 0, denied = 0;
  bool whole = true;               // false: there is more of today than was read
  std::vector<Stopped> last = {};  // newest first
};

void count(json::Value entry, Today& today) {
  const json::Value said = entry["entry"];
  if (said["type"].string_or("") != "decision") return;
  const std::string_view decision = said["decision"].string_or("");
  ++today.decisions;
  ++(decision == "allow" ? today.allowed : decision == "ask" ? today.asked : today.denied);
  if (decision == "allow" || today.last.size() >= kShownMax) return;
  today.last.push_back({entry["index"].integer().value_or(0), std::string(said["time"].string_or("")),
                        std::string(decision), std::string(said["tool"].string_or("")),
                        std::string(entry["detail"]["why"].string_or(""))});
}

// The ledger from its end back to midnight (UTC).
Result<Today> read_today(const Common& common) {
  const std::string day = rfc3339(SystemClock().now().wall_ms).substr(0, 10);
  Today today;
  int64_t before = -1;  // entries from here on are counted
  for (int page = 0; page < kPagesMax; ++page) {
    const int64_t from = std::max<int64_t>(0, before - kPageEntries);
    const int64_t n = before < 0 ? kPageEntries : before - from;
    WEIR_TRY_ASSIGN(reply, ask_weir(common, "GET",
                                    before < 0 ? fmt::format("/weir/log?n={}", n)
                                               : fmt::format("/weir/log?from={}&n={}", from, n)));
    WEIR_TRY_ASSIGN(document, json::parse(std::move(reply)));
    std::vector<json::Value> entries;
    for (const json::Value entry : document["entries"].elements()) entries.push_back(entry);
    for (auto entry = entries.rbegin(); entry != entries.rend(); ++entry) {
      if ((*entry)["entry"]["time"].string_or("") < day) return today;
      count(*entry, today);
    }
    if (entries.empty()) return today;
    before = entries.front()["index"].integer().value_or(0);
    if (before == 0) return today;
  }
  today.whole = false;
  return today;
}

std::string status_json(const std::string& status, const Today& today) {
  json::Writer writer;
  writer.begin_object().key("today").begin_object();
  writer.key("decisions").integer(today.decisions).key("allowed").integer(today.allowed);
  writer.key("asked")
      .integer(today.asked)
      .key("denied")
      .integer(today.denied)
      .key("whole")
      .boolean(today.whole);
  writer.key("stopped").begin_array();
  for (const Stopped& each : today.last) {
    writer.begin_object()
        .key("index")
        .integer(each.index)
        .field("time", each.time)
        .field("decision", each.decision);
    writer.field("tool", each.tool).field("why", each.why).end_object();
  }
  std::string out = writer.end_array().end_object().end_object().take();
  // The members of the page stay where programs look for them.
  return status.substr(0, status.rfind('}')) + "," + out.substr(1);
}

class Screen {
 public:
  Screen() : color_(isatty(STDOUT_FILENO) == 1 && std::getenv("NO_COLOR") == nullptr) {}
  std::string in(fmt::terminal_color color, std::string_view text) const {
    return color_ ? fmt::format(fmt::fg(color), "{}", text) : std::string(text);
  }

 private:
  bool color_;
};

std::string list(json::Value values) {
  std::string out;
  for (const json::Value value : values.elements())
    out += (out.empty() ? "" : ", ") + shown(value.string_or(""), 60);
  return out.empty() ? "none" : out;
}

void print_mcp(const Screen& screen, const json::Document& status) {
  const int64_t sessions = status["mcp"]["sessions"].integer().value_or(0);
  fmt::print("MCP        {}; {} client{} connected\n", list(status["servers"]), sessions,
             sessions == 1 ? "" : "s");
  for (const json::Value server : status["mcp"]["servers"].elements()) {
    const int64_t all = server["connections"].integer().value_or(0),
                  ready = server["ready"].integer().value_or(0);
    if (ready == all || server["trouble"].string_or("").empty()) continue;  // not started yet is no trouble
    fmt::print("  {}\n", screen.in(fmt::terminal_color::red,
                                   fmt::format("{}: {} of {} connections ready  {}",
                                               shown(server["name"].string_or(""), 60), ready, all,
                                               shown(server["trouble"].string_or(""), 160))));
  }
}

constexpr size_t kSessionsShown = 8;

// One line each: what still holds.
void print_sessions(const Screen& screen, const json::Document& status) {
  size_t count = 0;
  for (const json::Value session : status["sessions"].elements()) {
    if (++count > kSessionsShown) continue;
    const double bits = session["bits"].number().value_or(0);
    const std::string told =
        session["mode"].string_or("") == "seal"
            ? fmt::format(" {:.1f}/{:.0f} bits", bits, session["budget"].number().value_or(0))
            : std::string();
    const bool good = session["trusted"].boolean().value_or(false) && bits == 0;
    fmt::print("session    {} {}{}  {}\n", shown(session["session"].string_or(""), 64),
               session["mode"].string_or(""), told,
               screen.in(good ? fmt::terminal_color::green : fmt::terminal_color::yellow,
                         shown(session["holds"].string_or(""), 300)));
  }
  if (count > kSessionsShown)
    fmt::print("           and {} more: weir log --sessions\n", count - kSessionsShown);
}

void print(const json::Document& status, const Today& today) {
  const Screen screen;
  const auto number = [&](std::string_view key) { return status[key].integer().value_or(0); };
  const std::string_view mode = status["mode"].string_or("");
  fmt::print("weir runs in mode {}, by {}\n",
             screen.in(mode == "watch" ? fmt::terminal_color::yellow : fmt::terminal_color::green, mode),
             shown(status["config"].string_or(""), 200));
  std::string clients;
  for (const json::Member& client : status["clients"].members())
    clients += fmt::format("{}{} ({} request{})", clients.empty() ? "" : ", ", shown(client.key, 80),
                           client.value.integer().value_or(0), client.value.integer() == 1 ? "" : "s");
  fmt::print("clients    {}\n", clients.empty() ? "none yet" : clients);
  for (const json::Value upstream : status["upstreams"].elements())
    fmt::print("upstream   {}: {} ({})\n", shown(upstream["name"].string_or(""), 60),
               shown(upstream["url"].string_or(""), 200), upstream["dialect"].string_or(""));
  print_mcp(screen, status);
  fmt::print("this run   {} requests, {} calls: {} allowed, {} asked, {} denied\n", number("requests"),
             number("calls"), number("allowed"), number("asked"), number("denied"));
  fmt::print("today      {}{} decisions: {} allowed, {} asked, {}\n", today.whole ? "" : "at least ",
             today.decisions, today.allowed, today.asked,
             screen.in(today.denied > 0 ? fmt::terminal_color::red : fmt::terminal_color::green,
                       fmt::format("{} denied", today.denied)));
  for (const Stopped& each : today.last) {
    fmt::print("  {:>6} {} {:<4} {}  {}\n", each.index,
               each.time.size() > 19 ? each.time.substr(11, 8) : each.time,
               screen.in(each.decision == "ask" ? fmt::terminal_color::yellow : fmt::terminal_color::red,
                         each.decision),
               shown(each.tool, 60), shown(each.why, 160));
  }
  print_sessions(screen, status);
  if (number("pending") > 0)
    fmt::print("{}\n",
               screen.in(fmt::terminal_color::yellow,
                         fmt::format("waiting    {} for an answer: weir approvals", number("pending"))));
  fmt::print("ledger     {} entries, key {}\n", number("ledger_entries"), status["ledger_key"].string_or(""));
  for (const json::Value line : status["weakenings"].elements())
    fmt::print("{}\n", screen.in(fmt::terminal_color::red,
                                 fmt::format("WEAKENED   {}", shown(line.string_or(""), 200))));
}

}  // namespace

int run_status(const Common& common) {
  auto reply = ask_weir(common, "GET", "/weir/status");
  if (!reply) return fail(reply.error());
  auto today = read_today(common);
  if (!today) return fail(today.error());
  if (common.json) {
    fmt::print("{}\n", status_json(*reply, *today));
    return kDone;
  }
  const auto document = json::parse(*reply);
  if (!document) return fail(document.error());
  print(*document, *today);
  if (auto book = SkillBook::open(common)) {
    const SkillCount count = count_skills(*book);
    if (count.added > 0)
      fmt::print(
          "skills     {} added, of which {} trusted{}\n", count.added, count.trusted,
          count.wrong.empty() ? "" : fmt::format("; {} do not run: weir skill list", count.wrong.size()));
  }
  return kDone;
}

}  // namespace weir::cli
