#include "sandbox/given.h"

#include <unistd.h>

#include <cstdlib>

namespace weir::sandbox {

std::vector<std::string> entry_strings(const Entry& entry) {
  std::vector<std::string> strings = {std::to_string(entry.argv.size() - 1), plan_text(*entry.plan),
                                      entry.program};
  for (const auto* words : {&entry.argv, &entry.envp}) {
    for (const char* word : *words) {
      if (word != nullptr) strings.emplace_back(word);
    }
  }
  return strings;
}

std::unique_ptr<Given> take_given(Packet packet) {
  if (packet.strings.size() < 3 || packet.fds.size() < 3) return {};
  auto given = std::make_unique<Given>();
  given->packet = std::move(packet);
  std::vector<std::string>& strings = given->packet.strings;
  auto plan = parse_plan(strings[1]);
  const size_t words = std::strtoull(strings[0].c_str(), nullptr, 10);
  if (!plan || words > strings.size() - 3) return {};
  given->plan = *std::move(plan);
  for (const int fd : {0, 1, 2}) {
    Fd& at = given->packet.fds[static_cast<size_t>(fd)];
    if (dup2(at.get(), fd) != fd) return {};
    at.reset();
  }
  if (given->packet.fds.size() > 3) given->way.door = given->packet.fds[3].get();
  Entry& entry = given->entry;
  entry.plan = &given->plan;
  entry.program = strings[2];
  entry.way = &given->way;
  for (size_t i = 3; i < strings.size(); ++i)
    (i < 3 + words ? entry.argv : entry.envp).push_back(strings[i].data());
  entry.argv.push_back(nullptr);
  entry.envp.push_back(nullptr);
  return given;
}

}  // namespace weir::sandbox
