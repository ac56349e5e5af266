// An agent's config file from anywhere: read, and where it can be read, put behind weir and read again.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "setup/client.h"

using namespace weir::setup;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const Client client = kClients[data[0] % 4];
  const bool project = (data[0] & 0x80) != 0;
  const Surroundings around{[](const std::string& name) -> std::optional<std::string> {
                              return name == "HOME" ? std::optional<std::string>("/h") : std::nullopt;
                            },
                            "/w"};
  std::vector<File> files = files_of(client, around);
  File& file = files[(data[0] >> 4) % files.size()];
  file.text = std::string(reinterpret_cast<const char*>(data + 1), size - 1);
  const auto state = read_state(client, files, around);
  if (!state) return 0;
  std::vector<size_t> wrapped;
  for (size_t i = 0; i < state->servers.size(); ++i) {
    const Server& server = state->servers[i];
    if (server.enabled && server.left_alone.empty() && !server.is_weir &&
        (project || server.file != Role::project))
      wrapped.push_back(i);
  }
  const Wiring wiring{.url = "http://127.0.0.1:7447", .token = "weir-token", .model = "m"};
  (void)lines_to_paste(client, files, *state, wrapped, wiring);
  const auto changes = plan(client, files, *state, wrapped, wiring, around);
  if (!changes) {
    if (changes.error().code == weir::Code::internal) abort();
    return 0;
  }
  for (File& each : files) {
    for (const Change& change : *changes) {
      if (change.path != each.path) continue;
      if (change.before != each.text) abort();
      each.text = change.after;
    }
  }
  const auto after = read_state(client, files, around);
  if (!after || after->token != wiring.token ||
      after->servers.size() + wrapped.size() < state->servers.size())
    abort();
  return 0;
}
