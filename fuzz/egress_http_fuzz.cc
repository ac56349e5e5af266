// Requests and replies of a sandbox, in pieces that the first byte sets: in pieces or whole, the same passes,
// and a stand-in for another host's secret never does in a head.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "egress/requests.h"

namespace {

using namespace weir::egress;

const std::vector<Swap> kOurs = {{"A", "abcdefghijkl", "ABCDEFGHIJKL"}};
const std::vector<Swap> kTheirs = {{"B", "mnopqrstuvwx", "MNOPQRSTUVWX"}};

bool feed(std::string_view bytes, size_t piece, std::string& out) {
  Requests requests({.host = "a.example", .port = 80, .swaps = kOurs, .foreign = kTheirs});
  for (size_t at = 0; at < bytes.size(); at += piece) {
    if (!requests.feed(bytes.substr(at, piece), out)) return false;
  }
  return true;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const size_t piece = data[0] % 64 + 1;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  std::string whole, pieces;
  const bool passed = feed(bytes, bytes.size() + 1, whole);
  if (feed(bytes, piece, pieces) != passed || whole != pieces) std::abort();
  Replies replies(kOurs);
  std::string shown;
  for (size_t at = 0; at < bytes.size(); at += piece) replies.feed(bytes.substr(at, piece), shown);
  replies.end(shown);
  if (shown.find(kOurs[0].secret) != std::string::npos) std::abort();
  return 0;
}
