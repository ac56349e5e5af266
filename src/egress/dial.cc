#include "egress/dial.h"

#include <fmt/format.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>

#include "egress/address.h"
#include "egress/limits.h"
#include "egress/stream.h"

namespace weir::egress {
namespace {

using sandbox::Address;
using sandbox::Fd;

int64_t now_ms() {
  using std::chrono::steady_clock;
  return std::chrono::duration_cast<std::chrono::milliseconds>(steady_clock::now().time_since_epoch())
      .count();
}

Fd connect_to(const Address& address, uint16_t port, std::string& why) {
  sockaddr_storage place{};
  socklen_t size = 0;
  if (address.is_v4()) {
    auto* v4 = reinterpret_cast<sockaddr_in*>(&place);
    v4->sin_family = AF_INET;
    v4->sin_port = htons(port);
    std::memcpy(&v4->sin_addr, address.bytes.data() + 12, 4);
    size = sizeof(*v4);
  } else {
    auto* v6 = reinterpret_cast<sockaddr_in6*>(&place);
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons(port);
    std::memcpy(&v6->sin6_addr, address.bytes.data(), 16);
    size = sizeof(*v6);
  }
  Fd fd(socket(place.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  int error = 0;
  if (!fd.open() ||
      (connect(fd.get(), reinterpret_cast<const sockaddr*>(&place), size) != 0 && errno != EINPROGRESS)) {
    error = errno;
  } else if (!wait_for(fd.get(), POLLOUT, kDialMs)) {
    error = ETIMEDOUT;
  } else {
    socklen_t length = sizeof(error);
    getsockopt(fd.get(), SOL_SOCKET, SO_ERROR, &error, &length);
  }
  if (error == 0) return fd;
  why = std::strerror(error);
  return Fd();
}

}  // namespace

Dialler::Dialler() : own_(own_addresses()) {}

Result<std::vector<Address>> Dialler::addresses(const std::string& name) {
  {
    const std::lock_guard lock(mutex_);
    const auto at = known_.find(name);
    if (at != known_.end() && at->second.until_ms > now_ms()) return at->second.addresses;
  }
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_ADDRCONFIG;
  addrinfo* found = nullptr;
  const int failed = getaddrinfo(name.c_str(), nullptr, &hints, &found);
  if (failed != 0) return unavailable(fmt::format("{} cannot be resolved: {}", name, gai_strerror(failed)));
  std::vector<Address> out;
  for (const addrinfo* each = found; each != nullptr && out.size() < kAddressesMax; each = each->ai_next) {
    Address address;
    if (each->ai_family == AF_INET) {
      address = sandbox::v4_address(ntohl(reinterpret_cast<sockaddr_in*>(each->ai_addr)->sin_addr.s_addr));
    } else if (each->ai_family == AF_INET6) {
      std::memcpy(address.bytes.data(), &reinterpret_cast<sockaddr_in6*>(each->ai_addr)->sin6_addr, 16);
    } else {
      continue;
    }
    if (std::find(out.begin(), out.end(), address) == out.end()) out.push_back(address);
  }
  freeaddrinfo(found);
  const std::lock_guard lock(mutex_);
  known_[name] = {out, now_ms() + kResolvedMs};
  return out;
}

Result<Dialled> Dialler::dial(const sandbox::Host& grant, const std::string& name) {
  std::vector<Address> all;
  const bool named = !grant.address.empty();  // the profile says where it is
  if (named) {
    all.push_back(*sandbox::parse_address(grant.address));
  } else {
    WEIR_TRY_ASSIGN(found, addresses(name));
    all = std::move(found);
  }
  std::string refused, why = "it has no address";
  for (const Address& address : all) {
    if (const std::string_view kind = special_kind(address, own_); !named && !kind.empty()) {
      refused = fmt::format("{} leads to {}, {}", name, address.text(), kind);
      continue;
    }
    if (Fd fd = connect_to(address, grant.port, why); fd.open()) return Dialled{std::move(fd), address};
    refused.clear();
  }
  if (!refused.empty())
    return Error{
        Code::denied, std::move(refused), {}, fmt::format("net = [\"{}=ADDRESS:{}\"]", name, grant.port)};
  return unavailable(fmt::format("{}:{} is not reached: {}", name, grant.port, why));
}

}  // namespace weir::egress
