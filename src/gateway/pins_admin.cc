#include "gateway/pins_admin.h"

#include <fmt/format.h>

#include "base/json.h"
#include "base/limits.h"
#include "gateway/admin_answer.h"

namespace weir::gateway {
namespace {

constexpr size_t kDigestCharsMin = 12;

// What waits, else what was accepted.
std::string digest_of(const Pin& pin) {
  return to_hex(as_bytes(sha256(pin.seen.empty() ? pin.accepted : pin.seen)));
}

void write_pin(json::Writer& writer, const Pin& pin, size_t& room) {
  writer.begin_object().field("server", pin.server).field("tool", pin.tool);
  writer.field("state", pin_state_name(pin.state)).field("digest", "sha256:" + digest_of(pin));
  writer.key("findings").begin_array();
  for (const std::string& finding : pin.findings) writer.string(finding);
  writer.end_array();
  const size_t bytes = pin.accepted.size() + pin.seen.size();
  if (!pin.seen.empty() && bytes <= room) {
    room -= bytes;
    writer.key("difference").begin_array();
    for (const std::string& line : manifest::difference(pin.accepted, pin.seen)) writer.string(line);
    writer.end_array();
  }
  writer.end_object();
}

void list(Gateway& gateway, const CallPtr& call) {
  json::Writer writer;
  writer.begin_object().key("pins").begin_array();
  size_t room = limits::kPinDifferenceBytesMax;
  for (const auto& [key, pin] : gateway.pins().all()) write_pin(writer, pin, room);
  answer_json(call, 200, writer.end_array().end_object().take());
}

Status check_digest(const Pins& pins, const std::string& server, const std::string& tool,
                    std::string_view wanted) {
  if (wanted.starts_with("sha256:")) wanted.remove_prefix(7);
  if (tool.empty()) return bad_input("a digest goes with one tool", "/digest");
  if (wanted.size() < kDigestCharsMin)
    return bad_input(fmt::format("a digest has at least {} hex digits", kDigestCharsMin), "/digest");
  const auto pin = pins.all().find({server, tool});
  if (pin == pins.all().end() || pin->second.seen.empty()) return {};  // accept() says that nothing waits
  if (digest_of(pin->second).starts_with(wanted)) return {};
  return Error{Code::denied, "it has changed since: something else waits now", {}, "weir pins diff"};
}

void accept(Gateway& gateway, const CallPtr& call) {
  const auto body = json::parse(call->body());
  if (!body) return answer_error(call, body.error());
  const auto server = (*body)["server"].string();
  const json::Value tool = (*body)["tool"], digest = (*body)["digest"];
  if (!server || server->empty() || (tool.exists() && !tool.is_string()) ||
      (digest.exists() && !digest.is_string()))
    return answer_error(call, bad_input(R"(expected {"server": …, "tool": …, "digest": …})", "/"));
  const std::string tool_name(tool.string_or(""));
  if (digest.exists()) {
    const Status status = check_digest(gateway.pins(), std::string(*server), tool_name, *digest.string());
    if (!status) return answer_error(call, status.error());
  }
  gateway.pins().accept(*server, tool_name, [call](const Result<size_t>& count) {
    if (!count) return answer_error(call, count.error());
    if (*count == 0)
      return answer_error(call, Error{Code::not_found, "nothing of that name waits", {}, "weir pins"});
    answer_json(call, 200, fmt::format(R"({{"accepted":{}}})", *count));
  });
}

}  // namespace

void handle_pins(Gateway& gateway, const CallPtr& call, const std::string& path) {
  if (call->method() == "GET" && path == "/weir/pins") return list(gateway, call);
  if (call->method() == "POST" && path == "/weir/pins/accept") return accept(gateway, call);
  answer_error(call, Error{Code::not_found, "no such page", path, {}});
}

}  // namespace weir::gateway
