#include "net/client.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "net/client_connection.h"

namespace weir::net {
namespace {

constexpr int64_t kSweepMsMax = 1'000;

void sweep(const std::shared_ptr<ClientState>& state) {
  const int64_t now_ms = mono_ms();
  // A callback may end any connection, so none may be in a list that changes.
  std::vector<std::shared_ptr<ClientConnection>> all;
  all.reserve(state->connections.size());
  for (ClientConnection* connection : state->connections) {
    all.push_back(std::static_pointer_cast<ClientConnection>(connection->shared_from_this()));
  }
  for (const auto& connection : all) {
    if (!connection->gone()) connection->sweep(now_ms);
  }
}

void sweep_later(const std::shared_ptr<ClientState>& state) {
  const ClientOptions& options = state->options;
  const int64_t shortest =
      std::min({options.connect_timeout_ms, options.idle_timeout_ms, options.keep_alive_ms});
  state->sweep_timer =
      state->loop.after(std::clamp<int64_t>(shortest / 4, 10, kSweepMsMax), [weak = std::weak_ptr(state)] {
        const auto strong = weak.lock();
        if (!strong) return;
        sweep_later(strong);
        sweep(strong);
      });
}

}  // namespace

namespace {

// Out of the pool: the connection used last, or of those that may be trusted with what must not be sent
// twice.
std::shared_ptr<ClientConnection> take_kept(ClientState& client, const std::string& key, bool once) {
  const auto found = client.kept.find(key);
  if (found == client.kept.end()) return nullptr;
  auto& pool = found->second;
  const int64_t now_ms = mono_ms();
  const auto chosen = std::find_if(pool.rbegin(), pool.rend(),
                                   [&](const auto& each) { return !once || each->surely_open(now_ms); });
  if (chosen == pool.rend()) return nullptr;
  auto connection = std::move(*chosen);
  pool.erase(std::next(chosen).base());
  if (pool.empty()) client.kept.erase(found);
  return connection;
}

}  // namespace

void start_fetch(const std::shared_ptr<FetchState>& fetch, bool fresh) {
  ClientState& client = *fetch->client;
  const Url& url = fetch->request.url;
  std::string key = url.scheme + "://" + url.authority();
  if (auto kept = fresh ? nullptr : take_kept(client, key, !fetch->request.replayable)) {
    fetch->connection = std::move(kept);
    fetch->connection->reuse(fetch);
    return;
  }
  fetch->connection = std::make_shared<ClientConnection>(fetch->client, std::move(key));
  fetch->connection->connect(fetch);
}

Fetch::Fetch(std::shared_ptr<FetchState> state) : state_(std::move(state)) {}

Fetch::~Fetch() {
  const auto connection = state_->connection;
  if (connection) connection->cancel();
}

void Fetch::pause() {
  state_->paused = true;
}

void Fetch::resume() {
  if (!std::exchange(state_->paused, false) || !state_->connection) return;
  state_->client->loop.post([weak = std::weak_ptr(state_)] {
    const auto state = weak.lock();
    const auto connection = state ? state->connection : nullptr;
    if (connection) connection->resumed();
  });
}

Client::Client(Loop& loop, ClientOptions options)
    : state_(std::make_shared<ClientState>(loop, std::move(options))) {
  sweep_later(state_);
}

Client::~Client() {
  state_->sweep_timer.cancel();
  while (!state_->connections.empty()) {
    const auto connection = state_->connections.back()->shared_from_this();
    static_cast<ClientConnection&>(*connection).cancel();
  }
}

std::unique_ptr<Fetch> Client::fetch(ClientRequest request, FetchHandler handler) {
  auto state = std::make_shared<FetchState>();
  state->client = state_;
  state->request = std::move(request);
  state->handler = std::move(handler);
  start_fetch(state, false);
  return std::unique_ptr<Fetch>(new Fetch(std::move(state)));
}

void Client::send_off(ClientRequest request) {
  auto state = std::make_shared<FetchState>();
  state->client = state_;
  state->request = std::move(request);
  start_fetch(state, false);  // the connection keeps it
}

size_t Client::kept_connections() const {
  size_t count = 0;
  for (const auto& [key, pool] : state_->kept) count += pool.size();
  return count;
}

size_t Client::working() const {
  return state_->connections.size() - kept_connections();
}

}  // namespace weir::net
