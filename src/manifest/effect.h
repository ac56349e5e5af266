// Effect and ArgRole: what a call does to the world, and what each of its arguments decides.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace weir::manifest {

enum class Effect : uint8_t { read, write, send, execute, pay, delete_ };
inline constexpr int kEffectCount = 6;

// "read", …, "delete".
std::string_view effect_name(Effect effect);
std::optional<Effect> parse_effect(std::string_view name);

// A set of effects. A plain value.
class Effects {
 public:
  constexpr Effects() = default;
  static constexpr Effects all() { return Effects((1U << kEffectCount) - 1); }
  static constexpr Effects of(Effect effect) { return Effects(bit(effect)); }

  constexpr void add(Effect effect) { bits_ = static_cast<uint8_t>(bits_ | bit(effect)); }
  constexpr bool has(Effect effect) const { return (bits_ & bit(effect)) != 0; }
  constexpr bool empty() const { return bits_ == 0; }
  // Nothing but reading: no effect other than `read` (also true for the empty set).
  constexpr bool only_reads() const { return (bits_ & ~bit(Effect::read)) == 0; }
  // In the order of the enumeration.
  std::vector<std::string_view> names() const;
  constexpr bool operator==(const Effects&) const = default;

 private:
  explicit constexpr Effects(unsigned bits) : bits_(static_cast<uint8_t>(bits)) {}
  static constexpr unsigned bit(Effect effect) { return 1U << static_cast<unsigned>(effect); }
  uint8_t bits_ = 0;
};

enum class ArgRole : uint8_t {
  selector,   // which object is read
  target,     // which object is changed; also whatever no manifest speaks of
  recipient,  // who gets data
  command,    // what is run
  amount,
  content,  // payload, decides nothing
};

inline constexpr int kRoleCount = 6;

// "selector", …, "content".
std::string_view role_name(ArgRole role);
std::optional<ArgRole> parse_role(std::string_view name);

// All but content.
constexpr bool authority_bearing(ArgRole role) {
  return role != ArgRole::content;
}

}  // namespace weir::manifest
