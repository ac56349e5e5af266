#include "egress/dns.h"

#include "sandbox/host.h"

namespace weir::egress {
namespace {

constexpr size_t kHeaderBytes = 12;
constexpr uint16_t kClassIn = 1;
constexpr uint16_t kResponse = 0x8000, kOpcodes = 0x7800, kTruncated = 0x0200, kRecursionDesired = 0x0100,
                   kRecursionAvailable = 0x0080, kAuthoritative = 0x0400;
constexpr uint16_t kNoName = 3;
// Short: what a name leads to is decided anew each time that it is used.
constexpr uint32_t kTtlS = 60;

uint16_t u16(std::string_view bytes, size_t at) {
  return static_cast<uint16_t>(static_cast<uint8_t>(bytes[at]) << 8 | static_cast<uint8_t>(bytes[at + 1]));
}

void put16(std::string& out, uint16_t value) {
  out += static_cast<char>(value >> 8);
  out += static_cast<char>(value & 0xff);
}

void put32(std::string& out, uint32_t value) {
  put16(out, static_cast<uint16_t>(value >> 16));
  put16(out, static_cast<uint16_t>(value & 0xffff));
}

std::string head(const Question& question, uint16_t code, uint16_t answers) {
  std::string out;
  put16(out, question.id);
  put16(out, static_cast<uint16_t>(kResponse | kAuthoritative | kRecursionAvailable | code |
                                   (question.recursion_desired ? kRecursionDesired : 0)));
  put16(out, 1);
  put16(out, answers);
  put16(out, 0);
  put16(out, 0);
  out += question.section;
  return out;
}

}  // namespace

std::optional<Question> parse_query(std::string_view packet) {
  if (packet.size() < kHeaderBytes || packet.size() > kDnsPacketBytesMax) return {};
  const uint16_t flags = u16(packet, 2);
  if ((flags & (kResponse | kOpcodes | kTruncated)) != 0 || u16(packet, 4) != 1) return {};
  Question out;
  out.id = u16(packet, 0);
  out.recursion_desired = (flags & kRecursionDesired) != 0;
  size_t at = kHeaderBytes;
  std::string name;
  bool plain = true;  // no label holds a dot of its own
  while (true) {
    if (at >= packet.size()) return {};
    const auto size = static_cast<uint8_t>(packet[at++]);
    if (size == 0) break;
    // No pointers: there is nothing before the question that one could point to.
    if (size > 63 || at + size > packet.size()) return {};
    const std::string_view label = packet.substr(at, size);
    plain = plain && label.find('.') == std::string_view::npos;
    if (!name.empty()) name += '.';
    name += label;
    at += size;
  }
  if (at + 4 > packet.size() || at - kHeaderBytes > 255) return {};
  out.type = u16(packet, at);
  if (u16(packet, at + 2) != kClassIn) return {};
  out.section = packet.substr(kHeaderBytes, at + 4 - kHeaderBytes);
  if (plain && !name.ends_with('.')) out.name = sandbox::canonical_name(name).value_or("");
  return out;
}

std::string answer_address(const Question& question, uint32_t address) {
  std::string out = head(question, 0, 1);
  put16(out, 0xc000 | kHeaderBytes);  // the question's name
  put16(out, kTypeA);
  put16(out, kClassIn);
  put32(out, kTtlS);
  put16(out, 4);
  put32(out, address);
  return out;
}

std::string answer_no_data(const Question& question) {
  return head(question, 0, 0);
}

std::string answer_no_name(const Question& question) {
  return head(question, kNoName, 0);
}

}  // namespace weir::egress
