// weir policy what-if, weir policy learn: recorded decisions again.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/bytes.h"
#include "base/json.h"
#include "cli/paint.h"
#include "cli/policy.h"
#include "review/learn.h"
#include "review/what_if.h"

namespace weir::cli {
namespace {

constexpr uint64_t kPage = 1'000;
constexpr size_t kChangedShown = 20;

// What `weir log --json` wrote, or the newest of the running weir.
Result<std::vector<review::Recorded>> read_log(const Common& common, const PolicyArgs& args) {
  std::vector<review::Recorded> out;
  if (!args.files.empty()) {
    WEIR_TRY_ASSIGN(text, read_file(args.files.front(), size_t{1} << 30));
    json::Limits wide;
    wide.bytes_max = size_t{1} << 30;
    WEIR_TRY_ASSIGN(document, json::parse(std::move(text), wide));
    WEIR_TRY_ASSIGN(read, review::read_recorded(document["entries"]));
    out = std::move(read);
  } else {
    // From the end back, a page at a time: there are other entries between the decisions.
    uint64_t before = 0;
    while (out.size() < args.last) {
      const uint64_t from = before > kPage ? before - kPage : 0;
      WEIR_TRY_ASSIGN(reply,
                      ask_weir(common, "GET",
                               before == 0 ? fmt::format("/weir/log?n={}", kPage)
                                           : fmt::format("/weir/log?from={}&n={}", from, before - from)));
      WEIR_TRY_ASSIGN(document, json::parse(std::move(reply)));
      WEIR_TRY_ASSIGN(page, review::read_recorded(document["entries"]));
      page.insert(page.end(), std::make_move_iterator(out.begin()), std::make_move_iterator(out.end()));
      out = std::move(page);
      int64_t first = 0;
      for (const json::Value entry : document["entries"].elements()) {
        first = entry["index"].integer().value_or(0);
        break;
      }
      if (first <= 0) break;
      before = static_cast<uint64_t>(first);
    }
  }
  if (out.size() > args.last) out.erase(out.begin(), out.end() - static_cast<std::ptrdiff_t>(args.last));
  return out;
}

std::string_view name(policy::Decision decision) {
  return policy::to_string(decision);
}

void print_what_if(const review::WhatIf& result) {
  using policy::Decision;
  constexpr std::array kAll = {Decision::allow, Decision::ask, Decision::deny};
  fmt::print("{} decisions again; {} the same\n\n", result.looked_at,
             result.looked_at - result.changed.size());
  fmt::print("  was \\ would be  {:>7} {:>7} {:>7}\n", "allow", "ask", "deny");
  for (const Decision then : kAll) {
    fmt::print("  {:<15}", name(then));
    for (const Decision now : kAll) {
      const std::string number = fmt::format("{:>7}", result.count(then, now));
      fmt::print(" {}", then == now || result.count(then, now) == 0 ? painted(Paint::dim, number)
                        : now > then                                ? painted(Paint::warn, number)
                                                                    : painted(Paint::bad, number));
    }
    fmt::print("\n");
  }
  if (!result.changed.empty()) fmt::print("\n");
  const size_t first = result.changed.size() > kChangedShown ? result.changed.size() - kChangedShown : 0;
  if (first > 0) fmt::print("  {} earlier ones; --json has all\n", first);
  for (size_t i = first; i < result.changed.size(); ++i) {
    const review::Changed& changed = result.changed[i];
    fmt::print("{:>8}  {} -> {}  {}  {}\n", changed.recorded->index,
               painted_decision(name(changed.recorded->decision)), painted_decision(name(changed.now)),
               shown(changed.recorded->tool, 60),
               painted(Paint::dim, shown(fmt::format("{}", fmt::join(changed.policies, ", ")), 120)));
  }
  if (result.without_request > 0)
    fmt::print("{} decisions could not be decided again: what the policies saw was not kept\n",
               result.without_request);
}

std::string what_if_json(const review::WhatIf& result) {
  using policy::Decision;
  json::Writer writer;
  writer.begin_object().key("decisions").integer(static_cast<int64_t>(result.looked_at));
  writer.key("without_request")
      .integer(static_cast<int64_t>(result.without_request))
      .key("counts")
      .begin_array();
  for (const Decision then : {Decision::allow, Decision::ask, Decision::deny}) {
    for (const Decision now : {Decision::allow, Decision::ask, Decision::deny}) {
      writer.begin_object().field("was", name(then)).field("would_be", name(now)).key("count");
      writer.integer(static_cast<int64_t>(result.count(then, now))).end_object();
    }
  }
  writer.end_array().key("changed").begin_array();
  for (const review::Changed& changed : result.changed) {
    writer.begin_object().key("index").integer(static_cast<int64_t>(changed.recorded->index));
    writer.field("tool", changed.recorded->tool)
        .field("was", name(changed.recorded->decision))
        .field("would_be", name(changed.now));
    writer.key("policies").begin_array();
    for (const std::string& policy : changed.policies) writer.string(policy);
    writer.end_array().end_object();
  }
  return writer.end_array().end_object().take();
}

void print_lesson(const review::Lesson& lesson) {
  const size_t held = lesson.looked_at - lesson.passed - lesson.without_request;
  fmt::print("{} decisions: {} allowed as they were, {} not\n", lesson.looked_at, lesson.passed, held);
  if (!lesson.proposals.empty())
    fmt::print(
        "\n{}\n",
        painted(Paint::dim,
                "These would have let through what happened. Nothing is applied: take what you want."));
  for (const review::Proposal& proposal : lesson.proposals) {
    fmt::print("\n{} call{} (entr{} {})\n", proposal.calls, proposal.calls == 1 ? "" : "s",
               proposal.examples.size() == 1 ? "y" : "ies", fmt::join(proposal.examples, ", "));
    std::string_view rest = proposal.text;
    while (!rest.empty()) {
      const size_t end = std::min(rest.find('\n'), rest.size());
      fmt::print("  {}\n", painted(Paint::strong, shown(rest.substr(0, end), 2'000)));
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    fmt::print("  {} {}\n", painted(Paint::warn, "risk:"), shown(proposal.risk, 400));
  }
  for (const review::Stuck& stuck : lesson.stuck)
    fmt::print(
        "\n{} call{} of {} {}\n  {}\n", stuck.calls, stuck.calls == 1 ? "" : "s", shown(stuck.tool, 100),
        painted(Paint::bad, fmt::format("that nothing lets through ({})", fmt::join(stuck.policies, ", "))),
        shown(stuck.why, 300));
  if (lesson.without_request > 0)
    fmt::print("\n{} decisions could not be looked at: what the policies saw was not kept\n",
               lesson.without_request);
}

std::string lesson_json(const review::Lesson& lesson) {
  json::Writer writer;
  const auto number = [&](std::string_view key, size_t value) {
    writer.key(key).integer(static_cast<int64_t>(value));
  };
  writer.begin_object();
  number("decisions", lesson.looked_at);
  number("allowed", lesson.passed);
  number("without_request", lesson.without_request);
  writer.key("proposals").begin_array();
  for (const review::Proposal& proposal : lesson.proposals) {
    writer.begin_object().field("kind", proposal.kind == review::Proposal::Kind::grant ? "grant" : "trust");
    writer.field("text", proposal.text).field("risk", proposal.risk);
    number("calls", proposal.calls);
    writer.key("examples").begin_array();
    for (const uint64_t index : proposal.examples) writer.integer(static_cast<int64_t>(index));
    writer.end_array().end_object();
  }
  writer.end_array().key("stuck").begin_array();
  for (const review::Stuck& stuck : lesson.stuck) {
    writer.begin_object().field("tool", stuck.tool).field("why", stuck.why);
    number("calls", stuck.calls);
    writer.key("policies").begin_array();
    for (const std::string& policy : stuck.policies) writer.string(policy);
    writer.end_array().end_object();
  }
  return writer.end_array().end_object().take();
}

}  // namespace

int run_policy_what_if(const Common& common, const PolicyArgs& args) {
  auto config = policy_config(common, args, false);
  if (!config) return fail(config.error());
  auto recorded = read_log(common, args);
  if (!recorded) return fail(recorded.error());
  const review::WhatIf result = review::what_if(*recorded, config->policies);
  if (common.json) {
    fmt::print("{}\n", what_if_json(result));
  } else {
    print_what_if(result);
  }
  return kDone;
}

int run_policy_learn(const Common& common, const PolicyArgs& args) {
  auto config = policy_config(common, args, false);
  if (!config) return fail(config.error());
  auto recorded = read_log(common, args);
  if (!recorded) return fail(recorded.error());
  const review::Lesson lesson = review::learn(*recorded, config->policies, config->manifests);
  if (common.json) {
    fmt::print("{}\n", lesson_json(lesson));
  } else {
    print_lesson(lesson);
  }
  return kDone;
}

}  // namespace weir::cli
