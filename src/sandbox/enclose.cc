#include "sandbox/enclose.h"

#include <fmt/format.h>

#include <cstdio>

#include "base/bytes.h"
#include "sandbox/around.h"
#include "sandbox/run.h"

namespace weir::sandbox {
namespace {

constexpr int kRefused = 3;

int refuse(const Error& error) {
  fmt::print(stderr, "weir: {}\n", error.text());
  return kRefused;
}

}  // namespace

std::vector<std::string> enclosed(const std::string& weir, const Plan& plan, const Command& command) {
  std::vector<std::string> words = {weir, kEncloseVerb, plan_text(plan), command.program};
  words.insert(words.end(), command.words.begin(), command.words.end());
  return words;
}

int run_and_say(const Plan& plan, const Command& command, const std::map<std::string, std::string>& env) {
  const auto outcome = run(plan, command, env);
  if (!outcome) return refuse(outcome.error());
  if (outcome->kind == Outcome::Kind::over_limit)
    fmt::print(stderr, "weir: {} was stopped: {} ([sandbox.{}] limits)\n", shown(command.words.front()),
               outcome->limit, plan.profile);
  for (const std::string& name : outcome->held)
    fmt::print(stderr,
               "weir: the command made what would run later; it was moved aside: {} (name it in `write` "
               "of [sandbox.{}] if it should be made)\n",
               shown(name, 300), plan.profile);
  return outcome->exit_code();
}

int enclose(int argc, char** argv) {
  if (argc < 3) return refuse(bad_input("enclose is not for people", {}, "weir sandbox"));
  auto plan = parse_plan(argv[0]);
  if (!plan) return refuse(plan.error());
  Command command{.words = {argv + 2, argv + argc}, .program = argv[1], .cwd = plan->cwd};
  return run_and_say(*plan, command, this_machine().env);
}

}  // namespace weir::sandbox
