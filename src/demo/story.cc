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
  LogReader(net::Loop& loop, const Endpoint& endpoint, std::vector<Entry>& out, Step& step)
      : caller_(loop, endpoint.url, endpoint.person_token), out_(out), step_(step) {}

  void read() {
    const std::string path = fmt::format("/weir/log?from={}&n={}", from_, kLogPage);
    caller_.call("GET", path, "", [this](const Result<json::Document>& page) {
      if (!page) return step_.done(page.error());
      read_entries(page->root(), out_);
      const auto size = static_cast<int64_t>((*page)["entries"].size());
      from_ += size;
      if (size < kLogPage) return step_.done({});
      read();
    });
  }

 private:
  Caller caller_;
  std::vector<Entry>& out_;
  Step& step_;
  int64_t from_ = 0;
};

}  // namespace

std::string_view mode_name(Mode mode) {
  return mode == Mode::off ? "off" : mode == Mode::watch ? "watch" : "guard";
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

Result<Outcome> run_story(net::Loop& loop, Mode mode, const Plot& plot, const StartGateway& start_gateway) {
  ModelServer model(loop, {.canaries = plot.canaries()});
  WEIR_TRY_ASSIGN(port, model.listen("127.0.0.1", 0));
  const std::string model_url = fmt::format("http://127.0.0.1:{}/v1", port);
  Endpoint weir;
  if (mode != Mode::off) {
    auto started = start_gateway(loop, mode_name(mode), model_url);
    if (!started) return started.error();
    weir = std::move(*started);
  }

  World world(plot);
  Step telling(loop);
  const std::string base_url = mode == Mode::off ? model_url : weir.url + "/v1";
  Agent agent(loop, world, {.base_url = base_url, .token = weir.client_token, .request = plot.request},
              [&](Status status) { telling.done(std::move(status)); });
  std::optional<Person> person;
  if (mode != Mode::off) {
    person.emplace(loop, plot, weir, [&](Error error) { telling.done(std::move(error)); });
    person->start();
  }
  agent.start();
  WEIR_TRY(telling.run(kStoryMs));

  Outcome outcome{.mode = mode,
                  .agent = agent.report(),
                  .balance_cents = world.balance_cents(),
                  .payments = world.payments(),
                  .outbox = world.outbox(),
                  .emitted = model.emitted(),
                  .asks = person ? person->asks() : std::vector<Ask>(),
                  .entries = {}};
  if (mode != Mode::off) {
    Step reading(loop);
    LogReader log(loop, weir, outcome.entries, reading);
    log.read();
    WEIR_TRY(reading.run(kStoryMs));
  }
  return outcome;
}

}  // namespace weir::demo
