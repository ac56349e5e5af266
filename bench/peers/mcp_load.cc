// Calls one tool of an MCP server on streamable HTTP (revision 2025-11-25) and times the answers.
//
//   bench_mcp_load --url URL --tool NAME [--header "NAME: VALUE"]... [--clients N] [--requests N] [--seconds
//   N]
//                  [--rate N] [--warm N]
//
// Each client has a session of its own and one call under way at a time; --warm calls of each come before the
// clock. --seconds ends the run by time too: no call starts after it. --rate starts no more than that many a
// second, evenly. An answer may be JSON or an event stream; it counts as failed when it is not a result that
// holds the text that was sent. Prints one JSON object; exit 1 when a call failed.
#include <fmt/format.h>
#include <getopt.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <memory>
#include <vector>

#include "base/json.h"
#include "net/client.h"

namespace weir::bench {
namespace {

using Clock = std::chrono::steady_clock;

struct Options {
  std::string url, tool = "echo";
  net::Headers headers;
  size_t clients = 1, requests = 100, warm = 8;
  double seconds = 0, rate = 0;  // 0: no bound
};

class McpLoad {
 public:
  McpLoad(net::Loop& loop, Options options, net::Url url)
      : loop_(loop), options_(std::move(options)), url_(std::move(url)), client_(loop, kept()) {
    sessions_.resize(options_.clients);
  }

  bool run() {
    for (Session& session : sessions_) open(session);
    loop_.run();
    if (failed_ > 0) return false;
    phase(options_.warm * options_.clients);
    latencies_us_.clear();
    const auto start = Clock::now();
    phase(options_.requests);
    seconds_ = std::chrono::duration<double>(Clock::now() - start).count();
    return failed_ == 0;
  }

  void report() {
    std::sort(latencies_us_.begin(), latencies_us_.end());
    const auto at = [&](double share) {
      if (latencies_us_.empty()) return 0.0;
      return latencies_us_[std::min(latencies_us_.size() - 1,
                                    static_cast<size_t>(share * latencies_us_.size()))];
    };
    fmt::print(
        R"({{"requests":{},"failed":{},"primed":{},"seconds":{:.6f},"p50_us":{:.1f},"p99_us":{:.1f},"error":{}}})"
        "\n",
        latencies_us_.size(), failed_, calls_ - latencies_us_.size(), seconds_, at(0.5), at(0.99),
        json::quote(error_));
  }

 private:
  struct Session {
    std::unique_ptr<net::Fetch> fetch;
    net::Timer timer;
    std::string id, reply, sent;
    int status = 0;
    Clock::time_point start;
  };

  net::ClientOptions kept() const {
    net::ClientOptions options;
    options.kept_connections_max = options_.clients;
    return options;
  }

  void post(Session& session, std::string body, std::function<void()> then) {
    net::ClientRequest request{
        "POST",
        url_,
        {{"content-type", "application/json"}, {"accept", "application/json, text/event-stream"}},
        std::move(body)};
    for (const auto& [name, value] : options_.headers) request.headers.set(name, value);
    if (!session.id.empty()) request.headers.set("mcp-session-id", session.id);
    if (session.start != Clock::time_point{}) request.headers.set("mcp-protocol-version", "2025-11-25");
    session.reply.clear();
    session.start = Clock::now();
    session.fetch = client_.fetch(std::move(request),
                                  {[&session](int status, const net::Headers& headers) {
                                     session.status = status;
                                     if (const auto id = headers.find("mcp-session-id")) session.id = *id;
                                   },
                                   [&session](std::string_view bytes) { session.reply += bytes; }, then,
                                   [&session, then](const Error& error) {
                                     session.status = 0;
                                     session.reply = error.text();
                                     then();
                                   }});
  }

  void open(Session& session) {
    ++running_;
    post(session,
         R"({"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25",)"
         R"("capabilities":{},"clientInfo":{"name":"bench","version":"1"}}})",
         [this, &session] {
           if (!check(session, R"("protocolVersion":)")) return ended();
           post(session, R"({"jsonrpc":"2.0","method":"notifications/initialized"})", [this, &session] {
             check(session, "");
             ended();
           });
         });
  }

