#include "egress/relay.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <openssl/rand.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <list>
#include <thread>

#include "base/json.h"
#include "egress/dns.h"
#include "egress/flow.h"
#include "egress/limits.h"
#include "net/http.h"

namespace weir::egress {
namespace {

using sandbox::Fd;
using sandbox::Host;
using sandbox::Secret;

constexpr int kFullMs = 20;  // how soon to look again when there are as many connections as may be

Result<std::string> read_secret(const Secret& secret) {
  std::string out;
  if (const char* handed = std::getenv(secret_variable(secret).c_str())) {
    out = handed;
  } else if (!secret.env.empty()) {
    const char* value = std::getenv(secret.env.c_str());
    if (value == nullptr || *value == '\0')
      return unavailable(fmt::format("the secret {} is to be in the variable {}, which is not set",
                                     secret.name, secret.env));
    out = value;
  } else {
    const Fd file(open(secret.file.c_str(), O_RDONLY | O_CLOEXEC));
    out.resize(kSecretBytesMax + 2);
    const ssize_t got = file.open() ? read(file.get(), out.data(), out.size()) : -1;
    if (got < 0)
      return unavailable(fmt::format("the secret {} cannot be read from {}: {}", secret.name, secret.file,
                                     std::strerror(errno)));
    out.resize(static_cast<size_t>(got));
  }
  while (out.ends_with('\n') || out.ends_with('\r')) out.pop_back();
  if (out.size() < kSecretBytesMin || out.size() > kSecretBytesMax)
    return unavailable(
        fmt::format("the secret {} has {} bytes; from {} to {} can be told apart from other text",
                    secret.name, out.size(), kSecretBytesMin, kSecretBytesMax));
  if (!net::is_field_value(out))
    return unavailable(fmt::format("the secret {} holds control characters", secret.name));
  return out;
}

// As long as the secret, so that what measures it sees no difference; guessing it gives nothing.
std::string make_stand_in(size_t size) {
  static constexpr char kLetters[] = "abcdefghijklmnopqrstuvwxyz234567";
  std::string out(size, '\0');
  RAND_bytes(reinterpret_cast<unsigned char*>(out.data()), static_cast<int>(out.size()));
  for (char& c : out) c = kLetters[static_cast<uint8_t>(c) % 32];
  return out;
}

class Relay {
 public:
  Relay(int door, const Options& options)
      : door_(door),
        options_(options),
        record_(options.profile, options.program, options.record),
        notary_(options.ledger, options.program) {
    record_.quiet = options.quiet;
    session_.hosts = options.hosts;
    session_.any = options.any;
    session_.record = &record_;
    session_.notary = &notary_;
  }

  int run() {
    if (const Status ready = prepare(); !ready) {
      json::Writer out;
      out.begin_object().field("error", ready.error().message).field("hint", ready.error().hint).end_object();
      say(out.take());
      return 1;
    }
    if (!receive()) return 0;
    while (true) {
      std::vector<pollfd> waits = {{door_, 0, 0}, {sockets_.front().get(), POLLIN, 0}};
      const bool full = active_ >= kConnectionsMax;
      for (size_t i = 1; i < sockets_.size(); ++i)
        waits.push_back({full ? -1 : sockets_[i].get(), POLLIN, 0});
      if (poll(waits.data(), waits.size(), full ? kFullMs : -1) < 0 && errno != EINTR) return 1;
      if (waits[0].revents != 0) return finish();
      if (waits[1].revents != 0) answer_names();
      for (size_t i = 1; i < sockets_.size(); ++i) {
        if (waits[i + 1].revents != 0) accept_from(sockets_[i].get());
      }
    }
  }

 private:
  Status prepare() {
    json::Writer greeting;
    greeting.begin_object().key("env").begin_object();
    std::vector<std::string> names;
    for (const Secret& secret : options_.secrets) {
      WEIR_TRY_ASSIGN(text, read_secret(secret));
      const std::string stand_in = make_stand_in(text.size());
      session_.secrets.push_back({{secret.name, stand_in, std::move(text)}, secret.host});
      greeting.field(secret.name, stand_in);
      names.push_back(secret.host.name);
    }
    greeting.end_object();
    if (!names.empty()) {
      WEIR_TRY_ASSIGN(certificates, Certificates::make(names));
      WEIR_TRY_ASSIGN(upstream, client_context());
      session_.certificates = std::move(certificates);
      session_.upstream = std::move(upstream);
      greeting.field("authority", session_.certificates.authority_pem());
    }
    greeting.end_object();
    say(greeting.take());
    return {};
  }

  void say(const std::string& text) const { send(door_, text.data(), text.size(), MSG_NOSIGNAL); }

