// Dial: from a granted host to a connection. Safe for many threads; blocks.
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "base/error.h"
#include "sandbox/fd.h"
#include "sandbox/host.h"

namespace weir::egress {

struct Dialled {
  sandbox::Fd fd;
  sandbox::Address address;
};

class Dialler {
 public:
  Dialler();

  // `name` is what `grant` matched. The name is resolved once, here; what is dialled is the address that was
  // looked at. Errors: denied, when it leads only to addresses that a name must not lead to; unavailable.
  Result<Dialled> dial(const sandbox::Host& grant, const std::string& name);

 private:
  Result<std::vector<sandbox::Address>> addresses(const std::string& name);

  const std::vector<sandbox::Address> own_;
  struct Known {
    std::vector<sandbox::Address> addresses;
    int64_t until_ms = 0;
  };
  std::mutex mutex_;
  std::map<std::string, Known> known_;
};

}  // namespace weir::egress
