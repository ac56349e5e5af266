#include "wire/translate/event.h"

#include <fmt/format.h>

#include "base/limits.h"

namespace weir::wire::translate {

Status WholeReader::end(Events& out) {
  json::Limits limits;
  limits.bytes_max = limits::kHttpResponseBytesMax;
  const auto document = json::parse(std::move(body_), limits);
  if (!document) return unavailable("the reply is not JSON: " + document.error().text());
  return read(document->root(), out);
}

bool Collected::add(const Event& event, const ReplyFrame& frame) {
  if (const auto* delta = std::get_if<Delta>(&event)) {
    const bool begins = !open || pieces.back().kind != delta->kind;
    if (begins) pieces.push_back({.kind = delta->kind});
    pieces.back().text += delta->text;
    open = true;
    return begins;
  }
  if (const auto* call = std::get_if<exchange::Call>(&event)) {
    pieces.push_back({.is_call = true, .call = frame.names.client_call(*call)});
    // Where the upstream names none, it is one that no other reply of the conversation has.
    if (call->id.empty()) pieces.back().call.id = fmt::format("call_{}_{}", frame.id, pieces.size());
    open = false;
    any_call = true;
    return true;
  }
  if (std::holds_alternative<End>(event)) open = false;
  if (const auto* counted = std::get_if<Usage>(&event)) usage = *counted;
  if (const auto* stopped = std::get_if<Stop>(&event)) stop = *stopped;
  if (std::holds_alternative<Failure>(event)) failed = true;
  return false;
}

}  // namespace weir::wire::translate
