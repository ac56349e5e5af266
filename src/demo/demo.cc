#include "demo/demo.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/json.h"
#include "demo/facts.h"
#include "demo/screen.h"
#include "demo/story.h"

namespace weir::demo {
namespace {

constexpr int kNo = 1;
constexpr int kEnvironment = 3;

DemoResult could_not_run(const DemoOptions& options, Mode mode, const Error& error) {
  const std::string what =
      fmt::format("the story in mode {} could not be told: {}", mode_name(mode), error.text());
  if (!options.json) return {"weir: " + what + "\n", kEnvironment};
  json::Writer out;
  out.begin_object().key("ok").boolean(false).field("error", what).end_object();
  return {out.take() + "\n", kEnvironment};
}

}  // namespace

DemoResult run_demo(const DemoOptions& options, const StartGateway& start_gateway) {
  const Plot plot;
  std::vector<Outcome> outcomes;
  net::Loop loop;
  std::vector<Mode> modes = options.modes;
  if (std::find(modes.begin(), modes.end(), Mode::off) == modes.end()) modes.insert(modes.begin(), Mode::off);
  for (const Mode mode : modes) {
    auto outcome = run_story(loop, mode, plot, start_gateway);
    if (!outcome) return could_not_run(options, mode, outcome.error());
    outcomes.push_back(std::move(*outcome));
  }
  return {options.json ? facts_json(outcomes, plot) : screen(outcomes, plot, options.color),
          missing(outcomes, plot).empty() ? 0 : kNo};
}

}  // namespace weir::demo
