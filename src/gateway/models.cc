#include "gateway/models.h"

#include "wire/translate/models.h"
#include "wire/translate/translate.h"

namespace weir::gateway {
namespace {

constexpr size_t kListBytesMax = size_t{4} << 20;

// OpenAI's APIs share one list.
exchange::Dialect family(exchange::Dialect dialect) {
  return dialect == exchange::Dialect::responses ? exchange::Dialect::chat_completions : dialect;
}

// A GET that carries no content: passes as it is, or as the client's API lists models.
struct Passing : std::enable_shared_from_this<Passing> {
  std::shared_ptr<net::ServerCall> call;
  std::unique_ptr<net::Fetch> fetch;
  exchange::Dialect client = exchange::Dialect::chat_completions;
  bool translates = false;
  int status = 0;
  net::Headers headers;
  std::string body;

  void refuse(const Error& error) const {
    if (call->started()) return call->abort();
    if (call->closed()) return;
    call->respond(wire::http_status(error), {{"content-type", "application/json"}},
                  wire::error_body(client, error));
  }
  void on_head(int head_status, net::Headers head) {
    net::remove_hop_by_hop(head);
    status = head_status;
    headers = std::move(head);
    if (!translates) call->start(status, headers);
  }
  void on_data(std::string_view bytes) {
    if (!translates) {
      call->write(bytes);
    } else if (body.size() + bytes.size() <= kListBytesMax) {
      body += bytes;
    } else {
      status = 502;
    }
  }
  void on_end() {
    if (!translates) return call->finish();
    const net::Headers json{{"content-type", "application/json"}};
    if (status < 200 || status >= 300)
      return call->respond(status, json, wire::translate::error_reply(client, status, body));
    auto list = wire::translate::models_reply(client, body);
    if (!list) return refuse(list.error());
    call->respond(200, json, std::move(*list));
  }
};

const config::Upstream* choose(const config::Config& config, exchange::Dialect dialect) {
  // What else stands in these lists has no place in another API's.
  const bool own = dialect == exchange::Dialect::ollama || dialect == exchange::Dialect::gemini;
  const config::Upstream* chosen = nullptr;
  for (const config::Upstream& each : config.upstreams) {
    if (own && each.dialect != dialect) continue;
    if (chosen == nullptr || (family(each.dialect) == dialect && family(chosen->dialect) != dialect))
      chosen = &each;
  }
  return chosen;
}

}  // namespace

void pass_models(Gateway& gateway, const std::shared_ptr<net::ServerCall>& call, const Route& route) {
  auto passing = std::make_shared<Passing>();  // held by the callbacks until the last of them has run
  passing->call = call;
  passing->client = family(route.dialect);
  const config::Upstream* upstream = choose(gateway.config(), passing->client);
  if (upstream == nullptr)
    return passing->refuse(
        Error{Code::not_found, "no upstream is configured", {}, "add an [upstream.NAME] to weir.toml"});
  passing->translates = family(upstream->dialect) != passing->client;
  std::string path = route.path;
  // How a list goes on is said differently by each API.
  if (passing->translates)
    path = wire::translate::models_path(upstream->dialect, path.substr(0, path.find('?')));
  auto url = net::parse_url(upstream->url + path);
  if (!url) return passing->refuse(url.error());
  net::ClientRequest request{call->method(), std::move(*url), call->headers(), std::move(call->body())};
  net::remove_hop_by_hop(request.headers);
  for (const std::string_view name : {"host", "weir-token", "weir-session", "accept-encoding"})
    request.headers.remove(name);
  if (passing->translates && upstream->dialect == exchange::Dialect::messages)
    request.headers.set("anthropic-version", "2023-06-01");
  gateway.authorize(*upstream, request.headers);
  call->on_closed([weak = std::weak_ptr<Passing>(passing)] {
    if (const auto self = weak.lock()) self->fetch.reset();
  });
  passing->fetch = gateway.client_for(*upstream).fetch(
      std::move(request),
      {[passing](int status, net::Headers headers) { passing->on_head(status, std::move(headers)); },
       [passing](std::string_view bytes) { passing->on_data(bytes); }, [passing] { passing->on_end(); },
       [passing](const Error& error) { passing->refuse(error); }});
}

}  // namespace weir::gateway
