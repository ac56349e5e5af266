#include "cli/fetch.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <optional>

#include "net/client.h"

namespace weir::cli {
namespace {

constexpr int kListenWaitMs = 250;
constexpr size_t kBytesMax = size_t{8} << 20;

}  // namespace

Result<Fetched> fetch_once(const std::string& method, const std::string& url,
                           const std::vector<std::pair<std::string, std::string>>& headers,
                           int64_t timeout_ms, const std::string& ca_file) {
  WEIR_TRY_ASSIGN(parsed, net::parse_url(url));
  net::Loop loop;
  net::ClientOptions options;
  options.connect_timeout_ms = timeout_ms;
  options.idle_timeout_ms = timeout_ms;
  options.response_bytes_max = kBytesMax;
  options.ca_file = ca_file;
  net::Client client(loop, options);
  net::ClientRequest request{method, parsed, {}, {}};
  for (const auto& [name, value] : headers) request.headers.set(name, value);
  Fetched out;
  std::optional<Error> failed;
  const auto fetch = client.fetch(std::move(request),
                                  {[&](int code, const net::Headers& head) {
                                     out.status = code;
                                     out.date = head.find("date").value_or("");
                                   },
                                   [&](std::string_view bytes) { out.body += bytes; }, [&] { loop.stop(); },
                                   [&](Error error) {
                                     failed = std::move(error);
                                     loop.stop();
                                   }});
  loop.run();
  if (failed) return *failed;
  return out;
}

bool listens(int port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return false;
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  bool good = connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0;
  if (!good && errno == EINPROGRESS) {
    pollfd wait{fd, POLLOUT, 0};
    int error = 0;
    socklen_t size = sizeof(error);
    good = poll(&wait, 1, kListenWaitMs) == 1 && getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) == 0 &&
           error == 0;
  }
  close(fd);
  return good;
}

}  // namespace weir::cli
