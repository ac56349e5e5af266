#include "sandbox/given.h"

#include <poll.h>
#include <sys/socket.h>
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

void rehearse(int socket) {
  pollfd wait{socket, POLLIN, 0};
  if (poll(&wait, 1, 0) != 0) return;
  const Plan plan{.binds = system_binds()};
  const auto again = parse_plan(plan_text(plan));
  char word[] = "word";
  Entry entry{
      .plan = again ? &*again : &plan, .program = word, .argv = {word, nullptr}, .envp = {word, nullptr}};
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) return;
  const Fd one(ends[0]);
  const Fd other(ends[1]);
  if (send_packet(one.get(), entry_strings(entry), {0, 1, 2}))
    if (auto packet = receive_packet(other.get())) take_given(*std::move(packet));
}

}  // namespace weir::sandbox
