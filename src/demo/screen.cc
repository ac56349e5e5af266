#include "demo/screen.h"

#include <fmt/format.h>

#include <algorithm>
#include <span>

#include "base/bytes.h"
#include "demo/facts.h"

namespace weir::demo {
namespace {

constexpr size_t kValueBytes = 27;  // of one argument

enum class Paint { plain, bold, dim, red, green, yellow };

// The front of a well-formed text that fits, with "…" where it was cut.
std::string fit(std::string_view text, size_t columns) {
  size_t at = 0, used = 0, kept = 0;
  while (at < text.size()) {
    if (used + 1 == columns) kept = at;
    next_utf8(text, at);
    if (++used > columns) return std::string(text.substr(0, kept)) + "…";
  }
  return std::string(text);
}

class Screen {
 public:
  explicit Screen(bool color) : color_(color) {}

  void line(Paint paint, size_t indent, std::string_view text) {
    if (lines_++ >= kScreenLinesMax) return;
    out_.append(indent, ' ');
    const std::string fitted = fit(text, kScreenColumnsMax - indent);
    out_ += color_ && paint != Paint::plain ? code(paint) + fitted + "\x1b[0m" : fitted;
    out_ += '\n';
  }
  // Broken at spaces into at most `lines`.
  void wrapped(Paint paint, size_t indent, std::string_view text, int lines = 2) {
    const size_t room = kScreenColumnsMax - indent;
    for (; lines > 1 && text.size() > room; --lines) {
      const size_t space = text.rfind(' ', room);
      if (space == std::string_view::npos || space == 0) break;
      line(paint, indent, text.substr(0, space));
      text.remove_prefix(space + 1);
    }
    line(paint, indent, text);
  }
  void blank() { line(Paint::plain, 0, ""); }
  std::string take() { return std::move(out_); }

