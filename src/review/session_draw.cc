#include "review/session_draw.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/bytes.h"

namespace weir::review {
namespace {

constexpr size_t kToolColumns = 24;
constexpr size_t kOriginsShown = 2;
constexpr size_t kHeadLines = 6;  // that stay when the middle is left out

size_t columns_of(std::string_view text) {
  size_t count = 0;
  for (size_t at = 0; at < text.size(); ++count) next_utf8(text, at);
  return count;
}

// Cut to the columns, with "…" where something is missing.
Line fitted(Line line, size_t columns) {
  size_t all = 0;
  for (const Span& span : line) all += columns_of(span.text);
  if (all <= columns) return line;
  Line out;
  size_t left = columns - 1;
  for (const Span& span : line) {
    size_t at = 0;
    for (; left > 0 && at < span.text.size(); --left) next_utf8(span.text, at);
    out.push_back({span.tone, span.text.substr(0, at)});
    if (left == 0) break;
  }
  out.back().text += "…";
  return out;
}

std::string size_text(int64_t bytes) {
  if (bytes < 1'000) return fmt::format("{} B", bytes);
  if (bytes < 1'000'000) return fmt::format("{:.1f} kB", static_cast<double>(bytes) / 1e3);
  return fmt::format("{:.1f} MB", static_cast<double>(bytes) / 1e6);
}

std::string clock_text(std::string_view time) {
  return time.size() >= 19 ? std::string(time.substr(11, 8)) : shown(time);
}

// "v3", "v3-v12", "v3, v7".
std::string numbers_text(const std::vector<int64_t>& numbers, int64_t count) {
  std::string out;
  for (size_t i = 0; i < numbers.size();) {
    size_t end = i + 1;
    while (end < numbers.size() && numbers[end] == numbers[end - 1] + 1) ++end;
    if (!out.empty()) out += ", ";
    out +=
        end - i > 1 ? fmt::format("v{}-v{}", numbers[i], numbers[end - 1]) : fmt::format("v{}", numbers[i]);
    i = end;
  }
  if (count > static_cast<int64_t>(numbers.size()))
    out += fmt::format(" and {} more", count - static_cast<int64_t>(numbers.size()));
  return out;
}

std::string who(const SeenArrival& arrival) {
  if (arrival.kind == "user") return "you";
  if (arrival.kind == "operator") return "system text";
  if (arrival.kind == "planner") return "model's text";
  return shown(arrival.tool, kToolColumns * 3);
}

// "file:bill.txt" for "tool:files/read file:bill.txt": who said it tells more than who brought it.
std::vector<std::string> in_short(std::vector<std::string> origins) {
  for (std::string& origin : origins) {
    const size_t space = origin.find(' ');
    if (origin.starts_with("tool:") && space != std::string::npos) origin.erase(0, space + 1);
  }
  return origins;
}

Span origins_span(bool trusted, const std::vector<std::string>& origins) {
  const std::string names = names_in_words(in_short(origins), kOriginsShown);
  if (trusted) return {Tone::good, names.empty() ? "trusted" : "trusted: " + names};
  return {Tone::bad, "UNTRUSTED: " + (names.empty() ? std::string("nobody knows whose") : names)};
}

class Drawing {
 public:
  Drawing(const SessionView& view, size_t columns) : view_(view), columns_(columns) {}

  std::vector<Line> run() {
    for (size_t i = 0; i < view_.happened.size();) {
      const size_t end = alike_until(i);
      const Happened& first = view_.happened[i];
      if (first.arrival) {
        draw_arrival(i, end);
      } else if (first.call->tool == "weir/ask") {
        draw_question(first);
      } else {
        draw_call(i, end);
      }
      i = end;
    }
    return std::move(lines_);
  }

 private:
  void line(Line spans) { lines_.push_back(fitted(std::move(spans), columns_)); }

  // The end of a run that one line can tell: results of one tool, or allowed calls of one tool.
  size_t alike_until(size_t begin) const {
    const Happened& first = view_.happened[begin];
    size_t end = begin + 1;
    for (; end < view_.happened.size(); ++end) {
      const Happened& next = view_.happened[end];
      if (first.arrival) {
        if (!next.arrival || next.arrival->kind != first.arrival->kind || first.arrival->kind == "answer" ||
            next.arrival->tool != first.arrival->tool || next.arrival->trusted != first.arrival->trusted ||
            next.arrival->context_trusted != first.arrival->context_trusted)
          break;
        continue;
      }
      if (!next.call || next.call->tool != first.call->tool || first.call->tool == "weir/ask" ||
          next.call->decision != policy::Decision::allow || first.call->decision != policy::Decision::allow ||
          next.effect.has_value() != first.effect.has_value())
        break;
    }
    return end;
  }

  void draw_arrival(size_t begin, size_t end) {
    const SeenArrival& first = *view_.happened[begin].arrival;
    const SeenArrival& last = *view_.happened[end - 1].arrival;
    if (first.kind == "answer") return;  // stands with its question
    int64_t bytes = 0, sealed = 0;
    std::vector<int64_t> numbers;
    std::vector<std::string> origins;
    for (size_t i = begin; i < end; ++i) {
      const SeenArrival& each = *view_.happened[i].arrival;
      bytes += each.bytes;
      sealed += each.sealed_count;
      numbers.insert(numbers.end(), each.sealed.begin(), each.sealed.end());
      for (const std::string& origin : each.origins) {
        if (std::find(origins.begin(), origins.end(), origin) == origins.end()) origins.push_back(origin);
      }
    }
    const std::string times = end - begin > 1 ? fmt::format(" x{}", end - begin) : "";
    Line spans{{Tone::dim, "  <- "},
               {Tone::strong, fmt::format("{:<{}} ", who(first) + times, kToolColumns)},
               {Tone::plain, fmt::format("{:>8}  ", size_text(bytes))}};
    if (sealed > 0) {
      spans.push_back({Tone::warn, fmt::format("sealed {}  ", numbers_text(numbers, sealed))});
    } else if (!first.trusted) {
      spans.push_back({Tone::bad, "shown  "});
    }
    spans.push_back(origins_span(first.trusted, origins));
    line(std::move(spans));
    draw_context(last);
  }

  void draw_context(const SeenArrival& arrival) {
    if (arrival.context_trusted == context_trusted_) return;
    context_trusted_ = arrival.context_trusted;
    if (context_trusted_) return line({{Tone::good, "  -- the context is trusted again"}});
    line({{Tone::bad, "  -- from here on the model has seen untrusted text: " +
                          names_in_words(in_short(arrival.context_origins), kOriginsShown)}});
  }

  void draw_question(const Happened& happened) {
    const Recorded& call = *happened.call;
    std::string question, type, about;
    for (const RecordedArgument& argument : call.arguments) {
      if (argument.pointer == "/question") question = argument.value.value_or("(too long to keep)");
      if (argument.pointer == "/answer_type") type = argument.value.value_or("");
      if (argument.pointer.starts_with("/refs/") &&
          argument.sealed.value_or(argument.value.value_or("")) != "")
        about += (about.empty() ? "" : ", ") + bare(argument.sealed.value_or(argument.value.value_or("")));
    }
    const double bits = call.bits - bits_;
    bits_ = std::max(bits_, call.bits);
    line({{Tone::dim, "  ?? "},
          {Tone::strong, fmt::format("{:<{}} ", "asked a reader", kToolColumns)},
          {Tone::dim, fmt::format("[{}] ", call.index)},
          {bits > 0 ? Tone::warn : Tone::good, fmt::format("{:.1f} bits  ", bits)},
          {Tone::plain, shown(question, 200)}});
    line({{Tone::dim,
           fmt::format("       about {}, as {}{}", shown(about, 200), shown(type, 80), became(call.call))}});
  }

  // What a reader's answer became.
  std::string became(const std::string& call) const {
    for (const Happened& each : view_.happened) {
      if (!each.arrival || each.arrival->kind != "answer" || each.arrival->call != call) continue;
      return each.arrival->sealed.empty()
                 ? "; the model was told the answer"
                 : "; the answer is " + numbers_text(each.arrival->sealed, each.arrival->sealed_count);
    }
    return "; no answer yet";
  }

  void draw_call(size_t begin, size_t end) {
    const Happened& first = view_.happened[begin];
    const Recorded& call = *first.call;
    bits_ = std::max(bits_, call.bits);
    const bool allow = call.decision == policy::Decision::allow;
    const std::string times = end - begin > 1 ? fmt::format(" x{}", end - begin) : "";
    const std::string index = end - begin > 1
                                  ? fmt::format("[{}-{}] ", call.index, view_.happened[end - 1].call->index)
                                  : fmt::format("[{}] ", call.index);
    Line spans{
        {Tone::dim, "  -> "},
        {Tone::strong, fmt::format("{:<{}} ", shown(call.tool, kToolColumns * 3) + times, kToolColumns)},
        {Tone::dim, index},
        {allow                                    ? Tone::good
         : call.decision == policy::Decision::ask ? Tone::warn
                                                  : Tone::bad,
         fate(first)}};
    if (end - begin == 1) add_arguments(call, spans);
    line(std::move(spans));
    if (allow) return;
    // A sentence may quote what was sealed.
    const bool quotes = std::any_of(call.arguments.begin(), call.arguments.end(),
                                    [](const RecordedArgument& a) { return a.sealed.has_value(); });
    line({{Tone::dim, "       why: "},
          {Tone::plain, quotes ? fmt::format("{}", fmt::join(call.policies, ", ")) : shown(call.why, 400)}});
  }

  static std::string fate(const Happened& happened) {
    const Recorded& call = *happened.call;
    std::string out = call.decision == policy::Decision::allow ? "allowed"
                      : call.decision == policy::Decision::ask ? "ASKED"
                                                               : "DENIED";
    if (!call.enforced) out += " (watched)";
    if (call.decision == policy::Decision::ask && call.enforced)
      out += call.answer.empty() ? ", nobody answered yet" : ", " + shown(call.answer, 20);
    if (happened.effect) {
      out += happened.effect->error ? ", failed" : ", ran";
    } else if (call.went_through()) {
      out += ", no result";
    }
    return out;
  }

  // "{{weir:v7.to}}" → "v7.to".
  static std::string bare(std::string_view text) {
    if (text.starts_with("{{weir:") && text.ends_with("}}") && text.find("}}") == text.size() - 2)
      text = text.substr(7, text.size() - 9);
    return shown(text, 60);
  }

  static void add_arguments(const Recorded& call, Line& spans) {
    for (const RecordedArgument& argument : call.arguments) {
      const bool decides = argument.role != manifest::ArgRole::content;
      if (!decides && argument.trusted && !argument.sealed) continue;
      std::string text = "  " + shown(argument.pointer, 60) + " ";
      if (argument.sealed) {
        text += bare(*argument.sealed);
      } else if (argument.value) {
        text += shown(*argument.value, 40);
      }
      spans.push_back({Tone::plain, text});
      if (argument.trusted) continue;
      spans.push_back({decides ? Tone::bad : Tone::warn,
                       fmt::format(" from {}", names_in_words(in_short(argument.origins), 1))});
    }
  }

  const SessionView& view_;
  const size_t columns_;
  std::vector<Line> lines_;
  bool context_trusted_ = true;
  double bits_ = 0;
};

Line stands(const SessionView& view) {
  Line out;
  if (view.mode == "seal")
    out.push_back({view.bits > 0 ? Tone::warn : Tone::good,
                   fmt::format("{:.1f} of {:.0f} bits told; ", view.bits, view.budget)});
  if (view.context_trusted) {
    out.push_back({Tone::good, "the model has been shown nothing that nobody vouched for"});
  } else {
    out.push_back(
        {Tone::bad, "the model was shown text from " + names_in_words(in_short(view.context_origins), 3)});
  }
  return out;
}

}  // namespace

std::vector<Line> draw_session(const SessionView& view, const DrawOptions& options) {
  const size_t columns = std::max<size_t>(options.columns, 40);
  std::vector<Line> out;
  out.push_back(fitted(
      {{Tone::strong, fmt::format("session {}", shown(view.session, 80))},
       {Tone::plain, fmt::format("  {}  {} to {}  {} allowed, {} asked, {} denied, {} sealed",
                                 view.mode.empty() ? "?" : shown(view.mode, 10), shown(view.first, 30),
                                 clock_text(view.last), view.allowed, view.asked, view.denied, view.sealed)}},
      columns));
  out.push_back(fitted(stands(view), columns));
  std::vector<Line> lines = Drawing(view, columns).run();
  const size_t room =
      options.lines_max == 0 ? lines.size() : options.lines_max - std::min<size_t>(2, options.lines_max);
  if (lines.size() > room && room > kHeadLines + 1) {
    const size_t tail = room - kHeadLines - 1;
    const size_t left_out = lines.size() - kHeadLines - tail;
    lines.erase(lines.begin() + kHeadLines, lines.end() - static_cast<ptrdiff_t>(tail));
    lines.insert(lines.begin() + kHeadLines,
                 {{Tone::dim, fmt::format("     … {} lines are left out: --all", left_out)}});
  }
  out.insert(out.end(), std::make_move_iterator(lines.begin()), std::make_move_iterator(lines.end()));
  return out;
}

Line draw_summary(const SessionView& view, size_t columns) {
  Line out{{Tone::strong, fmt::format("{:<18} ", shown(view.session, 64))},
           {Tone::plain, fmt::format("{} {:<5} {:>3} calls", shown(view.last, 30),
                                     view.mode.empty() ? "?" : shown(view.mode, 10),
                                     view.allowed + view.asked + view.denied)}};
  if (view.asked > 0) out.push_back({Tone::warn, fmt::format(", {} asked", view.asked)});
  if (view.denied > 0) out.push_back({Tone::bad, fmt::format(", {} denied", view.denied)});
  out.push_back({Tone::plain, "  "});
  for (Span& span : stands(view)) out.push_back(std::move(span));
  return fitted(std::move(out), columns);
}

}  // namespace weir::review
