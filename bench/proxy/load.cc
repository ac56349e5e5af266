// Sends conversations to a Chat Completions API and times the answers.
//
//   bench_load --url http://HOST:PORT/v1 [--token T] [--connections N] [--requests N] [--bytes N]
//              [--reply text|tool|refer] [--stream] [--fresh] [--turns N] [--seed N] [--result-bytes N]
//              [--prime-only] [--model NAME] [--header "NAME: VALUE"]... [--seconds N] [--rate N]
//
// Each connection sends one request at a time. By default a conversation was sent once before the clock
// starts, and is then sent again with a turn more each time, --turns times: what an agent's loop does. With
// --fresh each request is a conversation that nobody has seen. --prime-only stops before the clock starts
// (--requests / --turns conversations). --seconds ends each of the two phases by time too: no request starts
// after it, but each connection sends at least one. --rate sends no more than that many a second, evenly,
// whatever the answers take. --model says what a proxy calls the mock's model of --reply. Prints one JSON
// object; exit 1 when an answer was not the one expected.
#include <fmt/format.h>
#include <getopt.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <deque>
#include <memory>

#include "conversation.h"
#include "net/client.h"

namespace weir::bench {
namespace {

using Clock = std::chrono::steady_clock;

struct Options {
  std::string url, token, model;
  net::Headers headers;
  double seconds = 0, rate = 0;  // 0: no bound
  size_t connections = 1, requests = 100, bytes = 4'096, turns = 8, result_bytes = 300;
  uint64_t seed = 1;
  Answer answer = Answer::text;
  bool stream = false, fresh = false, prime_only = false;
};

class Load {
 public:
  Load(net::Loop& loop, Options options) : loop_(loop), options_(std::move(options)), client_(loop, kept()) {
    url_ = *net::parse_url(options_.url + "/chat/completions");
    const size_t turns = options_.fresh ? 1 : options_.turns;
    const size_t count = (options_.requests + turns - 1) / turns;
    for (size_t i = 0; i < count; ++i)
      todo_.push_back(std::make_unique<Conversation>(options_.seed * 1'000'003 + i, options_.bytes));
    workers_.resize(std::min(options_.connections, count));
  }

