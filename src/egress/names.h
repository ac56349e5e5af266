// Names: which address inside a sandbox stands for which name. Safe for many threads.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "sandbox/host.h"

namespace weir::egress {

class Names {
 public:
  // The address in 198.18.0.0/15 that stands for the canonical name, a new one for a new name; the same
  // afterwards. Nothing when there are kNamesMax.
  std::optional<uint32_t> address_of(const std::string& name);
  // The name that stands behind an address; the address' own text when none does.
  std::string behind(const sandbox::Address& address) const;

  static constexpr size_t kNamesMax = 1'024;

 private:
  mutable std::mutex mutex_;
  std::map<std::string, uint32_t> addresses_;
  std::map<sandbox::Address, std::string> names_;
};

}  // namespace weir::egress
