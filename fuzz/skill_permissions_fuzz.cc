// weir-skill.toml. Beyond not crashing: JSON keeps it, bounds never add, and nothing is wider than itself.
#include <cstdlib>

#include "skill/permissions.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  using namespace weir::skill;
  const auto read = parse_permissions({reinterpret_cast<const char*>(bytes), size}, "w");
  if (!read) return 0;
  const auto again = read_permissions_json(permissions_json(*read));
  const auto check = [](bool holds) {
    if (!holds) std::abort();
  };
  check(again.has_value() && *again == *read);
  Bounds bounds;
  bounds.hosts = std::vector<std::string>{"*.example.com"};
  bounds.read = std::vector<std::string>{"/srv"};
  bounds.tools = std::vector<std::string>{};
  check(widened(*read, within(*read, bounds)).empty());
  check(within(*read, bounds).tools.empty());
  check(widened(*read, *read).empty() && within(*read, {}) == *read);
  return 0;
}
