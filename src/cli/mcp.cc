#include "cli/mcp.h"

#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>

#include "cli/mcp_bridge.h"
#include "cli/stdin_reader.h"

namespace weir::cli {
namespace {

constexpr size_t kReadAheadBytesMax = size_t{4} << 20;

// Whole, however long it takes: nobody but the client is kept waiting. False when it reads no more.
bool write_line(std::string line) {
  // Outside strings, where JSON has none, line feeds are white space.
  std::replace_if(line.begin(), line.end(), [](char c) { return c == '\n' || c == '\r'; }, ' ');
  line += '\n';
  for (std::string_view rest = line; !rest.empty();) {
    const ssize_t written = write(STDOUT_FILENO, rest.data(), rest.size());
    if (written > 0) {
      rest.remove_prefix(static_cast<size_t>(written));
    } else if (written < 0 && errno == EAGAIN) {
      pollfd wait{STDOUT_FILENO, POLLOUT, 0};
      poll(&wait, 1, -1);
    } else if (written < 0 && errno != EINTR) {
      return false;
    }
  }
  return true;
}

}  // namespace

int run_mcp(const Common& common) {
  std::vector<std::string> missing;
  auto config = load_config(common, &missing);
  if (!config) return fail(config.error());
  auto dir = data_dir(*config);
  if (!dir) return fail(dir.error());
  std::signal(SIGPIPE, SIG_IGN);
  net::Loop loop;
  Bridge bridge(loop, {.config = std::move(*config),
                       .missing = std::move(missing),
                       .data_dir = *dir,
                       .write =
                           [&](const std::string& line) {
                             if (!write_line(line)) loop.stop();
                           },
                       .complain = [](const std::string& line) { fmt::print(stderr, "weir: {}\n", line); },
                       .done = [&] { loop.stop(); }});
  StdinReader reader(
      loop, kReadAheadBytesMax, [&](const std::string& bytes) { bridge.take(bytes); },
      [&] { bridge.end_of_input(); });
  loop.on_signal({SIGINT, SIGTERM, SIGHUP}, [&](int) { bridge.close(); });
  bridge.start();
  loop.run();
  return kDone;
}

}  // namespace weir::cli
