// A sandbox's DNS packets: read, and answered within their bound.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "egress/dns.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace weir::egress;
  const auto question = parse_query({reinterpret_cast<const char*>(data), size});
  if (!question) return 0;
  for (const std::string& answer : {answer_address(*question, 0xc6120002), answer_no_name(*question)}) {
    if (answer.size() > kDnsPacketBytesMax ||
        answer.substr(12, question->section.size()) != question->section)
      std::abort();
  }
  return 0;
}
