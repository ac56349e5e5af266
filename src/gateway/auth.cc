#include "gateway/auth.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace weir::gateway {
namespace {

Result<std::string> load_token(const std::string& path, std::string_view prefix, Random& random) {
  if (const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC); fd >= 0) {
    std::array<char, 256> buffer{};
    const ssize_t got = read(fd, buffer.data(), buffer.size());
    close(fd);
    std::string token(buffer.data(), got > 0 ? static_cast<size_t>(got) : 0);
    while (!token.empty() && (token.back() == '\n' || token.back() == '\r')) token.pop_back();
    if (token.size() < 16 || token.size() > 200 || token.find_first_of("/ \t\r\n") != std::string::npos) {
      return bad_input("the file does not hold a token", path, "delete it, and weir makes a new one");
    }
    return token;
  }
  std::array<uint8_t, 24> bytes{};
  random.fill(bytes);
  const std::string token =
      fmt::format("{}{}", prefix, to_hex({reinterpret_cast<const char*>(bytes.data()), bytes.size()}));
  const int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  const std::string line = token + "\n";
  const bool written = fd >= 0 && write(fd, line.data(), line.size()) == static_cast<ssize_t>(line.size());
  const int reason = errno;
  if (fd >= 0) close(fd);
  if (!written) return unavailable(fmt::format("cannot write the token: {}", std::strerror(reason)), path);
  return token;
}

}  // namespace

Result<Tokens> load_tokens(const std::string& dir, Random& random) {
  WEIR_TRY_ASSIGN(client, load_token(dir + "/token", "weir-", random));
  WEIR_TRY_ASSIGN(person, load_token(dir + "/person-token", "person-", random));
  WEIR_TRY_ASSIGN(metrics, load_token(dir + "/metrics-token", "metrics-", random));
  return Tokens{std::move(client), std::move(person), std::move(metrics)};
}

std::string take_token_prefix(std::string& target) {
  if (!target.starts_with("/t/")) return {};
  const size_t end = std::min(target.find('/', 3), target.size());
  std::string token = target.substr(3, end - 3);
  target = end == target.size() ? "/" : target.substr(end);
  return token;
}

std::string_view bearer(std::string_view authorization) {
  constexpr std::string_view kScheme = "bearer ";
  if (authorization.size() < kScheme.size()) return {};
  for (size_t i = 0; i < kScheme.size(); ++i) {
    const char c = authorization[i];
    if ((c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c) != kScheme[i]) return {};
  }
  const std::string_view token = authorization.substr(kScheme.size());
  const size_t first = token.find_first_not_of(' ');
  return first == std::string_view::npos ? std::string_view() : token.substr(first);
}

}  // namespace weir::gateway
