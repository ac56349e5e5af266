#include "egress/hello.h"

#include <cstdint>

namespace weir::egress {
namespace {

constexpr uint8_t kHandshakeRecord = 22, kClientHello = 1, kHostName = 0;
constexpr uint16_t kServerName = 0, kEncryptedHello = 0xfe0d;
constexpr size_t kRecordBytesMax = size_t{16} << 10;

class Reader {
 public:
  explicit Reader(std::string_view bytes) : bytes_(bytes) {}

  bool good() const { return good_; }
  bool empty() const { return bytes_.empty(); }
  size_t number(size_t width) {
    const std::string_view part = take(width);
    size_t out = 0;
    for (const char c : part) out = out << 8 | static_cast<uint8_t>(c);
    return out;
  }
  std::string_view take(size_t size) {
    if (size > bytes_.size()) {
      good_ = false;
      bytes_ = {};
      return {};
    }
    const std::string_view out = bytes_.substr(0, size);
    bytes_.remove_prefix(size);
    return out;
  }
  // What follows its own length of so many bytes.
  Reader vector(size_t width) {
    Reader inner(take(number(width)));
    inner.good_ = good_;
    return inner;
  }

 private:
  std::string_view bytes_;
  bool good_ = true;
};

bool read_server_name(Reader extension, Hello& out) {
  Reader names = extension.vector(2);
  const size_t type = names.number(1);
  Reader name = names.vector(2);
  if (!name.good() || !names.good() || !extension.good() || !names.empty() || !extension.empty())
    return false;
  if (type != kHostName) return false;
  out.names_server = true;
  while (!name.empty()) out.server_name += static_cast<char>(name.number(1));
  return true;
}

bool read_hello(Reader hello, Hello& out) {
  hello.take(2 + 32);  // version, random
  hello.vector(1);     // session
  hello.vector(2);     // ciphers
  hello.vector(1);     // compression
  if (!hello.good()) return false;
  if (hello.empty()) return true;  // no extensions
  Reader extensions = hello.vector(2);
  if (!hello.good() || !hello.empty()) return false;
  bool named = false;
  while (!extensions.empty()) {
    const size_t type = extensions.number(2);
    const Reader extension = extensions.vector(2);
    if (!extensions.good()) return false;
    if (type == kEncryptedHello) out.encrypted = true;
    if (type != kServerName) continue;
    if (named || !read_server_name(extension, out)) return false;
    named = true;
  }
  return extensions.good();
}

}  // namespace

HelloStep parse_hello(std::string_view bytes, Hello& out) {
  // The message may be cut into records.
  std::string message;
  size_t at = 0;
  while (true) {
    if (message.size() >= 4) {
      Reader reader(message);
      if (reader.number(1) != kClientHello) return HelloStep::malformed;
      const size_t size = reader.number(3);
      if (size > kHelloBytesMax) return HelloStep::malformed;
      if (message.size() >= 4 + size) {
        out = {};
        return read_hello(Reader(std::string_view(message).substr(4, size)), out) ? HelloStep::done
                                                                                  : HelloStep::malformed;
      }
    }
    if (at >= kHelloBytesMax) return HelloStep::malformed;
    if (bytes.size() - at >= 1 && static_cast<uint8_t>(bytes[at]) != kHandshakeRecord)
      return HelloStep::malformed;
    if (bytes.size() - at < 5) return HelloStep::more;
    Reader record(bytes.substr(at));
    record.take(1);
    if (record.number(1) != 3) return HelloStep::malformed;
    record.take(1);
    const size_t size = record.number(2);
    if (size == 0 || size > kRecordBytesMax) return HelloStep::malformed;
    if (bytes.size() - at - 5 < size) return HelloStep::more;
    message += record.take(size);
    at += 5 + size;
  }
}

}  // namespace weir::egress