  // False when the sandbox ended before it began.
  bool receive() {
    char byte = 0;
    iovec bytes{&byte, 1};
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int) * 253)] = {};
    msghdr message{};
    message.msg_iov = &bytes;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = sizeof(control);
    ssize_t got = 0;
    do got = recvmsg(door_, &message, MSG_CMSG_CLOEXEC);
    while (got < 0 && errno == EINTR);
    if (got != 1) return false;
    for (cmsghdr* head = CMSG_FIRSTHDR(&message); head != nullptr; head = CMSG_NXTHDR(&message, head)) {
      if (head->cmsg_type != SCM_RIGHTS) continue;
      const size_t count = (head->cmsg_len - CMSG_LEN(0)) / sizeof(int);
      for (size_t i = 0; i < count; ++i) {
        int fd = -1;
        std::memcpy(&fd, CMSG_DATA(head) + i * sizeof(int), sizeof(fd));
        sockets_.emplace_back(fd);
      }
    }
    return sockets_.size() > 1;
  }

  void answer_names() {
    for (int i = 0; i < 64; ++i) {  // then the others' turn
      char packet[kDnsPacketBytesMax + 1];
      sockaddr_storage from{};
      socklen_t size = sizeof(from);
      const ssize_t got = recvfrom(sockets_.front().get(), packet, sizeof(packet), MSG_DONTWAIT,
                                   reinterpret_cast<sockaddr*>(&from), &size);
      if (got < 0) return;
      const auto question = parse_query({packet, static_cast<size_t>(got)});
      if (!question) continue;
      const std::string answer = answer_to(*question);
      sendto(sockets_.front().get(), answer.data(), answer.size(), MSG_DONTWAIT,
             reinterpret_cast<const sockaddr*>(&from), size);
    }
  }

  std::string answer_to(const Question& question) {
    const bool granted = !question.name.empty() && session_.knows(question.name);
    if (!granted) {
      const std::string shown_name = question.name.empty() ? "a name that is none" : question.name;
      if (names_refused_.size() < kSaidMax && names_refused_.insert(shown_name).second)
        refuse_name({.host = shown_name, .allowed = false, .why = "it is not in the profile's `net`"});
      return answer_no_name(question);
    }
    if (question.type != kTypeA) return answer_no_data(question);
    const auto address = session_.names.address_of(question.name);
    return address ? answer_address(question, *address) : answer_no_name(question);
  }

  void refuse_name(const Entry& entry) {
    record_.add(entry);
    notary_.refused(entry);
  }

  void ended(const Flow& flow, const Entry& entry) {
    record_.add(entry);
    if (flow.noted >= 0) notary_.ended(static_cast<uint64_t>(flow.noted.load()), entry);
  }

  void accept_from(int listener) {
    forget_ended();
    while (active_ < kConnectionsMax) {
      Fd client(accept4(listener, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
      if (!client.open()) return;
      auto flow = std::make_shared<Flow>();
      place(client.get(), session_, flow->entry);
      flows_.push_back({flow, flow->entry});
      ++active_;
      try {
        std::thread([this, flow, fd = client.get()] {
          serve(session_, Fd(fd), *flow);
          flow->entry.out_bytes = flow->counts.out;
          flow->entry.in_bytes = flow->counts.in;
          ended(*flow, flow->entry);
          flow->ended = true;
          --active_;
        }).detach();
        client.release();
      } catch (const std::system_error&) {  // no more threads: the connection breaks
        flow->ended = true;
        --active_;
      }
    }
  }

  void forget_ended() {
    flows_.remove_if([](const Open& open) { return open.flow->ended.load(); });
  }

  // What is still open is recorded as far as it has come.
  int finish() {
    for (const Open& open : flows_) {
      if (open.flow->ended) continue;
      Entry entry = open.entry;
      entry.out_bytes = open.flow->counts.out;
      entry.in_bytes = open.flow->counts.in;
      if (entry.out_bytes + entry.in_bytes > 0) ended(*open.flow, entry);
    }
    return 0;
  }

  struct Open {
    std::shared_ptr<Flow> flow;  // shared with its thread
    Entry entry;                 // as it began
  };

  const int door_;
  const Options& options_;
  Record record_;
  Notary notary_;
  Session session_;
  std::vector<Fd> sockets_;
  std::list<Open> flows_;
  std::set<std::string> names_refused_;
  std::atomic<size_t> active_ = 0;
};

}  // namespace

int relay(int door, const Options& options) {
  // Threads use it until the process ends, by _exit.
  auto* const relay = new Relay(door, options);
  return relay->run();
}

}  // namespace weir::egress
