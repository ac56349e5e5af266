#include "gateway/gateway.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/limits.h"
#include "egress/start.h"
#include "gateway/admin.h"
#include "gateway/conversations.h"
#include "gateway/forms.h"
#include "gateway/mcp/dial.h"
#include "gateway/mcp/endpoint.h"
#include "gateway/models.h"
#include "gateway/page/page.h"
#include "gateway/responses.h"
#include "gateway/turn.h"
#include "label/label_json.h"

namespace weir::gateway {
namespace {

constexpr int64_t kTickMs = 250;
constexpr int64_t kDrainLookMs = 20;
constexpr size_t kEmittedAtStart = 200'000;  // of what the planner wrote, the newest
constexpr size_t kVaultsAtStart = 1'000;     // sessions in seal mode, the newest

// A page that weir itself served, or a tool on this machine that says so. Names other than these could be
// made to point here (DNS rebinding).
bool is_own_origin(std::string_view origin, std::string_view host, uint16_t port) {
  if (origin != fmt::format("http://{}", host)) return false;
  for (const std::string_view name : {"localhost", "127.0.0.1", "[::1]"}) {
    if (host == fmt::format("{}:{}", name, port)) return true;
  }
  return false;
}

// Event streams of MCP servers live as long as their sessions; what one message may be, the links bound.
net::ClientOptions mcp_client_options() {
  net::ClientOptions options;
  options.response_bytes_max = limits::kMcpStreamBytesMax;
  options.kept_connections_max = 4;  // requests go out on fresh ones, because they must not be sent twice
  return options;
}

}  // namespace

Result<Remembered> load_memory(Store& store, int64_t now_wall_ms) {
  Remembered memory;
  WEIR_TRY_ASSIGN(grants, store.grants(now_wall_ms));
  for (const StoredGrant& stored : grants) {
    const auto document = json::parse(stored.json);
    if (!document) continue;
    if (auto grant = session::parse_grant(document->root())) {
      memory.grants.push_back(std::move(*grant));
    } else if (auto vouch = session::parse_vouch(document->root())) {
      memory.vouches.push_back(std::move(*vouch));
    }
  }
  // What cannot be read any more is as if it had been forgotten: the worse label.
  WEIR_TRY(store.each_emitted(kEmittedAtStart, [&](const Digest& key, std::string_view label) {
    if (auto parsed = parse_label(label)) memory.emitted.emplace_back(key, std::move(*parsed));
  }));
  WEIR_TRY(store.each_place([&](std::string_view place, std::string_view label) {
    if (auto parsed = parse_label(label)) memory.places.emplace_back(place, std::move(*parsed));
  }));
  WEIR_TRY(store.each_shadow([&](const Digest& key, std::string_view value) {
    if (auto shadow = parse_shadow(value)) memory.shadow.put(key, std::move(*shadow));
  }));
  WEIR_TRY_ASSIGN(sessions, store.sessions(kVaultsAtStart));
  for (StoredSession& session : sessions)
    memory.vaults.emplace_back(std::move(session.id), std::move(session.json));
  WEIR_TRY_ASSIGN(pins, load_pins(store));
  memory.pins = std::move(pins);
  return memory;
}

Gateway::Gateway(Environment environment, config::Config config, Tokens tokens, const trace::Key& key,
                 Remembered remembered)
    : environment_(environment),
      config_(std::make_shared<const config::Config>(std::move(config))),
      tokens_(std::move(tokens)),
      workspace_(key),
      shadow_(std::move(remembered.shadow)),
      grants_(std::move(remembered.grants)),
      recorder_(environment_.log, environment_.store, environment_.clock),
      pins_(recorder_, environment_.store, std::move(remembered.pins)),
      vouches_(*this, config_->trust),
      asks_(*this),
      mcp_client_(environment_.loop, mcp_client_options()) {
  for (const auto& [digest, label] : remembered.emitted)
    workspace_.restore_emitted({digest, workspace_.labels().intern(label)});
  // One that cannot be read is as if it had never been: its references are refused.
  for (const auto& [session, json] : remembered.vaults) {
    if (auto vault = seal::Vault::parse(json, workspace_.labels()))
      workspace_.restore_vault(session, std::move(*vault));
  }
  for (const auto& [place, label] : remembered.places)
    workspace_.places().restore({place, workspace_.labels().intern(label)});
  vouches_.restore(std::move(remembered.vouches));
  workspace_.set_skills(std::move(remembered.skills));
  net::ServerOptions options;
  options.error_body = [](int, std::string_view message) {
    return wire::error_body(exchange::Dialect::chat_completions, bad_input(std::string(message)));
  };
  server_ = std::make_unique<net::Server>(environment_.loop, std::move(options),
                                          [this](std::shared_ptr<net::ServerCall> call) { handle(call); });
  mcp_ = std::make_unique<mcp::Endpoint>(
      *this, environment_.dial
                 ? environment_.dial
                 : mcp::make_dial(environment_.loop, mcp_client_, {config_->file, config_->data_dir},
                                  config_->data_dir.empty() ? std::string()
                                                            : config_->data_dir + "/" + egress::kRecordName,
                                  environment_.sandboxes));
  pins_.on_accepted([this](const std::string& server) {
    if (mcp_) mcp_->pins_changed(server);
  });
  tick();
}

Gateway::~Gateway() = default;

Result<uint16_t> Gateway::listen() {
  WEIR_TRY_ASSIGN(port, server_->listen(config_->listen_host, config_->listen_port));
  port_ = port;
  if (config_->on_loopback())
    asks_.offer_links(
        fmt::format("http://{}:{}", config_->listen_host == "::1" ? "[::1]" : config_->listen_host, port));
  return port;
}

Result<Reloaded> Gateway::reload() {
  if (!environment_.read_config) return unsupported("this weir was started without a configuration file");
  WEIR_TRY_ASSIGN(read, environment_.read_config());
  if (read.listen_host != config_->listen_host || read.listen_port != config_->listen_port)
    return bad_input("a running weir cannot listen elsewhere", "listen", "restart weir");
  if (read.data_dir != config_->data_dir)
    return bad_input("a running weir keeps its data folder", "data_dir", "restart weir");
  config_ = std::make_shared<const config::Config>(std::move(read));
  vouches_.configure(config_->trust);
  asks_.configure();
  return mcp_ ? mcp_->reconfigure() : Reloaded{};
}

void Gateway::drain(int64_t grace_ms, std::function<void()> done) {
  if (drain_) return;
  server_->close();
  drain_.emplace(Drain{now().mono_ms + grace_ms, std::move(done), {}});
  look_for_end();
}

void Gateway::look_for_end() {
  const bool over = turns() == 0 && (!mcp_ || mcp_->idle());
  if (over || now().mono_ms >= drain_->until_ms) return drain_->done();
  drain_->look = environment_.loop.after(kDrainLookMs, [this] { look_for_end(); });
}

void Gateway::close() {
  server_->close();
  mcp_.reset();
  recorder_.flush();
  save_memory();
}

net::Client& Gateway::client_for(const config::Upstream& upstream) {
  std::unique_ptr<net::Client>& client = clients_[upstream.ca_file];
  if (!client) {
    net::ClientOptions options;
    options.ca_file = upstream.ca_file;
    client = std::make_unique<net::Client>(environment_.loop, std::move(options));
  }
  return *client;
}

void Gateway::authorize(const config::Upstream& upstream, net::Headers& headers) const {
  if (upstream.key_source == config::KeySource::client) return;
  headers.remove("authorization");
  headers.remove("x-api-key");
  headers.remove("x-goog-api-key");
  if (upstream.key_source == config::KeySource::none) return;
  if (upstream.dialect == exchange::Dialect::messages) {
    headers.set("x-api-key", upstream.key);
  } else if (upstream.dialect == exchange::Dialect::gemini) {
    headers.set("x-goog-api-key", upstream.key);
  } else {
    headers.set("authorization", "Bearer " + upstream.key);
  }
}

void Gateway::handle(const std::shared_ptr<net::ServerCall>& call) {
  std::string target = call->target();
  if (target.starts_with("/a/")) return page::handle(*this, call);
  std::string token = take_token_prefix(target);
  take_query_key(target, call->headers());
  const net::Headers& headers = call->headers();
  if (token.empty()) token = headers.find("weir-token").value_or("");
  if (token.empty()) token = bearer(headers.find("authorization").value_or(""));
  if (token.empty()) token = headers.find("x-api-key").value_or("");
  if (token.empty()) token = headers.find("x-goog-api-key").value_or("");
  const std::string_view path = std::string_view(target).substr(0, target.find('?'));
  if (is_monitored(path)) return handle_monitor(*this, call, path, token);
  const bool at_mcp = target == "/mcp" || target.starts_with("/mcp?");
  // A page in a browser must not reach weir, whatever it knows: no API client sends Origin, and an MCP client
  // only weir's own.
  const auto origin = headers.find("origin");
  const bool browser =
      origin && !(at_mcp && is_own_origin(*origin, headers.find("host").value_or(""), port_));
  const bool person = !browser && equal_constant_time(token, tokens_.person);
  const bool client =
      !browser && (person || !config_->authenticate || equal_constant_time(token, tokens_.client));
  if (target.starts_with("/weir/")) {
    if (person) return handle_admin(*this, call, target);
  } else if (client) {
    return route(call, std::move(target));
  }
  if (at_mcp) {
    return call->respond(browser ? 403 : 401, {{"content-type", "application/json"}},
                         wire::mcp::error("null", wire::mcp::code::kInvalidRequest,
                                          browser ? "requests from web pages are refused"
                                                  : "the token is missing or wrong; `weir token` prints it"));
  }
  const Error error{Code::denied,
                    browser ? "requests from web pages are refused" : "the token is missing or wrong",
                    {},
                    "weir token prints it"};
  call->respond(401, {{"content-type", "application/json"}},
                wire::error_body(dialect_at(target, headers), error));
}

void Gateway::route(const std::shared_ptr<net::ServerCall>& call, std::string target) {
  const std::string path = target.substr(0, target.find('?'));
  if (path == "/mcp" && mcp_) return mcp_->handle(call);
  if (path == "/v1/responses" || path.starts_with("/v1/responses/"))
    return handle_responses(*this, call, std::move(target));
  if (path == "/v1/conversations" || path.starts_with("/v1/conversations/"))
    return handle_conversations(*this, call, target);
  if (auto turn = turn_route(call->method(), target)) {
    std::make_shared<Turn>(*this, call, turn->dialect, std::move(turn->path))->start();
    return;
  }
  if (const auto passing = passing_route(call->method(), target, call->headers()))
    return pass_models(*this, call, *passing);
  if (path == "/" && (call->method() == "GET" || call->method() == "HEAD")) {
    return call->respond(200, {{"content-type", "text/plain"}},
                         "weir\n");  // clients probe whether somebody is there
  }
  const Error error{Code::not_found,
                    fmt::format("weir does not know {} {}", call->method(), shown(path)),
                    {},
                    "what it does not know it cannot guard; it refuses it"};
  call->respond(404, {{"content-type", "application/json"}},
                wire::error_body(dialect_at(target, call->headers()), error));
}

std::string Gateway::new_grant_id() {
  std::array<uint8_t, 6> bytes{};
  environment_.random.fill(bytes);
  return "g" + to_hex({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

void Gateway::add_grant(session::Grant grant, std::function<void(Status)> done) {
  const int64_t expires = grant.expires_wall_ms.value_or(INT64_MAX);
  const StoredGrant stored{grant.id, session::grant_json(grant), expires};
  recorder_.grant(grant, false, [this, stored, grant, done = std::move(done)](const Result<uint64_t>& entry) {
    if (!entry) return done(entry.error());
    environment_.store.write(
        [stored, now = now().wall_ms](Store& store) { return store.put_grant(stored, now); },
        [this, grant, done](const Status& status) {
          if (status) grants_.push_back(grant);
          done(status);
        });
  });
}

void Gateway::remove_grant(const std::string& id, std::function<void(Result<bool>)> done) {
  const auto at = std::find_if(grants_.begin(), grants_.end(),
                               [&](const session::Grant& grant) { return grant.id == id; });
  if (at == grants_.end()) return done(false);
  const session::Grant grant = *at;
  // It stops counting at once; only then is that made durable.
  grants_.erase(at);
  recorder_.grant(grant, true, [](const Result<uint64_t>&) {});
  environment_.store.run<bool>([id](Store& store) { return store.remove_grant(id); }, std::move(done));
}

void Gateway::use_up(const std::string& id) {
  std::erase_if(grants_, [&](const session::Grant& grant) { return grant.id == id; });
  environment_.store.run<bool>([id](Store& store) { return store.remove_grant(id); },
                               [](const Result<bool>&) {});
}

void Gateway::remember_shadow(const Digest& prefix, wire::Shadow shadow) {
  environment_.store.write(
      [prefix, json = shadow_json(shadow)](Store& store) { return store.put_shadow(prefix, json); });
  shadow_.put(prefix, std::move(shadow));
}

void Gateway::save_memory() {
  std::vector<Emitted> emitted;
  std::unordered_map<LabelId, std::string> texts;  // a conversation's parts have few labels between them
  for (const auto& part : workspace_.drain_emitted()) {
    std::string& text = texts[part.label];
    if (text.empty()) text = label_json(workspace_.labels().get(part.label));
    emitted.push_back({part.digest, text});
  }
  std::vector<std::pair<std::string, std::string>> places;
  for (const auto& place : workspace_.places().drain_new())
    places.emplace_back(place.name, label_json(workspace_.labels().get(place.label)));
  auto vaults = workspace_.drain_vaults();
  if (emitted.empty() && places.empty() && vaults.empty()) return;
  environment_.store.write([emitted = std::move(emitted), places = std::move(places),
                            vaults = std::move(vaults), wall_ms = now().wall_ms](Store& store) -> Status {
    WEIR_TRY(store.put_emitted(emitted));
    for (const auto& [session, json] : vaults) WEIR_TRY(store.put_session({session, json, wall_ms}));
    for (const auto& [place, label] : places) WEIR_TRY(store.put_place(place, label));
    return {};
  });
}

void Gateway::tick() {
  asks_.expire();
  vouches_.expire();
  recorder_.flush();
  save_memory();
  const int64_t wall = now().wall_ms;
  std::erase_if(grants_, [&](const session::Grant& grant) { return grant.expired(wall); });
  tick_ = environment_.loop.after(kTickMs, [this] { tick(); });
}

}  // namespace weir::gateway
