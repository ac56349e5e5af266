#include "gateway/admin.h"

#include <fmt/format.h>

#include <charconv>
#include <map>

#include "approval/card.h"
#include "base/limits.h"
#include "gateway/admin_answer.h"
#include "gateway/mcp/endpoint.h"
#include "gateway/pins_admin.h"
#include "gateway/vouches_admin.h"

namespace weir::gateway {
namespace {

void list_approvals(Gateway& gateway, const CallPtr& call) {
  json::Writer writer;
  writer.begin_object().key("pending").begin_array();
  for (const approval::Question& question : gateway.queue().questions()) {
    writer.raw(approval::ask_json(question, gateway.workspace().labels(), gateway.now(),
                                  gateway.asks().link(question.front()->question)));
  }
  answer_json(call, 200, writer.end_array().end_object().take());
}

void answer_approval(Gateway& gateway, const CallPtr& call, const std::string& id) {
  const auto body = json::parse(call->body());
  const auto answer = body ? approval::parse_answer((*body)["answer"].string_or("")) : std::nullopt;
  if (!answer)
    return answer_error(call,
                        bad_input("expected {\"answer\": …}", "/answer", "once, session, always or deny"));
  gateway.answer(id, *answer, [call](const Status& status) {
    if (!status) return answer_error(call, status.error());
    answer_json(call, 200, R"({"ok":true})");
  });
}

void list_grants(Gateway& gateway, const CallPtr& call) {
  json::Writer writer;
  writer.begin_object().key("grants").begin_array();
  for (const session::Grant& grant : gateway.grants()) writer.raw(session::grant_json(grant));
  answer_json(call, 200, writer.end_array().end_object().take());
}

void add_grant(Gateway& gateway, const CallPtr& call) {
  const auto body = json::parse(call->body());
  if (!body) return answer_error(call, body.error());
  auto grant = session::parse_grant(body->root());
  if (!grant) return answer_error(call, grant.error());
  if (grant->scope != session::Scope::until && grant->session.empty()) {
    return answer_error(call, bad_input("a grant for once or for a session needs the session's name",
                                        "/session", "weir log shows it; or scope \"until\" with an expiry"));
  }
  if (grant->scope == session::Scope::until && !grant->expires_wall_ms) {
    return answer_error(call, bad_input("a grant with scope \"until\" needs \"expires\"", "/expires"));
  }
  grant->id = gateway.new_grant_id();
  const session::Grant given = *grant;
  gateway.add_grant(std::move(*grant), [call, given](const Status& status) {
    if (!status) return answer_error(call, status.error());
    answer_json(call, 200, session::grant_json(given));
  });
}

void remove_grant(Gateway& gateway, const CallPtr& call, const std::string& id) {
  gateway.remove_grant(id, [call](const Result<bool>& removed) {
    if (!removed) return answer_error(call, removed.error());
    if (!*removed)
      return answer_error(call, Error{Code::not_found, "no such grant", {}, "weir grant --list"});
    answer_json(call, 200, R"({"ok":true})");
  });
}

uint64_t query_number(const std::string& target, std::string_view name, uint64_t otherwise) {
  const size_t query = target.find('?');
  if (query == std::string::npos) return otherwise;
  for (size_t at = query + 1; at < target.size();) {
    const size_t end = std::min(target.find('&', at), target.size());
    const std::string_view pair = std::string_view(target).substr(at, end - at);
    if (pair.starts_with(name) && pair.size() > name.size() && pair[name.size()] == '=') {
      uint64_t value = 0;
      const auto parsed = std::from_chars(pair.data() + name.size() + 1, pair.data() + pair.size(), value);
      if (parsed.ec == std::errc() && parsed.ptr == pair.data() + pair.size()) return value;
    }
    at = end + 1;
  }
  return otherwise;
}

void show_log(Gateway& gateway, const CallPtr& call, const std::string& target) {
  gateway.recorder().flush();
  const uint64_t size = gateway.log().size();
  const size_t n = std::min<uint64_t>(query_number(target, "n", 50), 1'000);
  const uint64_t from = query_number(target, "from", size > n ? size - n : 0);
  // Waits until what is on the ledger is readable; the loop serves others meanwhile on the store's thread.
  using Details = std::vector<std::pair<uint64_t, std::string>>;
  ledger::Log* log = &gateway.log();
  auto entries = std::make_shared<std::vector<std::string>>();  // shared by the job and its answer
  gateway.store().run<Details>(
      [log, from, n, entries](Store& store) -> Result<Details> {
        WEIR_TRY_ASSIGN(read, log->entries(from, n));
        *entries = std::move(read);
        return store.details(from, n);
      },
      [call, from, size, entries](const Result<Details>& details) {
        if (!details) return answer_error(call, details.error());
        json::Writer writer;
        writer.begin_object().key("size").integer(static_cast<int64_t>(size)).key("entries").begin_array();
        size_t at = 0;
        for (size_t i = 0; i < entries->size(); ++i) {
          writer.begin_object()
              .key("index")
              .integer(static_cast<int64_t>(from + i))
              .key("entry")
              .raw((*entries)[i]);
          while (at < details->size() && (*details)[at].first < from + i) ++at;
          if (at < details->size() && (*details)[at].first == from + i)
            writer.key("detail").raw((*details)[at].second);
          writer.end_object();
        }
        answer_json(call, 200, writer.end_array().end_object().take());
      });
}

// The servers' connections, one for each session and server.
void write_mcp(Gateway& gateway, json::Writer& writer) {
  struct Links {
    int64_t all = 0, ready = 0;
    std::string trouble;
  };
  std::map<std::string, Links> servers;
  for (const mcp::Session::ServerState& state : gateway.mcp().servers()) {
    Links& links = servers[state.name];
    ++links.all;
    links.ready += state.state == mcp::Upstream::State::ready ? 1 : 0;
    if (!state.trouble.empty()) links.trouble = state.trouble;
  }
  writer.key("mcp").begin_object().key("sessions").integer(static_cast<int64_t>(gateway.mcp().sessions()));
  writer.key("servers").begin_array();
  for (const auto& [name, links] : servers) {
    writer.begin_object().field("name", name).key("connections").integer(links.all);
    writer.key("ready").integer(links.ready).field("trouble", links.trouble).end_object();
  }
  writer.end_array().end_object();
}

void show_status(Gateway& gateway, const CallPtr& call) {
  const config::Config& config = gateway.config();
  const Counters& counters = gateway.counters();
  json::Writer writer;
  writer.begin_object()
      .field("mode", guard::mode_name(config.mode))
      .field("config", config.file.empty() ? "embedded defaults" : config.file);
  writer.key("requests")
      .integer(static_cast<int64_t>(counters.requests))
      .key("calls")
      .integer(static_cast<int64_t>(counters.calls));
  writer.key("allowed")
      .integer(static_cast<int64_t>(counters.allowed))
      .key("asked")
      .integer(static_cast<int64_t>(counters.asked));
  writer.key("denied").integer(static_cast<int64_t>(counters.denied));
  writer.key("conversations").integer(static_cast<int64_t>(gateway.workspace().conversations()));
  writer.key("trace_bytes").integer(static_cast<int64_t>(gateway.workspace().trace_bytes()));
  writer.key("pending").integer(static_cast<int64_t>(gateway.queue().pending().size()));
  writer.key("ledger_entries")
      .integer(static_cast<int64_t>(gateway.log().size()))
      .field("ledger_key", gateway.log().verifier().text());
  writer.key("upstreams").begin_array();
  for (const config::Upstream& upstream : config.upstreams) {
    writer.begin_object()
        .field("name", upstream.name)
        .field("url", upstream.url)
        .field("dialect", exchange::dialect_name(upstream.dialect))
        .end_object();
  }
  writer.end_array().key("servers").begin_array();
  for (const config::Server& server : config.servers) writer.string(server.name);
  writer.end_array();
  write_mcp(gateway, writer);
  gateway.sessions().write(writer, config.mode, config.seal.budget_bits, gateway.workspace().labels());
  writer.key("clients").begin_object();
  for (const auto& [name, requests] : counters.clients)
    writer.key(name).integer(static_cast<int64_t>(requests));
  writer.end_object().key("weakenings").begin_array();
  for (const std::string& line : config.weakenings()) writer.string(line);
  answer_json(call, 200, writer.end_array().end_object().take());
}

void reload(Gateway& gateway, const CallPtr& call) {
  const auto reloaded = gateway.reload();
  if (!reloaded) return answer_error(call, reloaded.error());
  const config::Config& config = gateway.config();
  json::Writer writer;
  writer.begin_object().field("config", config.file.empty() ? "embedded defaults" : config.file);
  writer.field("mode", guard::mode_name(config.mode));
  writer.key("mcp_sessions_kept").integer(static_cast<int64_t>(reloaded->sessions_kept));
  writer.key("mcp_sessions_ended").integer(static_cast<int64_t>(reloaded->sessions_ended));
  writer.key("weakenings").begin_array();
  for (const std::string& line : config.weakenings()) writer.string(line);
  answer_json(call, 200, writer.end_array().end_object().take());
}

}  // namespace

void handle_admin(Gateway& gateway, const CallPtr& call, const std::string& target) {
  const std::string path = target.substr(0, target.find('?'));
  const std::string& method = call->method();
  constexpr std::string_view kApprovals = "/weir/approvals/";
  constexpr std::string_view kGrants = "/weir/grants/";
  if (method == "GET" && path == "/weir/status") return show_status(gateway, call);
  if (method == "POST" && path == "/weir/reload") return reload(gateway, call);
  if (method == "GET" && path == "/weir/approvals") return list_approvals(gateway, call);
  if (method == "GET" && path == "/weir/denied")
    return answer_json(call, 200, approval::missed_json(gateway.asks().missed()));
  if (method == "POST" && path.starts_with(kApprovals))
    return answer_approval(gateway, call, path.substr(kApprovals.size()));
  if (method == "GET" && path == "/weir/grants") return list_grants(gateway, call);
  if (method == "POST" && path == "/weir/grants") return add_grant(gateway, call);
  if (method == "DELETE" && path.starts_with(kGrants))
    return remove_grant(gateway, call, path.substr(kGrants.size()));
  if (method == "GET" && path == "/weir/log") return show_log(gateway, call, target);
  if (path.starts_with("/weir/vouches")) return handle_vouches(gateway, call, path);
  if (path.starts_with("/weir/pins")) return handle_pins(gateway, call, path);
  answer_error(call, Error{Code::not_found, "no such page", path, {}});
}

}  // namespace weir::gateway
