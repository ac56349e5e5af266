#include "egress/flow.h"

#include <fmt/format.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/bytes.h"
#include "egress/hello.h"
#include "egress/limits.h"

namespace weir::egress {
namespace {

using sandbox::Address;
using sandbox::Fd;
using sandbox::Host;

// fatal, access_denied (RFC 8446, section 6)
constexpr std::string_view kTlsAlert("\x15\x03\x03\x00\x02\x02\x31", 7);
constexpr uint8_t kTlsHandshake = 22;
constexpr size_t kPeekBytesMax = kHelloBytesMax * 2;

Error denied(std::string message) {
  return {Code::denied, std::move(message), {}, {}};
}

// Where the client believes that it is connected to.
Address asked_for(int fd, uint16_t& port) {
  sockaddr_storage place{};
  socklen_t size = sizeof(place);
  getsockname(fd, reinterpret_cast<sockaddr*>(&place), &size);
  Address out;
  if (place.ss_family == AF_INET) {
    const auto* v4 = reinterpret_cast<const sockaddr_in*>(&place);
    port = ntohs(v4->sin_port);
    return sandbox::v4_address(ntohl(v4->sin_addr.s_addr));
  }
  const auto* v6 = reinterpret_cast<const sockaddr_in6*>(&place);
  port = ntohs(v6->sin6_port);
  std::memcpy(out.bytes.data(), &v6->sin6_addr, out.bytes.size());
  return out;
}

// More than `seen` bytes of what the client sends, which stay where they are. Empty: it sends no more.
std::string peek(int fd, size_t seen) {
  const int low = static_cast<int>(seen + 1);
  setsockopt(fd, SOL_SOCKET, SO_RCVLOWAT, &low, sizeof(low));
  std::string out(kPeekBytesMax, '\0');
  ssize_t got = 0;
  if (wait_for(fd, POLLIN, kFirstByteMs)) got = recv(fd, out.data(), out.size(), MSG_PEEK | MSG_DONTWAIT);
  const int one = 1;
  setsockopt(fd, SOL_SOCKET, SO_RCVLOWAT, &one, sizeof(one));
  out.resize(got > static_cast<ssize_t>(seen) ? static_cast<size_t>(got) : 0);
  return out;
}

class Server {
 public:
  Server(Session& session, Fd client, Flow& flow)
      : session_(session), inside_(std::move(client)), flow_(flow) {}

  Status run() {
    const Host* grant = session_.grant(flow_.entry.host, flow_.entry.port);
    if (grant == nullptr) {
      inside_.reset();
      return denied(session_.knows(flow_.entry.host) ? "this port is not in the profile's `net`"
                                                     : "it is not in the profile's `net`");
    }
    if (grant->raw) return pass(*grant, false);
    const std::string first = peek(inside_.fd(), 0);
    if (first.empty()) return denied("the connection said nothing");
    if (static_cast<uint8_t>(first.front()) == kTlsHandshake) return tls(*grant, first);
    if (session_.any) return pass(*grant, false);
    if (first.front() < 'A' || first.front() > 'Z') {
      inside_.reset();
      return denied("it is neither TLS nor HTTP (for other protocols: net = [\"tcp://HOST:PORT\"])");
    }
    for (const Held& held : session_.secrets) foreign_.push_back(held.swap);
    return pass(*grant, true);
  }

 private:
  const std::string& name() const { return flow_.entry.host; }

  Status tls(const Host& grant, std::string bytes) {
    Hello hello;
    HelloStep step = HelloStep::more;
    while ((step = parse_hello(bytes, hello)) == HelloStep::more) {
      std::string more = bytes.size() < kPeekBytesMax ? peek(inside_.fd(), bytes.size()) : std::string();
      if (more.empty()) break;
      bytes = std::move(more);
    }
    if (auto fine = check(step, hello); !fine) {
      inside_.write(kTlsAlert);
      inside_.end_writing();
      return fine;
    }
    SSL_CTX* const own = session_.certificates.server(name());
    for (const Held& held : session_.secrets) {
      const bool ours = held.host.name == name() && held.host.port == grant.port;
      (ours ? swaps_ : foreign_).push_back(held.swap);
    }
    if (own == nullptr || swaps_.empty()) return pass(grant, false);
    return intercept(grant, own);
  }