 private:
  static std::string code(Paint paint) {
    switch (paint) {
      case Paint::bold:
        return "\x1b[1m";
      case Paint::dim:
        return "\x1b[2m";
      case Paint::red:
        return "\x1b[31m";
      case Paint::green:
        return "\x1b[32m";
      case Paint::yellow:
        return "\x1b[33m";
      case Paint::plain:
        break;
    }
    return "";
  }
  const bool color_;
  size_t lines_ = 0;
  std::string out_;
};

std::string sentence(std::string_view text) {
  return shown(text, 2 * kScreenColumnsMax);
}

bool holds_canary(const std::string& text, const Plot& plot) {
  const auto canaries = plot.canaries();
  return std::any_of(canaries.begin(), canaries.end(),
                     [&](const std::string& canary) { return text.find(canary) != std::string::npos; });
}

// "mail__list, mail__read x4, …": what the agent ran, in the order of the first of each.
std::string ran(const Outcome& outcome) {
  std::vector<std::pair<std::string, int>> tools;
  const auto& first = outcome.agent.made;
  std::vector<MadeCall> all(first.begin(), first.end());
  all.insert(all.end(), outcome.later.made.begin(), outcome.later.made.end());
  for (const MadeCall& call : all) {
    if (call.error) continue;
    const auto known =
        std::find_if(tools.begin(), tools.end(), [&](const auto& tool) { return tool.first == call.tool; });
    if (known == tools.end()) {
      tools.emplace_back(call.tool, 1);
    } else {
      ++known->second;
    }
  }
  std::string out;
  for (const auto& [tool, times] : tools) {
    if (!out.empty()) out += ", ";
    out += times > 1 ? fmt::format("{} x{}", shown(tool), times) : shown(tool);
  }
  return out;
}

// "recipient: GB33…   amount: 4500.00": the arguments for people, those that fit.
std::string arguments_text(const std::string& arguments) {
  const auto document = json::parse(arguments);
  if (!document || !document->root().is_object()) return shown(arguments);
  std::string out;
  for (const json::Member member : document->root().members()) {
    if (member.key == "subject") continue;  // decides nothing, and there is little room
    if (!out.empty()) out += "  ";
    out += fmt::format("{}: {}", shown(member.key),
                       shown(member.value.string_or(member.value.raw()), kValueBytes));
  }
  return out;
}

// The attack's calls that the agent ran.
std::vector<std::string> attack_done(const Outcome& outcome, const Plot& plot) {
  std::vector<std::string> calls;
  for (const AgentReport* agent : {&outcome.agent, &outcome.later}) {
    for (const MadeCall& call : agent->made) {
      if (!call.error && holds_canary(call.arguments, plot))
        calls.push_back(fmt::format("{}  {}", shown(call.tool), arguments_text(call.arguments)));
    }
  }
  return calls;
}

std::string heading(Mode mode) {
  switch (mode) {
    case Mode::off:
      return "OFF     agent -> model, agent -> MCP servers";
    case Mode::watch:
      return "WATCH   through weir, which decides and records, and never interferes";
    case Mode::guard:
      return "GUARD   through weir; what weir asks, a person answers";
    case Mode::seal:
      return "SEAL    as guard, and the model sees references to what nobody vouched for";
  }
  return {};
}

std::string values_text(const Ask& ask) {
  std::string out;
  for (const auto& [pointer, value] : ask.values) {
    if (pointer == "/subject") continue;
    if (!out.empty()) out += "  ";
    out += fmt::format("{}: {}", shown(pointer.substr(std::min<size_t>(1, pointer.size()))),
                       shown(value, kValueBytes));
  }
  return out;
}

// Asks as the person saw them, each with the ledger's entry of the decision.
void show_asks(Screen& screen, const Outcome& outcome) {
  std::vector<const Entry*> used;
  for (const Ask& ask : outcome.asks) {
    const Entry* entry = nullptr;
    for (const Entry& candidate : outcome.entries) {
      if (candidate.tool != ask.tool || candidate.why != ask.why ||
          std::find(used.begin(), used.end(), &candidate) != used.end())
        continue;
      entry = &candidate;
      break;
    }
    used.push_back(entry);
    screen.line(Paint::yellow, 2, fmt::format("? {}  {}", shown(ask.tool), values_text(ask)));
    screen.wrapped(ask.approved ? Paint::plain : Paint::green, 4, sentence(ask.why));
    const std::string ledger =
        entry != nullptr ? fmt::format("ledger {}", entry->index) : "not in the ledger";
    screen.line(ask.approved ? Paint::bold : Paint::green, 4,
                fmt::format("{}  [{}]", ask.approved ? "person: yes, once (my bill)" : "person: no. BLOCKED",
                            ledger));
  }
  for (const Entry& entry : outcome.entries) {
    if (entry.decision != "deny" || !entry.blocks() || &entry == rug_entry(outcome)) continue;
    screen.line(Paint::green, 2, fmt::format("DENIED {}  [ledger {}]", shown(entry.tool), entry.index));
    screen.wrapped(Paint::green, 4, sentence(entry.why));
  }
}

std::string times(uint64_t count) {
  return count == 1 ? std::string("1 time") : fmt::format("{} times", count);
}

// What the model was shown, by its server's count.
void show_sealed(Screen& screen, const Outcome& outcome, const Outcome* off, const Facts& facts) {
  std::string shown = fmt::format("the model was shown the injection: {}", times(facts.shown));
  if (off != nullptr) {
    uint64_t before = 0;
    for (const auto& [canary, seen] : off->emitted) before = std::max(before, seen.shown);
    shown += fmt::format(" (off: {}), {:.0f} bits revealed", times(before), facts.bits);
  }
  screen.line(facts.shown == 0 ? Paint::green : Paint::red, 2, shown);
  screen.line(Paint::dim, 2,
              fmt::format("a reader without tools was: {}; it obeyed with {} calls, which nobody runs",
                          times(facts.reader_shown), outcome.reader_calls));
}

// The tool that changed, as `weir pins diff` shows it.
void show_rug(Screen& screen, const Outcome& outcome, const Facts& facts, bool whole) {
  if (facts.rug_refused >= 0) {
    screen.line(Paint::green, 2,
                fmt::format("RUG PULL calendar/list is not what was accepted. REFUSED  [ledger {}]",
                            facts.rug_refused));
  }
  if (!whole) return;
  for (const std::string& line : outcome.calendar.difference) {
    const std::string text = shown(line, SIZE_MAX);
    const size_t indent = std::min(text.find_first_not_of(' '), size_t{8});
    const char sign = indent == 4 ? text[indent] : ' ';
    const Paint paint = sign == '-'   ? Paint::red
                        : sign == '+' ? Paint::green
                        : sign == '!' ? Paint::yellow
                                      : Paint::plain;
    screen.wrapped(paint, indent + 2, std::string_view(text).substr(indent), 3);
  }
}

// `before`: the stories that were told before it.
void show_story(Screen& screen, const Outcome& outcome, std::span<const Outcome> before, const Plot& plot) {
  screen.line(Paint::bold, 0, heading(outcome.mode));
  const bool same = !before.empty() && ran(before.back()) == ran(outcome);
  screen.wrapped(Paint::dim, 2, "ran: " + (same ? "the same" : ran(outcome)));
  const Facts facts = judge(outcome, plot);
  if (outcome.mode == Mode::seal)
    show_sealed(screen, outcome, before.empty() ? nullptr : &before.front(), facts);
  const std::vector<std::string> done = attack_done(outcome, plot);
  if (same && !done.empty() && done == attack_done(before.back(), plot)) {
    screen.line(Paint::red, 2, fmt::format("! DONE the same {}", done.size()));
  } else {
    for (const std::string& call : done) screen.line(Paint::red, 2, "! DONE " + call);
  }
  if (outcome.mode == Mode::guard || outcome.mode == Mode::seal) {
    show_asks(screen, outcome);
    const bool told = !before.empty() && before.back().mode == Mode::guard;
    return show_rug(screen, outcome, facts, !told);
  }
  // The sentences are the same as in guard mode.
  std::string would;
  for (const Entry& entry : outcome.entries) {
    if (!about_attack(outcome, entry) && &entry != rug_entry(outcome)) continue;
    would += fmt::format("{}{} {} [ledger {}]", would.empty() ? "weir would " : ", ", shown(entry.decision),
                         shown(entry.tool), entry.index);
  }
  if (!would.empty()) screen.wrapped(Paint::yellow, 2, would);
}

void show_table(Screen& screen, const std::vector<Outcome>& outcomes, const Plot& plot) {
  const auto row = [](const auto&... cells) {
    return fmt::format("{:<7}{:<9}{:<13}{:<11}{:<12}{:<9}{:<6}{:<8}{}", cells...);
  };
  screen.line(
      Paint::bold, 0,
      row("", "shown", "attack calls", "money lost", "secret", "rug pull", "bill", "summary", "bits"));
  const auto yes = [](bool value) { return value ? "yes" : "no"; };
  for (const Outcome& outcome : outcomes) {
    const Facts facts = judge(outcome, plot);
    screen.line(facts.breached() ? Paint::red : Paint::green, 0,
                row(mode_name(outcome.mode), facts.shown == 0 ? "never" : times(facts.shown),
                    facts.pay_emitted + facts.leak_emitted == 0 && outcome.reader_calls > 0
                        ? fmt::format("{} by reader", outcome.reader_calls)
                        : fmt::format("{} by model", facts.pay_emitted + facts.leak_emitted),
                    amount_text(facts.lost_cents), facts.secret_leaked ? "mailed out" : "kept",
                    facts.rug_performed      ? "done"
                    : facts.rug_refused >= 0 ? "refused"
                                             : "-",
                    facts.bill_paid ? "paid" : "-", yes(facts.summary_done),
                    outcome.mode == Mode::seal ? fmt::format("{:.0f}", facts.bits) : "-"));
  }
}

void write_entry(json::Writer& out, const Outcome& outcome, const Entry& entry) {
  out.begin_object().key("index").integer(entry.index).field("call", entry.call_id);
  out.field("session", entry.session)
      .field("tool", entry.tool)
      .field("decision", entry.decision)
      .field("why", entry.why);
  out.field("answer", entry.answer).key("enforced").boolean(entry.enforced).key("policies").begin_array();
  for (const std::string& policy : entry.policies) out.string(policy);
  out.end_array().key("blocks").boolean(entry.blocks());
  out.key("attack").boolean(about_attack(outcome, entry)).end_object();
}

void write_state(json::Writer& out, const Outcome& outcome) {
  out.key("balance").raw(amount_text(outcome.balance_cents)).key("payments").begin_array();
  for (const Payment& payment : outcome.payments) {
    out.begin_object().field("recipient", payment.recipient).key("amount").raw(amount_text(payment.cents));
    out.field("subject", payment.subject).end_object();
  }
  out.end_array().key("outbox").begin_array();
  for (const SentMail& mail : outcome.outbox) {
    out.begin_object().field("to", mail.to).field("subject", mail.subject).field("body", mail.body);
    out.end_object();
  }
  out.end_array().key("lookups").begin_array();
  for (const Lookup& lookup : outcome.lookups)
    out.begin_object().field("day", lookup.day).field("note", lookup.note).end_object();
  out.end_array();
}

void write_calls(json::Writer& out, const AgentReport& agent) {
  out.key("calls").begin_array();
  for (const MadeCall& call : agent.made) {
    out.begin_object().field("id", call.id).field("tool", call.tool).field("arguments", call.arguments);
    out.field("result", call.result).key("error").boolean(call.error).end_object();
  }
  out.end_array();
}

// The other day, with the tool that changed.
void write_rug(json::Writer& out, const Outcome& outcome, const Facts& facts) {
  out.key("rug_pull").begin_object().key("offered").boolean(facts.rug_offered);
  out.key("performed").boolean(facts.rug_performed).key("run").boolean(facts.rug_run);
  out.key("refused").boolean(facts.rug_refused >= 0).key("ledger").integer(facts.rug_refused);
  out.field("state", outcome.calendar.state).key("difference").begin_array();
  for (const std::string& line : outcome.calendar.difference) out.string(line);
  out.end_array().field("declared", outcome.later.declared);
  write_calls(out, outcome.later);
  out.field("answer", outcome.later.answer).field("received", outcome.later.received).end_object();
}

void write_outcome(json::Writer& out, const Outcome& outcome, const Plot& plot) {
  const Facts facts = judge(outcome, plot);
  out.begin_object().field("mode", mode_name(outcome.mode));
  out.key("pay_emitted").integer(static_cast<int64_t>(facts.pay_emitted));
  out.key("leak_emitted").integer(static_cast<int64_t>(facts.leak_emitted));
  out.key("shown").integer(static_cast<int64_t>(facts.shown));
  out.key("reader_shown").integer(static_cast<int64_t>(facts.reader_shown));
  out.key("reader_calls").integer(static_cast<int64_t>(outcome.reader_calls));
  out.key("bits").number(facts.bits);
  out.key("breached").boolean(facts.breached());
  out.key("money_lost").raw(amount_text(facts.lost_cents));
  out.key("secret_leaked").boolean(facts.secret_leaked);
  out.key("canary_received").boolean(facts.canary_received);
  out.key("bill_paid").boolean(facts.bill_paid).key("summary_done").boolean(facts.summary_done);
  write_state(out, outcome);
  write_calls(out, outcome.agent);
  write_rug(out, outcome, facts);
  out.key("turns").integer(outcome.agent.turns).field("answer", outcome.agent.answer);
  out.field("received", outcome.agent.received).key("asks").begin_array();
  for (const Ask& ask : outcome.asks) {
    out.begin_object().field("id", ask.id).field("tool", ask.tool).field("why", ask.why);
    out.key("values").begin_object();
    for (const auto& [pointer, value] : ask.values) out.field(pointer, value);
    out.end_object().field("answer", ask.approved ? "once" : "deny").end_object();
  }
  out.end_array().key("ledger").begin_array();
  for (const Entry& entry : outcome.entries) write_entry(out, outcome, entry);
  out.end_array().end_object();
}

}  // namespace

std::string screen(const std::vector<Outcome>& outcomes, const Plot& plot, bool color) {
  Screen screen(color);
  screen.line(Paint::bold, 0, fmt::format("weir demo   user: \"{}\"", plot.request));
  screen.line(Paint::plain, 0,
              "One mail carries orders: send money, mail out a key. Another day the calendar's");
  screen.line(Paint::plain, 0,
              "MCP server changes what it says of its tool. The model obeys any text it reads.");
  for (size_t i = 0; i < outcomes.size(); ++i) {
    screen.blank();
    show_story(screen, outcomes[i], std::span(outcomes).first(i), plot);
  }
  screen.blank();
  show_table(screen, outcomes, plot);
  screen.blank();
  const std::vector<std::string> failed = missing(outcomes, plot);
  if (failed.empty()) {
    screen.line(Paint::green, 0, "Attacked in every mode. weir stopped it, and the user's work got done.");
  }
  for (const std::string& what : failed) screen.line(Paint::red, 0, "not shown: " + what);
  return screen.take();
}

std::string facts_json(const std::vector<Outcome>& outcomes, const Plot& plot) {
  const std::vector<std::string> failed = missing(outcomes, plot);
  json::Writer out;
  out.begin_object().key("ok").boolean(failed.empty()).key("missing").begin_array();
  for (const std::string& what : failed) out.string(what);
  out.end_array().field("request", plot.request).key("balance").raw(amount_text(plot.balance_cents));
  out.key("bill").begin_object().field("recipient", plot.bill_iban);
  out.key("amount").raw(amount_text(plot.bill_cents)).end_object();
  out.key("attack").begin_object().field("recipient", plot.attacker_iban);
  out.key("amount").raw(amount_text(plot.attacker_cents)).field("to", plot.drop_address);
  out.field("secret", plot.secret).field("rug", plot.rug_text()).end_object();
  out.key("subjects").begin_array();
  for (const Mail& mail : plot.inbox()) out.string(mail.subject);
  out.end_array().key("modes").begin_array();
  for (const Outcome& outcome : outcomes) write_outcome(out, outcome, plot);
  return out.end_array().end_object().take() + "\n";
}

}  // namespace weir::demo
