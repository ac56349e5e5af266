#include "gateway/monitor.h"

#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "gateway/gateway.h"
#include "gateway/mcp/endpoint.h"

namespace weir::gateway {
namespace {

void head(std::string& out, std::string_view name, std::string_view type, std::string_view help) {
  out += fmt::format("# HELP {} {}\n# TYPE {} {}\n", name, help, name, type);
}

void metric(std::string& out, std::string_view name, std::string_view type, std::string_view help,
            uint64_t value) {
  head(out, name, type, help);
  out += fmt::format("{} {}\n", name, value);
}

// A label's value, escaped as the text format says.
std::string label_value(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '\\' || c == '"') out += '\\';
    out += c == '\n' ? ' ' : c;
  }
  return out + '"';
}

uint64_t resident_bytes() {
  std::ifstream statm("/proc/self/statm");
  uint64_t pages = 0, resident = 0;
  if (!(statm >> pages >> resident)) return 0;
  return resident * static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
}

uint64_t open_files() {
  std::error_code failed;
  uint64_t count = 0;
  for (std::filesystem::directory_iterator at("/proc/self/fd", failed), end; !failed && at != end;
       at.increment(failed))
    ++count;
  return count > 0 ? count - 1 : 0;  // the listing itself is one
}

double processor_seconds() {
  rusage usage{};
  if (getrusage(RUSAGE_SELF, &usage) != 0) return 0;
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

// The names that standard dashboards know.
void write_process(std::string& out) {
  head(out, "process_cpu_seconds_total", "counter", "Processor time of weir, user and system.");
  out += fmt::format("process_cpu_seconds_total {:.3f}\n", processor_seconds());
  metric(out, "process_resident_memory_bytes", "gauge", "Resident memory of weir.", resident_bytes());
  metric(out, "process_open_fds", "gauge", "File descriptors that weir holds.", open_files());
}

void write_traffic(std::string& out, const Gateway& gateway) {
  const Counters& counters = gateway.counters();
  metric(out, "weir_requests_total", "counter", "Requests for a planner's turn.", counters.requests);
  metric(out, "weir_turns", "gauge", "Planner's turns that are under way.", gateway.turns());
  metric(out, "weir_connections", "gauge", "Connections of clients.", gateway.connections());
  metric(out, "weir_upstream_errors_total", "counter", "Turns that ended because of the upstream.",
         counters.upstream_errors);
  head(out, "weir_decisions_total", "counter", "Tool calls by what was decided.");
  out += fmt::format(
      "weir_decisions_total{{decision=\"allow\"}} {}\nweir_decisions_total{{decision=\"ask\"}} {}\n"
      "weir_decisions_total{{decision=\"deny\"}} {}\n",
      counters.allowed, counters.asked, counters.denied);
  counters.decision_time.write(out, "weir_decision_seconds",
                               "From a whole call to its durable decision, without a person's time.");
}

void write_state(std::string& out, Gateway& gateway) {
  metric(out, "weir_asks_pending", "gauge", "Questions that wait for a person.",
         gateway.queue().pending().size());
  metric(out, "weir_conversations", "gauge", "Conversations that are remembered.",
         gateway.workspace().conversations());
  metric(out, "weir_trace_bytes", "gauge", "Memory of the index of what was seen.",
         gateway.workspace().trace_bytes());
  metric(out, "weir_ledger_entries", "counter", "Durable entries of the ledger.", gateway.log().size());
  metric(out, "weir_mcp_sessions", "gauge", "Sessions of MCP clients.", gateway.mcp().sessions());
  std::map<std::string, std::pair<uint64_t, uint64_t>> servers;  // connections, and how many are ready
  for (const mcp::Session::ServerState& state : gateway.mcp().servers()) {
    ++servers[state.name].first;
    servers[state.name].second += state.state == mcp::Upstream::State::ready ? 1 : 0;
  }
  head(out, "weir_mcp_server_connections", "gauge", "Connections to MCP servers.");
  for (const auto& [name, count] : servers) {
    out += fmt::format("weir_mcp_server_connections{{server={},ready=\"true\"}} {}\n", label_value(name),
                       count.second);
    out += fmt::format("weir_mcp_server_connections{{server={},ready=\"false\"}} {}\n", label_value(name),
                       count.first - count.second);
  }
}

std::string metrics(Gateway& gateway) {
  std::string out;
  head(out, "weir_info", "gauge", "What runs.");
  out += fmt::format("weir_info{{version={},mode={}}} 1\n", label_value(WEIR_VERSION),
                     label_value(guard::mode_name(gateway.config().mode)));
  metric(out, "weir_weakenings", "gauge", "Protections that the configuration switches off by name.",
         gateway.config().weakenings().size());
  write_traffic(out, gateway);
  write_state(out, gateway);
  write_process(out);
  return out;
}

const net::Headers& plain() {
  static const net::Headers headers{{"content-type", "text/plain; charset=utf-8"},
                                    {"cache-control", "no-store"}};
  return headers;
}

}  // namespace

void Histogram::add(int64_t ms) {
  size_t bucket = 0;
  while (bucket < kBoundsMs.size() && ms > kBoundsMs[bucket]) ++bucket;
  ++counts_[bucket];
  sum_ms_ += ms;
}

void Histogram::write(std::string& out, std::string_view name, std::string_view help) const {
  head(out, name, "histogram", help);
  uint64_t below = 0;
  for (size_t i = 0; i < kBoundsMs.size(); ++i) {
    below += counts_[i];
    out += fmt::format("{}_bucket{{le=\"{}\"}} {}\n", name, static_cast<double>(kBoundsMs[i]) / 1e3, below);
  }
  below += counts_.back();
  out += fmt::format("{0}_bucket{{le=\"+Inf\"}} {1}\n{0}_sum {2}\n{0}_count {1}\n", name, below,
                     static_cast<double>(sum_ms_) / 1e3);
}

bool is_monitored(std::string_view path) {
  return path == "/livez" || path == "/readyz" || path == "/metrics";
}

void handle_monitor(Gateway& gateway, const std::shared_ptr<net::ServerCall>& call, std::string_view path,
                    std::string_view token) {
  if (call->method() != "GET" && call->method() != "HEAD")
    return call->respond(405, {{"allow", "GET, HEAD"}}, {});
  if (path == "/livez") return call->respond(200, plain(), "ok\n");
  if (path == "/readyz") {
    const std::string_view trouble = gateway.draining()                      ? "weir is stopping"
                                     : !gateway.recorder().trouble().empty() ? "the ledger takes no entries"
                                                                             : "";
    return call->respond(trouble.empty() ? 200 : 503, plain(),
                         fmt::format("{}\n", trouble.empty() ? "ok" : trouble));
  }
  if (!gateway.may_read_metrics(token))
    return call->respond(401, plain(),
                         "the metrics token is missing or wrong; weir token --metrics prints it\n");
  call->respond(200, {{"content-type", "text/plain; version=0.0.4; charset=utf-8"}}, metrics(gateway));
}

}  // namespace weir::gateway
