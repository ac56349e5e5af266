#include "gateway/running.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include "gateway/gateway.h"
#include "gateway/skills.h"
#include "ledger/files.h"
#include "ledger/log.h"

namespace weir::gateway {

namespace {

// Holds a folder while tokens and key are read or made: of two weirs that start at once on a new folder one
// would otherwise sign with a key that the other has overwritten. Where it cannot be locked nothing is held.
class FolderLock {
 public:
  explicit FolderLock(const std::string& dir) : fd_(open(dir.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {
    if (fd_ >= 0) flock(fd_, LOCK_EX);
  }
  ~FolderLock() {
    if (fd_ >= 0) close(fd_);
  }
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;

 private:
  const int fd_;
};

}  // namespace

// In the order of making; the destructor goes the other way.
struct Running::Parts {
  SystemClock clock;
  SystemRandom random;
  ledger::PosixFiles files;
  Tokens tokens;
  std::unique_ptr<ledger::Log> log;
  std::unique_ptr<StoreThread> store;
  std::unique_ptr<Gateway> gateway;
  uint16_t port = 0;
};

Running::Running(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

Running::~Running() {
  if (parts_->gateway) parts_->gateway->close();
  // The threads post to the loop; they end before what their answers belong to does.
  parts_->log.reset();
  parts_->store.reset();
}

Result<std::unique_ptr<Running>> Running::start(RunningOptions options) {
  auto parts = std::make_unique<Parts>();
  net::Loop& loop = *options.loop;
  const auto post = [&loop](std::function<void()> job) { loop.post(std::move(job)); };
  options.config.data_dir = options.data_dir;
  auto lock = std::make_unique<FolderLock>(options.data_dir);
  auto tokens = load_tokens(options.data_dir, parts->random);
  if (!tokens) return tokens.error();
  parts->tokens = std::move(*tokens);
  auto key =
      ledger::Key::load_or_create(parts->files, options.data_dir + "/ledger.key", "weir", parts->random);
  if (!key) return key.error();
  lock.reset();
  ledger::LogOptions log_options;
  log_options.post = post;
  log_options.check_all = false;
  auto log =
      ledger::Log::open(parts->files, options.data_dir + "/ledger", std::move(*key), std::move(log_options));
  if (!log) return log.error();
  parts->log = std::move(*log);
  auto store = Store::open(options.data_dir + "/store.db");
  if (!store) return store.error();
  auto remembered = load_memory(**store, parts->clock.now().wall_ms);
  if (!remembered) return remembered.error();
  auto skills = load_skills(**store, options.config.skills, options.home, parts->clock.now().wall_ms);
  if (!skills) return skills.error();
  remembered->skills = std::move(*skills);
  parts->store = std::make_unique<StoreThread>(std::move(*store), post);
  trace::Key trace_key{};
  parts->random.fill(trace_key);
  const Environment environment{loop,
                                parts->clock,
                                parts->random,
                                *parts->log,
                                *parts->store,
                                std::move(options.dial),
                                std::move(options.read_config),
                                std::move(options.sandboxes)};
  parts->gateway = std::make_unique<Gateway>(environment, std::move(options.config), parts->tokens, trace_key,
                                             std::move(*remembered));
  auto port = parts->gateway->listen();
  if (!port) return port.error();
  parts->port = *port;
  return std::unique_ptr<Running>(new Running(std::move(parts)));
}

uint16_t Running::port() const {
  return parts_->port;
}
const std::string& Running::client_token() const {
  return parts_->tokens.client;
}
const std::string& Running::person_token() const {
  return parts_->tokens.person;
}
Gateway& Running::gateway() {
  return *parts_->gateway;
}

}  // namespace weir::gateway