  void run() {
    // A fresh run primes nothing but the connections, with as many small conversations of their own.
    auto measured = std::move(todo_);
    todo_.clear();
    if (options_.fresh) {
      for (size_t i = 0; i < workers_.size(); ++i)
        todo_.push_back(std::make_unique<Conversation>(options_.seed * 7'000'003 + i, 1'000));
    } else {
      todo_ = std::move(measured);
    }
    work(false);
    if (options_.prime_only) return;
    todo_ = options_.fresh ? std::move(measured) : std::move(primed_);
    fmt::print(stderr,
               "bench_load: the clock starts\n");  // for a profiler that is to see no more than is timed
    const auto start = Clock::now();
    work(true);
    seconds_ = std::chrono::duration<double>(Clock::now() - start).count();
  }

  int report() {
    std::sort(latencies_us_.begin(), latencies_us_.end());
    const auto at = [&](double share) {
      if (latencies_us_.empty()) return 0.0;
      return latencies_us_[std::min(latencies_us_.size() - 1,
                                    static_cast<size_t>(share * latencies_us_.size()))];
    };
    fmt::print(
        R"({{"requests":{},"primed":{},"failed":{},"seconds":{:.6f},"p50_us":{:.1f},"p99_us":{:.1f},"error":"{}"}})"
        "\n",
        latencies_us_.size(), primes_, failed_, seconds_, at(0.5), at(0.99), error_);
    return failed_ == 0 ? 0 : 1;
  }

 private:
  struct Worker {
    std::unique_ptr<Conversation> conversation;
    std::unique_ptr<net::Fetch> fetch;
    std::string reply;
    size_t turns = 0;
    int begun = 0;  // the last phase that it sent anything in: 1 primes, 2 measures
    int status = 0;
    net::Timer timer;
    Clock::time_point start;
  };

  net::ClientOptions kept() const {
    net::ClientOptions options;
    options.kept_connections_max = options_.connections;
    return options;
  }

  void work(bool measure) {
    measure_ = measure;
    began_ = Clock::now();
    slots_ = 0;
    for (Worker& worker : workers_) {
      ++running_;
      next(worker);
    }
    if (running_ > 0) loop_.run();
  }

  // The worker's next conversation, or its end.
  void next(Worker& worker) {
    if (todo_.empty() || (worker.begun == measure_ + 1 && over())) {
      if (--running_ == 0) loop_.stop();
      return;
    }
    worker.begun = measure_ + 1;
    worker.conversation = std::move(todo_.front());
    todo_.pop_front();
    worker.turns = measure_ && !options_.fresh ? options_.turns : 1;
    send_in_time(worker);
  }

  double since_began() const { return std::chrono::duration<double>(Clock::now() - began_).count(); }
  bool over() const { return options_.seconds > 0 && since_began() >= options_.seconds; }

  void send_in_time(Worker& worker) {
    if (options_.rate == 0) return send(worker);
    const double wait = static_cast<double>(slots_++) / options_.rate - since_began();
    if (wait <= 0) return send(worker);
    worker.timer = loop_.after(static_cast<int64_t>(wait * 1e3) + 1, [this, &worker] { send(worker); });
  }

  void send(Worker& worker) {
    net::ClientRequest request{
        "POST",
        url_,
        {{"content-type", "application/json"}},
        worker.conversation->request(options_.answer, options_.stream, options_.model)};
    for (const auto& [name, value] : options_.headers) request.headers.set(name, value);
    if (!options_.token.empty()) request.headers.set("authorization", "Bearer " + options_.token);
    worker.reply.clear();
    worker.start = Clock::now();
    worker.fetch =
        client_.fetch(std::move(request), {[&worker](int status, net::Headers) { worker.status = status; },
                                           [&worker](std::string_view bytes) { worker.reply += bytes; },
                                           [this, &worker] { done(worker); },
                                           [this, &worker](const Error& error) {
                                             worker.status = 0;
                                             worker.reply = error.text();
                                             done(worker);
                                           }});
  }

  void done(Worker& worker) {
    const double us = std::chrono::duration<double, std::micro>(Clock::now() - worker.start).count();
    if (measure_)
      latencies_us_.push_back(us);
    else
      ++primes_;
    if (worker.status != 200 ||
        !worker.conversation->go_on(worker.reply, options_.answer, options_.stream, options_.result_bytes)) {
      ++failed_;
      error_ = fmt::format("status {}", worker.status);
      fmt::print(stderr, "bench_load: status {}: {:.300}\n", worker.status, worker.reply);
      worker.turns = 1;
    } else if (!measure_ && !options_.fresh) {
      primed_.push_back(std::move(worker.conversation));
    }
    if (--worker.turns > 0 && !over()) return send_in_time(worker);
    next(worker);
  }

  net::Loop& loop_;
  const Options options_;
  net::Client client_;
  net::Url url_;
  std::deque<std::unique_ptr<Conversation>> todo_, primed_;
  std::vector<Worker> workers_;
  std::vector<double> latencies_us_;
  std::string error_;
  size_t running_ = 0, failed_ = 0, primes_ = 0;
  uint64_t slots_ = 0;
  Clock::time_point began_;
  double seconds_ = 0;
  bool measure_ = false;
};

Options parse(int argc, char** argv) {
  Options options;
  static const option kLong[] = {
      {"url", 1, nullptr, 'u'},      {"token", 1, nullptr, 't'},      {"connections", 1, nullptr, 'c'},
      {"requests", 1, nullptr, 'n'}, {"bytes", 1, nullptr, 'b'},      {"reply", 1, nullptr, 'r'},
      {"stream", 0, nullptr, 's'},   {"fresh", 0, nullptr, 'f'},      {"turns", 1, nullptr, 'T'},
      {"seed", 1, nullptr, 'S'},     {"prime-only", 0, nullptr, 'p'}, {"result-bytes", 1, nullptr, 'R'},
      {"model", 1, nullptr, 'm'},    {"header", 1, nullptr, 'H'},     {"seconds", 1, nullptr, 'd'},
      {"rate", 1, nullptr, 'q'},     {nullptr, 0, nullptr, 0}};
  const auto number = [] { return std::strtoull(optarg, nullptr, 10); };
  for (int c = 0; (c = getopt_long(argc, argv, "", kLong, nullptr)) != -1;) {
    if (c == 'u') options.url = optarg;
    if (c == 't') options.token = optarg;
    if (c == 'c') options.connections = number();
    if (c == 'n') options.requests = number();
    if (c == 'b') options.bytes = number();
    if (c == 'r')
      options.answer = std::string_view(optarg) == "tool"    ? Answer::tool
                       : std::string_view(optarg) == "refer" ? Answer::refer
                                                             : Answer::text;
    if (c == 'R') options.result_bytes = number();
    if (c == 's') options.stream = true;
    if (c == 'f') options.fresh = true;
    if (c == 'T') options.turns = std::max<size_t>(1, number());
    if (c == 'S') options.seed = number();
    if (c == 'p') options.prime_only = true;
    if (c == 'm') options.model = optarg;
    if (c == 'd') options.seconds = std::strtod(optarg, nullptr);
    if (c == 'q') options.rate = std::strtod(optarg, nullptr);
    if (c == 'H') {
      const std::string_view header = optarg;
      const size_t colon = std::min(header.find(": "), header.size());
      options.headers.set(std::string(header.substr(0, colon)),
                          std::string(header.substr(std::min(colon + 2, header.size()))));
    }
    if (c == '?') std::exit(2);
  }
  return options;
}

}  // namespace
}  // namespace weir::bench

int main(int argc, char** argv) {
  using namespace weir::bench;
  weir::net::Loop loop;
  Options options = parse(argc, argv);
  if (!weir::net::parse_url(options.url + "/chat/completions")) {
    fmt::print(stderr, "bench_load: --url http://HOST:PORT/v1 is missing or wrong\n");
    return 2;
  }
  Load load(loop, std::move(options));
  load.run();
  return load.report();
}
