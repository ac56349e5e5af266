#include "egress/names.h"

#include "sandbox/listeners.h"

namespace weir::egress {

std::optional<uint32_t> Names::address_of(const std::string& name) {
  const std::lock_guard lock(mutex_);
  if (const auto at = addresses_.find(name); at != addresses_.end()) return at->second;
  if (addresses_.size() >= kNamesMax) return {};
  // Behind the name server's own.
  const auto address = static_cast<uint32_t>(sandbox::kNameServer + 1 + addresses_.size());
  addresses_.emplace(name, address);
  names_.emplace(sandbox::v4_address(address), name);
  return address;
}

std::string Names::behind(const sandbox::Address& address) const {
  const std::lock_guard lock(mutex_);
  const auto at = names_.find(address);
  return at == names_.end() ? address.text() : at->second;
}

}  // namespace weir::egress
