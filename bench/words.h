// Made-up text from a seed: prose over a large vocabulary, records, addresses, URLs and numbers, so that no
// two conversations share more than chance does. For benchmarks; as fast as copying, so that load costs
// little.
#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <vector>

namespace weir::bench {

class Words {
 public:
  explicit Words(uint64_t seed);

  // Prose of about that many bytes; needs no escape in JSON.
  std::string prose(size_t bytes);
  // A JSON array of records of about that many bytes, as a tool returns it; not escaped.
  std::string records(size_t bytes);
  uint64_t number(uint64_t below) { return random_() % below; }

 private:
  const std::string& word();

  std::mt19937_64 random_;
  const std::vector<std::string>& vocabulary_;
};

}  // namespace weir::bench