  void phase(size_t calls) {
    if (calls == 0) return;
    left_ = calls;
    slots_ = 0;
    began_ = Clock::now();
    running_ = sessions_.size();
    for (Session& session : sessions_) next(session);
    if (running_ > 0) loop_.run();
  }

  double since_began() const { return std::chrono::duration<double>(Clock::now() - began_).count(); }

  void next(Session& session) {
    if (left_ == 0 || failed_ > 100 || (options_.seconds > 0 && since_began() >= options_.seconds))
      return ended();
    --left_;
    const double wait = options_.rate > 0 ? static_cast<double>(slots_++) / options_.rate - since_began() : 0;
    if (wait <= 0) return call(session);
    session.timer = loop_.after(static_cast<int64_t>(wait * 1e3) + 1, [this, &session] { call(session); });
  }

  void call(Session& session) {
    session.sent = fmt::format("hello {}", ++calls_);
    post(
        session,
        fmt::format(
            R"({{"jsonrpc":"2.0","id":{},"method":"tools/call","params":{{"name":{},"arguments":{{"text":"{}"}}}}}})",
            calls_, json::quote(options_.tool), session.sent),
        [this, &session] {
          latencies_us_.push_back(
              std::chrono::duration<double, std::micro>(Clock::now() - session.start).count());
          check(session, session.sent);
          next(session);
        });
  }

  bool check(Session& session, std::string_view holds) {
    if (session.status / 100 == 2 && session.reply.find(holds) != std::string::npos &&
        session.reply.find(R"("isError":true)") == std::string::npos)
      return true;
    ++failed_;
    error_ = fmt::format("status {}: {:.300}", session.status, session.reply);
    return false;
  }

  void ended() {
    if (--running_ == 0) loop_.stop();
  }

  net::Loop& loop_;
  const Options options_;
  const net::Url url_;
  net::Client client_;
  std::vector<Session> sessions_;
  std::vector<double> latencies_us_;
  std::string error_;
  size_t running_ = 0, failed_ = 0, left_ = 0;
  uint64_t calls_ = 0, slots_ = 0;
  Clock::time_point began_;
  double seconds_ = 0;
};

Options parse(int argc, char** argv) {
  Options options;
  static const option kLong[] = {
      {"url", 1, nullptr, 'u'},    {"tool", 1, nullptr, 't'},     {"clients", 1, nullptr, 'c'},
      {"header", 1, nullptr, 'H'}, {"requests", 1, nullptr, 'n'}, {"seconds", 1, nullptr, 'd'},
      {"rate", 1, nullptr, 'q'},   {"warm", 1, nullptr, 'w'},     {nullptr, 0, nullptr, 0}};
  const auto number = [] { return std::strtoull(optarg, nullptr, 10); };
  for (int c = 0; (c = getopt_long(argc, argv, "", kLong, nullptr)) != -1;) {
    if (c == 'u') options.url = optarg;
    if (c == 't') options.tool = optarg;
    if (c == 'c') options.clients = std::max<size_t>(1, number());
    if (c == 'n') options.requests = number();
    if (c == 'w') options.warm = number();
    if (c == 'd') options.seconds = std::strtod(optarg, nullptr);
    if (c == 'q') options.rate = std::strtod(optarg, nullptr);
    if (c == 'H') {
      const std::string_view header = optarg;
      const size_t colon = std::min(header.find(": "), header.size());
      options.headers.set(header.substr(0, colon),
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
  auto url = weir::net::parse_url(options.url);
  if (!url) {
    fmt::print(stderr, "bench_mcp_load: --url is missing or wrong\n");
    return 2;
  }
  McpLoad load(loop, std::move(options), std::move(*url));
  const bool good = load.run();
  load.report();
  return good ? 0 : 1;
}
