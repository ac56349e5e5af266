// Start to exit of `true` in a sandbox that the fork server makes, beside fork + exec; medians, taken in
// turns.
//
//   bench_sandbox_start ROUNDS PAUSE_MS
//
// From the request until the control socket has told of the end, as the gateway sees it (the profile
// mcp-server). PAUSE_MS before each: with 0 there is no time to make a spare. Prints one JSON object, in
// microseconds. The fork server is forked first thing in main, as in weir.
#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <string>
#include <vector>

#include "egress/fork_server.h"
#include "net/keeper.h"
#include "sandbox/around.h"
#include "sandbox/enclose.h"
#include "sandbox/plan.h"

namespace {

using Clock = std::chrono::steady_clock;
using namespace weir;

double us_since(Clock::time_point start) {
  return std::chrono::duration<double, std::micro>(Clock::now() - start).count();
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

[[noreturn]] void fail(const std::string& why) {
  fmt::print(stderr, "bench_sandbox_start: {}\n", why);
  std::exit(1);
}

double time_true() {
  const auto start = Clock::now();
  char name[] = "/bin/true";
  char* argv[] = {name, nullptr};
  pid_t pid = -1;
  int status = -1;
  if (posix_spawn(&pid, name, nullptr, nullptr, argv, nullptr) != 0 || waitpid(pid, &status, 0) != pid ||
      status != 0)
    fail("cannot run /bin/true");
  return us_since(start);
}

double time_sandbox(const egress::ForkServer& server, const net::ChildOptions& child, int null) {
  const auto start = Clock::now();
  int control[2];
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, control) != 0) fail("no socket");
  if (!server.make(child, {null, null, STDERR_FILENO, control[1]})) fail("the fork server took no request");
  close(control[1]);
  net::KeeperMessage message;
  const ssize_t got = recv(control[0], &message, sizeof(message), 0);
  const double us = us_since(start);
  close(control[0]);
  if (got != sizeof(message) || message.kind != net::KeeperMessage::ended || message.value != 0)
    fail("the sandbox failed");
  return us;
}

}  // namespace

int main(int argc, char** argv) {
  auto server = egress::ForkServer::start();
  if (argc != 3) fail("usage: bench_sandbox_start ROUNDS PAUSE_MS");
  if (!server) fail(server.error().text());
  const int rounds = std::atoi(argv[1]);
  const int pause_ms = std::atoi(argv[2]);
  const auto profile = sandbox::find_profile({}, "mcp-server");
  if (!profile) fail(profile.error().text());
  const sandbox::Around around = sandbox::this_machine();
  net::ChildOptions child;
  child.env = sandbox::make_env(*profile, around, {});
  const sandbox::Command command{
      .words = {"/bin/true"}, .program = "/bin/true", .cwd = around.home, .by_operator = true};
  const auto plan = sandbox::make_plan(*profile, around, command);
  if (!plan) fail(plan.error().text());
  child.command = sandbox::enclosed("weir", *plan, command);
  const int null = open("/dev/null", O_RDWR | O_CLOEXEC);
  std::vector<double> trues, sandboxes;
  for (int i = 0; i < rounds; ++i) {
    trues.push_back(time_true());
    poll(nullptr, 0, pause_ms);
    sandboxes.push_back(time_sandbox(*server, child, null));
  }
  fmt::print("{{\"true_us\": {:.0f}, \"sandbox_us\": {:.0f}}}\n", median(trues), median(sandboxes));
  return 0;
}
