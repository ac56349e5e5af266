// DNS, as much as a sandbox is answered (RFC 1035, RFC 6891 ignored). Pure: packets in, packets out; nothing
// of a question is ever sent on.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace weir::egress {

struct Question {
  uint16_t id = 0;
  std::string name;  // canonical; empty when it is no host name
  uint16_t type = 0;
  bool recursion_desired = false;
  std::string section;  // the question as it came
};

inline constexpr uint16_t kTypeA = 1;
inline constexpr size_t kDnsPacketBytesMax = 512;

// Nothing for what is no plain query of one question in class IN: that gets no answer.
std::optional<Question> parse_query(std::string_view packet);

// Answers: the IPv4 address; that the name is there and has no such record; that there is no such name.
std::string answer_address(const Question& question, uint32_t address);
std::string answer_no_data(const Question& question);
std::string answer_no_name(const Question& question);

}  // namespace weir::egress
