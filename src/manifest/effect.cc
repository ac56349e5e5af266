#include "manifest/effect.h"

#include <array>

namespace weir::manifest {
namespace {

constexpr std::array<std::string_view, kEffectCount> kEffects = {"read",    "write", "send",
                                                                 "execute", "pay",   "delete"};
constexpr std::array<std::string_view, kRoleCount> kRoles = {"selector", "target", "recipient",
                                                             "command",  "amount", "content"};

template <class Enum, size_t N>
std::optional<Enum> find(const std::array<std::string_view, N>& names, std::string_view name) {
  for (size_t i = 0; i < N; ++i) {
    if (names[i] == name) return static_cast<Enum>(i);
  }
  return std::nullopt;
}

}  // namespace

std::string_view effect_name(Effect effect) {
  return kEffects[static_cast<size_t>(effect)];
}
std::optional<Effect> parse_effect(std::string_view name) {
  return find<Effect>(kEffects, name);
}
std::string_view role_name(ArgRole role) {
  return kRoles[static_cast<size_t>(role)];
}
std::optional<ArgRole> parse_role(std::string_view name) {
  return find<ArgRole>(kRoles, name);
}

std::vector<std::string_view> Effects::names() const {
  std::vector<std::string_view> all;
  for (int i = 0; i < kEffectCount; ++i) {
    if (has(static_cast<Effect>(i))) all.push_back(kEffects[static_cast<size_t>(i)]);
  }
  return all;
}

}  // namespace weir::manifest
