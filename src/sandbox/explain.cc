#include "sandbox/explain.h"

#include <fmt/format.h>

#include <vector>

#include "base/bytes.h"
#include "base/units.h"

namespace weir::sandbox {
namespace {

using From = Bind::From;

std::string line(std::string_view about, std::string_view says) {
  return fmt::format("{:<9}{}\n", about, says);
}

// One path a line, the first beside what it is about.
std::string paths(std::string_view about, const std::vector<std::string>& each) {
  std::string out;
  for (const std::string& path : each) out += line(out.empty() ? about : "", path);
  return out;
}

std::string limits_of(const Limits& limits) {
  std::string out = fmt::format("{} of memory, {} processes and threads, {} open files each, files of {}",
                                show_bytes(limits.memory_bytes), limits.processes, limits.open_files,
                                show_bytes(limits.file_bytes));
  if (limits.wall_ms > 0) out += fmt::format(", {} in all", show_duration(limits.wall_ms));
  if (limits.cpu_ms > 0) out += fmt::format(", {} of computing", show_duration(limits.cpu_ms));
  if (limits.output_bytes > 0) out += fmt::format(", {} of output", show_bytes(limits.output_bytes));
  return out;
}

std::string network(const Plan& plan) {
  if (plan.net == Net::none) return line("network", "no: its own loopback, on which nobody else is");
  if (plan.net == Net::host)
    return line("network", "WEAKENED: all of this machine's network, and what listens on the machine");
  std::vector<std::string> hosts;
  for (const Host& host : plan.hosts) hosts.push_back(host.text() + (host.raw ? " (any bytes)" : ""));
  std::string out = paths("network", hosts) + line("", "and nothing else; no UDP");
  std::vector<std::string> secrets;
  for (const Secret& secret : plan.secrets)
    secrets.push_back(fmt::format("{} stands for the secret in {}, which only {}:{} is sent", secret.name,
                                  secret.env.empty() ? shown(secret.file, 200) : "$" + secret.env,
                                  secret.host.name, secret.host.port));
  return out + paths("secrets", secrets);
}

}  // namespace

std::string explain(const Plan& plan) {
  std::vector<std::string> read = {"the system's programs and libraries"};
  std::vector<std::string> write;
  for (const Bind& bind : plan.binds) {
    if (bind.from == From::system) continue;
    const std::string path = shown(bind.path, 400);
    (bind.write ? write : read)
        .push_back(bind.from == From::command ? path + " (the command names it)" : path);
  }
  std::string scratch;
  for (const std::string& path : plan.scratch) scratch += (scratch.empty() ? "" : ", ") + shown(path, 200);
  std::string out = fmt::format("In the sandbox {} a command may\n", shown(plan.profile));
  out += paths("read", read);
  out += write.empty() ? line("write", "nothing of this machine") : paths("write", write);
  if (!write.empty())
    out +=
        line("", "(but not what runs later: git's hooks and settings, agents', editors' and shells' files)");
  out += line("scratch", fmt::format("{}: empty, at most {} and {} files, gone afterwards", scratch,
                                     show_bytes(plan.limits.scratch_bytes), plan.limits.scratch_files));
  out += line("run", plan.run_written ? "programs that it may read, and those that it wrote"
                                      : "programs that it may read, none that it wrote");
  out += network(plan);
  out += line("limits", limits_of(plan.limits));
  if (!plan.covered.empty()) {
    std::vector<std::string> covered;
    for (const std::string& path : plan.covered) covered.push_back(shown(path, 200));
    out += paths("not", covered);
  }
  out +=
      line("never", "see other processes, this environment, keys or clocks; gain rights; outlive its start");
  return out;
}

}  // namespace weir::sandbox
