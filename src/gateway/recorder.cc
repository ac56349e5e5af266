#include "gateway/recorder.h"

#include <fmt/format.h>

#include "base/bytes.h"
#include "base/json.h"
#include "base/limits.h"
#include "guard/request_json.h"

namespace weir::gateway {
namespace {

constexpr size_t kHeldMax = 64;

json::Writer entry(std::string_view type, const Clock& clock) {
  json::Writer writer;
  writer.begin_object().key("v").integer(1).field("type", type).field("time", rfc3339(clock.now().wall_ms));
  return writer;
}

// What people read of a decision, and what it takes to decide it again: the values that decide something,
// short, and the request that the policies saw.
std::string readable(const guard::Verdict& verdict, const Labels& labels) {
  json::Writer more;
  more.begin_object().key("values").begin_object();
  size_t count = 0;
  for (const session::Leaf& leaf : verdict.arguments) {
    if (!manifest::authority_bearing(leaf.role) || leaf.value.size() > limits::kRecordedValueBytesMax)
      continue;
    if (++count > limits::kRecordedValuesMax) break;
    more.field(leaf.pointer, leaf.value);
  }
  more.end_object();
  if (verdict.request.context.record().size() > 0)
    more.key("request").raw(guard::request_json(verdict.request));
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
  std::string details = readable(verdict, labels);
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

void Recorder::grant(std::string_view id, std::string_view tool, bool removed, Done done) {
  json::Writer writer = entry("grant", clock_);
  writer.field("grant", id.substr(0, 200))
      .field("tool", tool.substr(0, 500))
      .key("removed")
      .boolean(removed)
      .end_object();
  append(writer.take(), std::move(done));
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
  log_.append(std::move(entry), std::move(done));
}

void Recorder::append_effects() {
  for (std::string& effect : std::exchange(effects_, {}))
    log_.append(std::move(effect), [](const Result<uint64_t>&) {});
}

void Recorder::flush() {
  append_effects();
  if (details_.empty()) return;
  store_.write([details = std::exchange(details_, {})](Store& store) -> Status {
    for (const auto& [index, json] : details) WEIR_TRY(store.put_detail(index, json));
    return {};
  });
}

}  // namespace weir::gateway