  Status check(HelloStep step, const Hello& hello) const {
    if (step != HelloStep::done) return denied("its TLS is malformed");
    if (session_.any) return {};
    if (hello.encrypted) return denied("it hides whom it wants (Encrypted Client Hello)");
    const bool is_address = sandbox::parse_address(name()).has_value();
    if (!hello.names_server) {
      if (is_address) return {};
      return denied("its TLS does not say whom it wants (no SNI)");
    }
    if (sandbox::canonical_name(hello.server_name) != name())
      return denied(
          fmt::format("its TLS is for {}, and the connection for {}", shown(hello.server_name, 100), name()));
    return {};
  }

  // The connection outside; the inside one is reset when there is none.
  Result<Stream> dial(const Host& grant) {
    if (Status noted = note(); !noted) {
      inside_.reset();
      return noted.error();
    }
    auto dialled = session_.dialler.dial(grant, name());
    if (!dialled) {
      inside_.reset();
      return dialled.error();
    }
    flow_.entry.address = dialled->address.text();
    return Stream(std::move(dialled->fd));
  }

  // Before anything goes out, be it the question where the host is.
  Status note() {
    std::vector<std::string> secrets;
    for (const Swap& swap : swaps_) secrets.push_back(swap.name);
    WEIR_TRY_ASSIGN(index, session_.notary->opening(flow_.entry, std::move(secrets)));
    if (index) flow_.noted = static_cast<int64_t>(*index);
    return {};
  }

  Status pass(const Host& grant, bool http) {
    WEIR_TRY_ASSIGN(outside, dial(grant));
    if (!http) return pump(inside_, outside, flow_.counts, nullptr, nullptr);
    Requests requests({.host = name(), .port = grant.port, .foreign = foreign_});
    Replies replies({});
    const Status done = pump(inside_, outside, flow_.counts, &requests, &replies);
    flow_.entry.requests = requests.count();
    return done;
  }

  // TLS ends here and begins anew, so that the secret can be put in.
  Status intercept(const Host& grant, SSL_CTX* own) {
    WEIR_TRY_ASSIGN(outside, dial(grant));
    std::string why;
    SSL* to = client_session(session_.upstream.get(), name());
    if (to == nullptr || !outside.secure(to, false, why)) {
      inside_.write(kTlsAlert);
      inside_.end_writing();
      return unavailable(fmt::format("no TLS with {}: {}", name(), why));
    }
    SSL* from = SSL_new(own);
    if (from == nullptr || !inside_.secure(from, true, why))
      return unavailable(
          fmt::format("no TLS inside the sandbox: {} (does the program trust SSL_CERT_FILE?)", why));
    Requests requests(
        {.host = name(), .port = grant.port, .tls = true, .swaps = swaps_, .foreign = foreign_});
    Replies replies(swaps_);
    const Status done = pump(inside_, outside, flow_.counts, &requests, &replies);
    flow_.entry.requests = requests.count();
    if (requests.swapped()) {
      for (const Swap& swap : swaps_)
        flow_.entry.secret += (flow_.entry.secret.empty() ? "" : ",") + swap.name;
    }
    return done;
  }

  Session& session_;
  Stream inside_;
  Flow& flow_;
  std::vector<Swap> swaps_, foreign_;
};

}  // namespace

const Host* Session::grant(const std::string& name, uint16_t port) const {
  const auto at = std::find_if(hosts.begin(), hosts.end(),
                               [&](const Host& host) { return host.port == port && host.matches(name); });
  return at == hosts.end() ? nullptr : &*at;
}

bool Session::knows(const std::string& name) const {
  return std::any_of(hosts.begin(), hosts.end(), [&](const Host& host) { return host.matches(name); });
}

void place(int client, const Session& session, Entry& entry) {
  const Address address = asked_for(client, entry.port);
  entry.host = session.names.behind(address);
}

void serve(Session& session, Fd client, Flow& flow) {
  const Status done = Server(session, std::move(client), flow).run();
  flow.entry.allowed = done.has_value() || done.error().code != Code::denied;
  if (!done) flow.entry.why = done.error().message;
  if (!flow.entry.allowed && flow.noted < 0) session.notary->refused(flow.entry);
}

}  // namespace weir::egress
