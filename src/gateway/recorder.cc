#include "gateway/recorder.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/bytes.h"
#include "base/json.h"
#include "base/limits.h"
#include "policy/json_data.h"

namespace weir::gateway {
namespace {

constexpr size_t kHeldMax = 64;

json::Writer entry(std::string_view type, const Clock& clock) {
  json::Writer writer;
  writer.begin_object().key("v").integer(1).field("type", type).field("time", rfc3339(clock.now().wall_ms));
  return writer;
}

void write_origins(json::Writer& writer, std::string_view name, LabelId label, const Labels& labels) {
  std::vector<std::string> origins = labels.get(label).printed_origins();
  writer.key(name).begin_array();
  for (size_t i = 0; i < origins.size() && i < limits::kArrivalNamesMax; ++i) writer.string(origins[i]);
  if (origins.size() > limits::kArrivalNamesMax) writer.string("…");
  writer.end_array();
}

// "at": how many entries the ledger had then.
std::string arrival_json(const session::Arrival& arrival, uint64_t at, std::string_view mode, double budget,
                         int64_t wall_ms, const Labels& labels) {
  json::Writer writer;
  writer.begin_object().field("time", rfc3339(wall_ms)).key("at").integer(static_cast<int64_t>(at));
  writer.field("kind", session::kind_name(arrival.kind));
  if (!arrival.tool.empty())
    writer.field("tool", arrival.tool.substr(0, 500)).field("call", arrival.call.substr(0, 200));
  writer.key("bytes").integer(static_cast<int64_t>(arrival.bytes));
  const bool trusted = labels.trusted(arrival.shown) && labels.trusted(arrival.hidden);
  writer.key("trusted").boolean(trusted);
  const LabelId label =
      arrival.hidden == kNoLabel || !labels.trusted(arrival.shown) ? arrival.shown : arrival.hidden;
  write_origins(writer, "origins", label, labels);
  writer.key("sealed").begin_array();
  for (size_t i = 0; i < arrival.sealed.size() && i < limits::kArrivalNamesMax; ++i)
    writer.integer(arrival.sealed[i]);
  writer.end_array().key("sealed_count").integer(static_cast<int64_t>(arrival.sealed.size()));
  writer.field("context", labels.trusted(arrival.context) ? "trusted" : "untrusted");
  if (!labels.trusted(arrival.context)) write_origins(writer, "context_origins", arrival.context, labels);
  writer.field("mode", mode).key("bits").number(arrival.bits).key("budget").number(budget);
  return writer.end_object().take();
}

// What people read of a decision, and what it takes to decide it again: the values that decide something,
// short, and the request that the policies saw. Of what holds references: the planner's own text.
std::string readable(const guard::Verdict& verdict, std::string_view arguments, const Labels& labels) {
  json::Writer more;
  more.begin_object().key("values").begin_object();
  std::vector<const session::Leaf*> sealed, sealed_payload;
  size_t count = 0;
  for (const session::Leaf& leaf : verdict.arguments) {
    const bool kept = manifest::authority_bearing(leaf.role) &&
                      leaf.value.size() <= limits::kRecordedValueBytesMax &&
                      count < limits::kRecordedValuesMax;
    if (leaf.sealed) (kept ? sealed : sealed_payload).push_back(&leaf);
    if (!kept) continue;
    ++count;
    more.field(leaf.pointer, leaf.value);
  }
  more.end_object();
  sealed_payload.resize(std::min(sealed_payload.size(), limits::kRecordedValuesMax));
  sealed.insert(sealed.end(), sealed_payload.begin(), sealed_payload.end());
  const auto own = json::parse(std::string(sealed.empty() ? "{}" : arguments));
  if (!sealed.empty()) more.key("sealed").begin_object();
  for (const session::Leaf* leaf : sealed) {
    const json::Value at = own ? own->root().at_pointer(leaf->pointer) : json::Value();
    more.field(leaf->pointer, shown(at.string_or(""), 200));
  }
  if (!sealed.empty()) more.end_object();
  if (verdict.request.context.record().size() > 0) more.key("request").raw(policy::to_json(verdict.request));
  std::string out = guard::verdict_json(verdict, labels);
  out.back() = ',';  // one object of the members of both
  return out + more.end_object().take().substr(1);
}

}  // namespace

void Recorder::decision(const std::string& session, const guard::Verdict& verdict, std::string_view arguments,
                        bool enforced, const Labels& labels, Done done) {
  json::Writer writer = entry("decision", clock_);
  // Identifiers come from the model; what makes an entry too long is cut, and the digest still tells.
  writer.field("session", session.substr(0, 200))
      .field("call", verdict.call_id.substr(0, 200))
      .field("tool", verdict.tool);
  writer.field("arguments", "sha256:" + to_hex(as_bytes(sha256(arguments))));
  writer.field("decision", policy::to_string(verdict.decision)).key("enforced").boolean(enforced);
  writer.key("policies").begin_array();
  for (size_t i = 0; i < verdict.policies.size() && i < 32; ++i)
    writer.string(verdict.policies[i].substr(0, 200));
  writer.end_array().field("context", labels.trusted(verdict.context) ? "trusted" : "untrusted").end_object();
  std::string details = readable(verdict, arguments, labels);
  append(writer.take(),
         [this, details = std::move(details), done = std::move(done)](Result<uint64_t> index) mutable {
           if (index) {
             details_.emplace_back(*index, std::move(details));
             if (details_.size() >= kHeldMax) flush();
           }
           done(std::move(index));
         });
}

void Recorder::answer(uint64_t decision, std::string_view answer, Done done) {
  json::Writer writer = entry("answer", clock_);
  writer.key("decision").integer(static_cast<int64_t>(decision)).field("answer", answer).end_object();
  append(writer.take(), std::move(done));
}

void Recorder::effect(const std::string& session, std::string_view call_id, bool error) {
  json::Writer writer = entry("effect", clock_);
  writer.field("session", session.substr(0, 200))
      .field("call", call_id.substr(0, 200))
      .key("error")
      .boolean(error)
      .end_object();
  effects_.push_back(writer.take());
  if (effects_.size() >= kHeldMax) append_effects();
}

void Recorder::arrivals(const std::string& session, const std::vector<session::Arrival>& arrivals,
                        std::string_view mode, double budget_bits, const Labels& labels) {
  const int64_t wall_ms = clock_.now().wall_ms;
  for (const session::Arrival& arrival : arrivals)
    arrivals_.push_back({session.substr(0, 200), arrival.key,
                         arrival_json(arrival, log_.size(), mode, budget_bits, wall_ms, labels)});
}

void Recorder::grant(const session::Grant& grant, bool removed, Done done) {
  json::Writer writer = entry("grant", clock_);
  writer.field("grant", grant.id.substr(0, 200)).field("tool", grant.tool.substr(0, 500));
  writer.field("scope", session::scope_name(grant.scope));
  if (grant.expires_wall_ms) writer.field("expires", rfc3339(*grant.expires_wall_ms));
  if (grant.release) writer.key("release").boolean(true);
  if (!grant.origins.empty()) {
    writer.key("origins").begin_array();
    for (const std::string& origin : grant.origins) writer.string(origin.substr(0, 500));
    writer.end_array();
  }
  if (!grant.reason.empty()) writer.field("reason", grant.reason);
  append(writer.key("removed").boolean(removed).end_object().take(), std::move(done));
}

void Recorder::vouch(const session::Vouch& vouch, bool removed, Done done) {
  json::Writer writer = entry("vouch", clock_);
  writer.field("vouch", vouch.id);
  if (!vouch.origin.empty()) {
    writer.field("origin", vouch.origin.substr(0, 2'000));
  } else {
    writer.field("session", vouch.session.substr(0, 200)).key("value").integer(vouch.number);
    writer.field("content", "sha256:" + to_hex(as_bytes(vouch.content)));
  }
  writer.field("reason", vouch.reason).field("expires", rfc3339(vouch.expires_wall_ms));
  append(writer.key("removed").boolean(removed).end_object().take(), std::move(done));
}

void Recorder::egress(std::string_view server, const egress::Notice& notice, Done done) {
  using Kind = egress::Notice::Kind;
  const auto secrets = [&](json::Writer& writer) {
    if (notice.secrets.empty()) return;
    writer.key("secrets").begin_array();
    for (const std::string& name : notice.secrets) writer.string(name);
    writer.end_array();
  };
  if (notice.kind == Kind::ended) {
    json::Writer writer = entry("egress-end", clock_);
    writer.key("egress").integer(static_cast<int64_t>(notice.number));
    if (!notice.address.empty()) writer.field("address", notice.address);
    writer.key("out_bytes").integer(static_cast<int64_t>(notice.out_bytes));
    writer.key("in_bytes").integer(static_cast<int64_t>(notice.in_bytes));
    writer.key("requests").integer(static_cast<int64_t>(notice.requests));
    secrets(writer);
    writer.key("refused").boolean(!notice.allowed);
    if (!notice.why.empty()) writer.field("why", notice.why);
    effects_.push_back(writer.end_object().take());
    return;
  }
  json::Writer writer = entry("egress", clock_);
  writer.field("server", server.substr(0, 200)).field("program", notice.program).field("host", notice.host);
  if (notice.port != 0) writer.key("port").integer(notice.port);
  writer.field("decision", notice.kind == Kind::opening ? "allow" : "deny");
  if (!notice.why.empty()) writer.field("why", notice.why);
  secrets(writer);
  if (notice.left_out > 0) writer.key("left_out").integer(static_cast<int64_t>(notice.left_out));
  std::string text = writer.end_object().take();
  if (notice.kind == Kind::opening) return append(std::move(text), std::move(done));
  effects_.push_back(std::move(text));
}

void Recorder::pin(std::string_view server, std::string_view tool, const Digest& definition,
                   std::string_view state, Done done) {
  json::Writer writer = entry("pin", clock_);
  writer.field("server", server.substr(0, 200))
      .field("tool", tool.substr(0, 500))
      .field("digest", "sha256:" + to_hex(as_bytes(definition)))
      .field("state", state)
      .end_object();
  append(writer.take(), std::move(done));
}

void Recorder::append(std::string entry, Done done) {
  append_effects();
  log_.append(std::move(entry), [trouble = trouble_, done = std::move(done)](Result<uint64_t> index) {
    *trouble = index ? std::string() : index.error().text();
    done(std::move(index));
  });
}

void Recorder::append_effects() {
  for (std::string& effect : std::exchange(effects_, {}))
    log_.append(std::move(effect), [](const Result<uint64_t>&) {});
}

void Recorder::flush() {
  append_effects();
  if (details_.empty() && arrivals_.empty()) return;
  store_.write([details = std::exchange(details_, {}),
                arrivals = std::exchange(arrivals_, {})](Store& store) -> Status {
    for (const auto& [index, json] : details) WEIR_TRY(store.put_detail(index, json));
    return arrivals.empty() ? Status() : store.put_arrivals(arrivals);
  });
}

}  // namespace weir::gateway
