// Replies of the Gemini API into events.
#include "wire/sse.h"
#include "wire/translate/event.h"

namespace weir::wire::translate {
namespace {

// A reply, or a piece of one: they have the same form.
class Candidate {
 public:
  Status read(json::Value root, Events& out) {
    if (root["error"].is_object()) {
      out.emplace_back(
          Failure{std::string(root["error"]["message"].string_or("the upstream sent an error"))});
      return {};
    }
    for (const json::Value candidate : root["candidates"].elements()) {
      for (const json::Value part : candidate["content"]["parts"].elements()) WEIR_TRY(read_part(part, out));
      if (const auto reason = candidate["finishReason"].string()) stop_ = read_reason(*reason);
      break;
    }
    const json::Value usage = root["usageMetadata"];
    if (usage.is_object()) {
      Usage all;
      all.thinking = usage["thoughtsTokenCount"].integer().value_or(0);
      all.input = usage["promptTokenCount"].integer().value_or(0);
      all.output = usage["candidatesTokenCount"].integer().value_or(0) + all.thinking;
      all.cached = usage["cachedContentTokenCount"].integer().value_or(0);
      out.emplace_back(all);
    }
    return {};
  }
  void end(Events& out) const { out.emplace_back(Stop{stop_, {}}); }

 private:
  static Status read_part(json::Value part, Events& out) {
    if (const auto text = part["text"].string()) {
      const bool thought = part["thought"].boolean() == true;
      if (!text->empty()) out.emplace_back(Delta{thought ? Kind::thinking : Kind::text, std::string(*text)});
      return {};
    }
    if (const json::Value call = part["functionCall"]; call.is_object()) {
      out.emplace_back(
          exchange::Call{std::string(call["id"].string_or("")), std::string(call["name"].string_or("")),
                         call["args"].is_object() ? std::string(call["args"].raw()) : "{}", true});
      return {};
    }
    for (const json::Member& member : part.members()) {
      if (member.key != "thought" && member.key != "thoughtSignature")
        return unavailable("a part of the reply cannot be told in the client's API: " +
                           std::string(member.key));
    }
    return {};
  }

  static StopReason read_reason(std::string_view reason) {
    if (reason == "MAX_TOKENS") return StopReason::length;
    return reason == "STOP" ? StopReason::end : StopReason::refused;
  }

  StopReason stop_ = StopReason::end;
};

class Whole final : public WholeReader {
  Status read(json::Value root, Events& out) override {
    Candidate candidate;
    WEIR_TRY(candidate.read(root, out));
    candidate.end(out);
    return {};
  }
};

class Stream final : public ReplyReader {
 public:
  Status feed(std::string_view bytes, Events& out) override {
    std::vector<SseEvent> events;
    WEIR_TRY(sse_.feed(bytes, events));
    for (const SseEvent& event : events) {
      if (!event.has_data) continue;
      const auto document = json::parse(event.data);
      if (!document) return unavailable("an event is not JSON: " + document.error().text());
      WEIR_TRY(candidate_.read(document->root(), out));
    }
    return {};
  }
  Status end(Events& out) override {
    candidate_.end(out);
    return {};
  }

 private:
  SseParser sse_;
  Candidate candidate_;
};

}  // namespace

std::unique_ptr<ReplyReader> read_gemini_reply(bool stream) {
  if (stream) return std::make_unique<Stream>();
  return std::make_unique<Whole>();
}

}  // namespace weir::wire::translate
