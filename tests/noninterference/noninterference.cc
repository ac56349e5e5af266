// Non-interference, run: see README.md.
#include <fmt/format.h>
#include <stdlib.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <map>
#include <tuple>

#include "door.h"
#include "gateway/running.h"
#include "session.h"
#include "world.h"

namespace weir::noninterference {
namespace {

struct Options {
  uint64_t seed = 1;
  size_t sessions = 2000;
  size_t mcp_one_in = 10;  // of so many sessions one is at /mcp
  size_t first = 0;        // number of the first session
};

constexpr std::array kDialects{exchange::Dialect::chat_completions, exchange::Dialect::messages,
                               exchange::Dialect::responses, exchange::Dialect::ollama,
                               exchange::Dialect::gemini};

// One weir with its upstream; many sessions share it, as they would. With `mcp` no agent's model goes through
// it, and the upstream is only the reader's.
class Stage {
 public:
  explicit Stage(net::Loop& loop, bool mcp) : upstream_(loop), box_(loop) {
    std::error_code failed;
    // What is synced there costs nothing.
    const std::string base = std::filesystem::is_directory("/dev/shm", failed) ? "/dev/shm" : "/tmp";
    std::string name = base + "/weir-noninterference-XXXXXX";
    dir_ = mkdtemp(name.data());
    auto config = config::defaults();
    config->listen_port = 0;
    config->mode = guard::Mode::seal;
    config->ask_timeout_ms = 0;
    config->authenticate = false;
    for (const exchange::Dialect dialect : kDialects) {
      const std::string name(exchange::dialect_name(dialect));
      const char* root = dialect == exchange::Dialect::ollama   ? "api"
                         : dialect == exchange::Dialect::gemini ? "v1beta"
                                                                : "v1";
      config->upstreams.push_back(
          {.name = name,
           .url = fmt::format("http://127.0.0.1:{}/{}", upstream_.port(), root),
           .dialect = dialect,
           .models = mcp ? std::vector<std::string>() : std::vector<std::string>{"planner-" + name}});
    }
    if (mcp) {
      config->servers.push_back({.name = "box", .command = {"box"}});
      config->seal.reader_model = "reader";
    }
    if (const auto added = config->manifests.add(kManifest, "box.toml"); !added) die(added.error());
    auto running = gateway::Running::start({std::move(*config), dir_, &loop, {}, box_.dial()});
    if (!running) die(running.error());
    running_ = std::move(*running);
  }
  ~Stage() {
    running_.reset();
    std::error_code ignored;
    std::filesystem::remove_all(dir_, ignored);
  }
  Stage(const Stage&) = delete;
  Stage& operator=(const Stage&) = delete;

  Transcript run(net::Loop& loop, const Plan& plan) {
    return plan.mcp ? run_mcp_session(loop, upstream_, box_, running_->port(), plan)
                    : run_session(loop, upstream_, running_->port(), plan);
  }

 private:
  [[noreturn]] static void die(const Error& error) {
    fmt::print(stderr, "noninterference: {}\n", error.text());
    exit(3);
  }

