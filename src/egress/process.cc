#include "egress/process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/close_range.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "base/json.h"
#include "egress/relay.h"
#include "sandbox/fd.h"

namespace weir::egress {
namespace {

constexpr char kAuthority[] = "/etc/weir/authority.pem";
constexpr char kBundle[] = "/etc/weir/authorities.pem";
constexpr int kLedger = 4;  // its descriptor in the egress process
constexpr size_t kGreetingBytesMax = size_t{64} << 10;
// Beside what the environment says.
constexpr const char* kSystemBundles[] = {"/etc/ssl/certs/ca-certificates.crt",
                                          "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/ca-bundle.pem",
                                          "/etc/ssl/cert.pem"};
// One certificate more, and all of them.
constexpr const char* kOneMore[] = {"NODE_EXTRA_CA_CERTS", "DENO_CERT"};
constexpr const char* kAll[] = {"SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "GIT_SSL_CAINFO",
                                "PIP_CERT",      "CARGO_HTTP_CAINFO",  "AWS_CA_BUNDLE"};

std::string read_whole(const char* path) {
  const sandbox::Fd file(open(path, O_RDONLY | O_CLOEXEC));
  std::string out;
  char buffer[65536];
  for (ssize_t got = 0; file.open() && (got = read(file.get(), buffer, sizeof(buffer))) > 0;)
    out.append(buffer, static_cast<size_t>(got));
  return out;
}

std::string system_bundle() {
  if (const char* set = std::getenv("SSL_CERT_FILE")) {
    if (std::string text = read_whole(set); !text.empty()) return text;
  }
  for (const char* path : kSystemBundles) {
    if (std::string text = read_whole(path); !text.empty()) return text;
  }
  return {};
}

// What a copy of this process would still hold.
void wipe_variable(const std::string& name) {
  char* const value = std::getenv(name.c_str());
  if (value != nullptr) std::memset(value, 0, std::strlen(value));
}

[[noreturn]] void become_egress(int door, const Options& options) {
  setsid();
  prctl(PR_SET_NAME, "weir-egress");
  prctl(PR_SET_DUMPABLE, 0);
  prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  signal(SIGPIPE, SIG_IGN);
  const int kept = fcntl(door, F_DUPFD, 64);
  const int ledger = options.ledger < 0 ? -1 : fcntl(options.ledger, F_DUPFD, 64);
  if (kept < 0 || (options.ledger >= 0 && ledger < 0)) _exit(1);
  dup2(kept, 3);
  if (ledger >= 0) dup2(ledger, kLedger);
  const unsigned rest = ledger >= 0 ? kLedger + 1 : kLedger;
  close_range(rest, ~0U, 0);
  const int null = open("/dev/null", O_RDWR);
  dup2(null, STDIN_FILENO);
  dup2(null, STDOUT_FILENO);
  close_range(rest, ~0U, 0);
  Options mine = options;
  mine.ledger = ledger >= 0 ? kLedger : -1;
  _exit(relay(3, mine));
}

}  // namespace

std::string secret_variable(const sandbox::Secret& secret) {
  return "WEIR_SECRET_" + secret.name;
}

Result<Process> Process::start(const Options& options) {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
    return unavailable(fmt::format("no socket for a sandbox's network: {}", std::strerror(errno)));
  Process out;
  out.way_.door = ends[0];
  out.pid_ = fork();
  if (out.pid_ == 0) become_egress(ends[1], options);
  close(ends[1]);
  if (out.pid_ < 0)
    return unavailable(fmt::format("no process for a sandbox's network: {}", std::strerror(errno)));
  std::string text(kGreetingBytesMax, '\0');
  ssize_t got = 0;
  do got = recv(ends[0], text.data(), text.size(), 0);
  while (got < 0 && errno == EINTR);
  if (got <= 0) return unavailable("the process for a sandbox's network ended at once");
  text.resize(static_cast<size_t>(got));
  WEIR_TRY_ASSIGN(greeting, json::parse(text));
  const json::Value root = greeting.root();
  if (root["error"].is_string())
    return unavailable(std::string(root["error"].string_or("")), {}, std::string(root["hint"].string_or("")));
  for (const sandbox::Secret& secret : options.secrets) {
    out.env_[secret.name] = root["env"][secret.name].string_or("");
    wipe_variable(secret.env);
    wipe_variable(secret_variable(secret));
  }
  const std::string authority(root["authority"].string_or(""));
  if (authority.empty()) return out;
  out.way_.files = {{kAuthority, authority}, {kBundle, system_bundle() + authority}};
  for (const char* name : kOneMore) out.env_[name] = kAuthority;
  for (const char* name : kAll) out.env_[name] = kBundle;
  return out;
}

Process::Process(Process&& other) noexcept
    : way_(std::move(other.way_)), env_(std::move(other.env_)), pid_(std::exchange(other.pid_, -1)) {
  other.way_.door = -1;
}

Process::~Process() {
  if (way_.door >= 0) close(way_.door);
  if (pid_ > 0) waitpid(pid_, nullptr, 0);
}

}  // namespace weir::egress
