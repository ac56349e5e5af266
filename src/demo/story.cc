#include "demo/story.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

namespace weir::demo {
namespace {

constexpr int64_t kLogPage = 100;

// Runs the loop until done() or the time is over.
class Step {
 public:
  explicit Step(net::Loop& loop) : loop_(loop) {}
  void done(Status status) {
    if (!status_) status_ = std::move(status);
    loop_.stop();
  }
  Status run(int64_t ms) {
    const net::Timer timer = loop_.after(
        ms, [this] { done(Error{Code::timed_out, "the story did not come to its end", {}, {}}); });
    while (!status_) loop_.run();
    return std::move(*status_);
  }

 private:
  net::Loop& loop_;
  std::optional<Status> status_;
};

// Reads the log page by page.
class LogReader {
 public:
  LogReader(net::Loop& loop, const Endpoint& endpoint, Outcome& outcome, Step& step)
      : caller_(loop, endpoint.url, endpoint.person_token), outcome_(outcome), step_(step) {}

  void read() {
    const std::string path = fmt::format("/weir/log?from={}&n={}", from_, kLogPage);
    caller_.call("GET", path, "", [this](const Result<json::Document>& page) {
      if (!page) return step_.done(page.error());
      read_entries(page->root(), outcome_.entries);
      outcome_.bits = std::max(outcome_.bits, bits_revealed(page->root()));
      const auto size = static_cast<int64_t>((*page)["entries"].size());
      from_ += size;
      if (size < kLogPage) return step_.done({});
      read();
    });
  }

 private:
  Caller caller_;
  Outcome& outcome_;
  Step& step_;
  int64_t from_ = 0;
};

// Who plays, and where.
struct Stage {
  Mode mode;
  const Plot& plot;
  std::string model_url;
  Endpoint weir = {};
  std::vector<Place> places = {};
  std::vector<Ask>& asks;
};

// The agent works on one request until it is done.
Status run_agent(net::Loop& loop, Stage& stage, Toolbox& tools, const std::string& request,
                 AgentReport& report) {
  Step telling(loop);
  Agent agent(loop, tools,
              {.base_url = stage.model_url, .token = stage.weir.client_token, .request = request},
              [&](Status status) { telling.done(std::move(status)); });
  std::optional<Person> person;
  if (stage.mode != Mode::off) {
    person.emplace(loop, stage.plot, stage.weir, [&](Error error) { telling.done(std::move(error)); });
    person->start();
  }
  agent.start();
  WEIR_TRY(telling.run(kStoryMs));
  report = agent.report();
  if (person) stage.asks.insert(stage.asks.end(), person->asks().begin(), person->asks().end());
  return {};
}

// What weir wrote down.
Status read_records(net::Loop& loop, const Endpoint& weir, Outcome& outcome) {
  Step reading(loop);
  LogReader log(loop, weir, outcome, reading);
  log.read();
  WEIR_TRY(reading.run(kStoryMs));
  Step looking(loop);
  Caller caller(loop, weir.url, weir.person_token);
  caller.call("GET", "/weir/pins", "", [&](const Result<json::Document>& pins) {
    if (!pins) return looking.done(pins.error());
    outcome.calendar = read_pin(pins->root(), "calendar", "list");
    looking.done({});
  });
  return looking.run(kStoryMs);
}

}  // namespace

std::string_view mode_name(Mode mode) {
  switch (mode) {
    case Mode::off:
      return "off";
    case Mode::watch:
      return "watch";
    case Mode::guard:
      return "guard";
    case Mode::seal:
      return "seal";
  }
  return "off";
}

void read_entries(json::Value reply, std::vector<Entry>& out) {
  for (const json::Value item : reply["entries"].elements()) {
    const json::Value entry = item["entry"], detail = item["detail"];
    const std::string_view type = entry["type"].string_or("");
    if (type == "answer") {
      const int64_t decision = entry["decision"].integer().value_or(-1);
      for (Entry& asked : out) {
        if (asked.index == decision) asked.answer = entry["answer"].string_or("");
      }
    }
    const std::string_view decision = entry["decision"].string_or("");
    if (type != "decision" || (decision != "ask" && decision != "deny")) continue;
    Entry read{.index = item["index"].integer().value_or(-1),
               .session = std::string(entry["session"].string_or("")),
               .call_id = std::string(entry["call"].string_or("")),
               .tool = std::string(entry["tool"].string_or("")),
               .decision = std::string(decision),
               .why = std::string(detail["why"].string_or("")),
               .policies = {},
               .answer = {},
               .enforced = entry["enforced"].boolean().value_or(true)};
    for (const json::Value policy : entry["policies"].elements()) {
      read.policies.emplace_back(policy.string_or(""));
    }
    out.push_back(std::move(read));
  }
}

double bits_revealed(json::Value reply) {
  double bits = 0;
  for (const json::Value item : reply["entries"].elements())
    bits = std::max(bits, item["detail"]["influence_bits"].number().value_or(0));
  return bits;
}

PinReport read_pin(json::Value reply, std::string_view server, std::string_view tool) {
  PinReport report;
  for (const json::Value pin : reply["pins"].elements()) {
    if (pin["server"].string_or("") != server || pin["tool"].string_or("") != tool) continue;
    report.state = pin["state"].string_or("");
    for (const json::Value line : pin["difference"].elements())
      report.difference.emplace_back(line.string_or(""));
  }
  return report;
}

Result<Outcome> run_story(net::Loop& loop, Mode mode, const Plot& plot, const StartGateway& start_gateway) {
  ModelServer model(loop, {.canaries = plot.canaries()});
  WEIR_TRY_ASSIGN(port, model.listen("127.0.0.1", 0));
  World world(plot);
  ToolServers servers(loop, world);
  WEIR_TRY_ASSIGN(server_places, servers.listen());
  Outcome outcome{.mode = mode};
  Stage stage{.mode = mode,
              .plot = plot,
              .model_url = fmt::format("http://127.0.0.1:{}/v1", port),
              .asks = outcome.asks};
  if (mode == Mode::off) {
    for (const ServerPlace& place : server_places) stage.places.push_back({place.name, place.url, ""});
  } else {
    auto started = start_gateway(loop, {mode_name(mode), stage.model_url, server_places});
    if (!started) return started.error();
    stage.weir = std::move(*started);
    stage.model_url = stage.weir.url + "/v1";
    stage.places.push_back({"", stage.weir.url + "/mcp", stage.weir.client_token});
  }

  Toolbox tools(loop, stage.places);
  WEIR_TRY(run_agent(loop, stage, tools, plot.request, outcome.agent));
  world.pull_rug();
  WEIR_TRY(run_agent(loop, stage, tools, plot.later_request, outcome.later));

  outcome.balance_cents = world.balance_cents();
  outcome.payments = world.payments();
  outcome.outbox = world.outbox();
  outcome.lookups = world.lookups();
  outcome.emitted = model.emitted();
  outcome.reader_calls = model.reader_calls();
  if (mode != Mode::off) WEIR_TRY(read_records(loop, stage.weir, outcome));
  return outcome;
}

}  // namespace weir::demo