  Upstream upstream_;
  Box box_;
  std::string dir_;
  std::unique_ptr<gateway::Running> running_;
};

Plan plan_of(const Options& options, size_t index) {
  Plan plan;
  plan.session = mix({options.seed, index});
  Dice dice(mix({plan.session, 31}));
  plan.dialect = kDialects.at(dice.below(kDialects.size()));
  plan.upstream = dice.one_in(2) ? plan.dialect : kDialects.at(dice.below(kDialects.size()));
  if (plan.dialect == exchange::Dialect::gemini) plan.upstream = plan.dialect;  // not translated
  plan.stream = dice.one_in(2);
  plan.mcp = dice.one_in(options.mcp_one_in);
  return plan;
}

// Where two runs part although nothing was revealed differently; npos: nowhere.
size_t first_difference(const Transcript& a, const Transcript& b) {
  size_t until = std::max(a.planner.size(), b.planner.size());
  const auto in_order = [](std::vector<Reveal> reveals) {
    std::sort(reveals.begin(), reveals.end(), [](const Reveal& x, const Reveal& y) {
      return std::tie(x.before, x.answer) < std::tie(y.before, y.answer);
    });
    return reveals;
  };
  const std::vector<Reveal> of_a = in_order(a.reveals);
  const std::vector<Reveal> of_b = in_order(b.reveals);
  for (size_t i = 0; i < std::max(of_a.size(), of_b.size()); ++i) {
    if (i < of_a.size() && i < of_b.size() && of_a[i].answer == of_b[i].answer) continue;
    if (i < of_a.size()) until = std::min(until, of_a[i].before);
    if (i < of_b.size()) until = std::min(until, of_b[i].before);
    break;
  }
  for (size_t i = 0; i < until; ++i) {
    if (i >= a.planner.size() || i >= b.planner.size() || a.planner[i] != b.planner[i]) return i;
  }
  return std::string::npos;
}

void print_difference(size_t number, const Plan& plan, size_t at, const Transcript& a, const Transcript& b) {
  const std::string none = "(no request)";
  const std::string& one = at < a.planner.size() ? a.planner[at] : none;
  const std::string& other = at < b.planner.size() ? b.planner[at] : none;
  size_t place = 0;
  while (place < one.size() && place < other.size() && one[place] == other[place]) ++place;
  const size_t from = place > 300 ? place - 300 : 0;
  fmt::print("session {} ({:x}), {} on {}, {}: request {} of the planner differs at byte {}:\n  {}\n  {}\n",
             number, plan.session, plan.mcp ? "mcp" : exchange::dialect_name(plan.dialect),
             exchange::dialect_name(plan.upstream), plan.stream ? "streamed" : "whole", at + 1, place,
             one.substr(from, 500), other.substr(from, 500));
}

struct Sum {
  size_t sessions = 0, mcp = 0, interfering = 0, violations = 0, differing = 0, useful = 0, requests = 0,
         reveals = 0, refused = 0;
};

// Part one: two contents, and what is revealed answers alike in every second session.
Sum compare_pairs(net::Loop& loop, const Options& options) {
  Sum sum;
  std::unique_ptr<Stage> stages[2][2];  // by door; two that are compared
  for (size_t i = options.first; i < options.first + options.sessions; ++i) {
    Plan plan = plan_of(options, i);
    auto& [first, second] = stages[plan.mcp ? 1 : 0];
    if (i % 50 == 0 || !first) {
      first = std::make_unique<Stage>(loop, plan.mcp);
      second = std::make_unique<Stage>(loop, plan.mcp);
    }
    plan.reveals_differ = i % 2 == 1;
    plan.variant = 1;
    const Transcript a = first->run(loop, plan);
    plan.variant = 2;
    const Transcript b = second->run(loop, plan);
    ++sum.sessions;
    if (plan.mcp) ++sum.mcp;
    sum.requests += a.planner.size() + b.planner.size();
    sum.reveals += a.reveals.size();
    if (a.untrusted_bytes != b.untrusted_bytes) ++sum.differing;
    if (a.later_request && b.later_request) ++sum.useful;
    for (const Transcript* each : {&a, &b}) {
      sum.violations += each->violations.size();
      for (const std::string& violation : each->violations) {
        if (++sum.refused <= 3) fmt::print("session {:x}: {}\n", plan.session, violation);
      }
    }
    const size_t at = first_difference(a, b);
    if (at != std::string::npos && ++sum.interfering <= 3) print_difference(i, plan, at, a, b);
    // Planners that were told different things have done different things, which their weirs remember.
    if (at == std::string::npos && !plan.reveals_differ) continue;
    first.reset();
    second.reset();
  }
  return sum;
}

// Part two: over many contents a planner can be shown at most 2^charge different views.
bool count_views(net::Loop& loop, const Options& options, size_t sessions, size_t variants) {
  size_t most = 0;
  bool good = true;
  for (size_t i = 0; i < sessions; ++i) {
    Plan plan = plan_of(options, 1'000'000 + i);
    plan.reveals_differ = true;
    std::map<std::string, double> views;
    double charge = 0;
    for (size_t variant = 0; variant < variants; ++variant) {
      Stage stage(loop, plan.mcp);
      plan.variant = variant;
      const Transcript transcript = stage.run(loop, plan);
      std::string view;
      double bits = 0;
      for (const std::string& body : transcript.planner) view += body + "\n";
      for (const Reveal& reveal : transcript.reveals) bits += reveal.bits;
      views[view] = bits;
      charge = std::max(charge, bits);
    }
    most = std::max(most, views.size());
    if (static_cast<double>(views.size()) <= std::exp2(charge) + 1e-6) continue;
    good = false;
    fmt::print("session {:x}: {} different views for {:.1f} bits\n", plan.session, views.size(), charge);
  }
  fmt::print("capacity: {} sessions, {} contents each, at most {} different views in one\n", sessions,
             variants, most);
  return good;
}

int run(const Options& options) {
  net::Loop loop;
  fmt::print("seed {}\n", options.seed);
  const auto begin = std::chrono::steady_clock::now();
  const Sum sum = compare_pairs(loop, options);
  const auto seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  fmt::print(
      "pairs: {} sessions ({} at /mcp), {} requests of planners, {} reveals, {} with differing content, {} "
      "in which the "
      "planner was asked again, {:.0f} s\n",
      sum.sessions, sum.mcp, sum.requests, sum.reveals, sum.differing, sum.useful, seconds);
  int failed = 0;
  int passed = 0;
  const auto check = [&](bool good, const std::string& what) {
    ++(good ? passed : failed);
    if (!good) fmt::print("FAILED: {}\n", what);
  };
  check(sum.interfering == 0, fmt::format("{} sessions interfere", sum.interfering));
  check(sum.violations == 0, fmt::format("{} requests were not answered", sum.violations));
  check(sum.useful * 100 >= sum.sessions * 95, "too few sessions ask the planner again");
  check(sum.differing * 100 >= sum.sessions * 95, "too few sessions deliver differing content");
  if (sum.interfering == 0)
    check(count_views(loop, options, std::max<size_t>(options.sessions / 50, 4), 8), "more views than bits");
  fmt::print("{} passed, {} failed\n", passed, failed);
  return failed == 0 ? 0 : 1;
}

}  // namespace
}  // namespace weir::noninterference

int main(int argc, char** argv) {
  weir::noninterference::Options options;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string name = argv[i];
    const uint64_t value = strtoull(argv[i + 1], nullptr, 10);
    if (name == "--sessions") {
      options.sessions = value;
    } else if (name == "--seed") {
      options.seed = value;
    } else if (name == "--first") {
      options.first = value;
    } else if (name == "--mcp-one-in" && value > 0) {
      options.mcp_one_in = value;
    } else {
      fmt::print(stderr, "usage: noninterference [--sessions N] [--seed S] [--mcp-one-in N] [--first N]\n");
      return 2;
    }
  }
  return weir::noninterference::run(options);
}
