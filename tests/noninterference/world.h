// World: the content of a session's tools. What is the same in all variants comes from the session's seed
// alone, what an attacker may write from the variant too.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace weir::noninterference {

// splitmix64: small, and the same everywhere.
class Dice {
 public:
  explicit Dice(uint64_t seed) : state_(seed) {}
  uint64_t next();
  size_t below(size_t n) { return static_cast<size_t>(next() % n); }
  bool one_in(size_t n) { return below(n) == 0; }

 private:
  uint64_t state_;
};

uint64_t mix(std::initializer_list<uint64_t> parts);
uint64_t mix(uint64_t seed, std::string_view text);

// What a tool returned: several texts where the dialect carries them.
struct Content {
  std::vector<std::string> texts;
  bool is_error = false;
};

// The `n`-th call of `tool` in the session. `variant` changes all that is not trusted, and nothing else.
Content content_of(uint64_t session, uint64_t variant, std::string_view tool, size_t n);
// Text of at least 60 characters that no other session, variant or call has.
std::string long_text(uint64_t session, uint64_t variant, size_t n);

// Manifest of the tools of server "box".
extern const char* const kManifest;

}  // namespace weir::noninterference
