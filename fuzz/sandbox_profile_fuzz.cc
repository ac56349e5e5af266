// [sandbox.NAME] of weir.toml, and the text form of the plan that it makes.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/toml.h"
#include "sandbox/plan.h"
#include "sandbox/profile.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace weir;
  const auto document = toml::parse({reinterpret_cast<const char*>(data), size}, "weir.toml");
  if (!document) return 0;
  const auto profiles = sandbox::read_profiles(document->root()["sandbox"]);
  if (!profiles) return 0;
  const sandbox::Around around{
      .home = "/home/a", .user = "a", .kind = [](const std::string&) { return sandbox::Kind::folder; }};
  for (const sandbox::Profile& profile : *profiles) {
    if ((profile.net == sandbox::Net::hosts) == profile.hosts.empty()) std::abort();
    for (const sandbox::Host& host : profile.hosts) {
      const auto again = sandbox::parse_host(host.text());
      if (!again || *again != host) std::abort();
    }
    const auto plan =
        sandbox::make_plan(profile, around, {.words = {"x"}, .program = "/usr/bin/x", .cwd = "/srv/x"});
    if (!plan) continue;
    const auto read = sandbox::parse_plan(sandbox::plan_text(*plan));
    if (!read || *read != *plan) std::abort();
  }
  return 0;
}
