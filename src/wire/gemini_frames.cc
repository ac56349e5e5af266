// Replies of the Gemini API: events of a stream, or one object (its API reference,
// "GenerateContentResponse").
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/limits.h"
#include "wire/chat_turn.h"
#include "wire/frames.h"
#include "wire/gemini.h"
#include "wire/request.h"
#include "wire/splice.h"
#include "wire/sse.h"
#include "wire/unnamed_calls.h"

namespace weir::wire {
namespace {

using Kind = PartChange::Kind;

// Which repeat the text, or parts of it.
constexpr std::array<std::string_view, 6> kSpelt{"citationMetadata",  "logprobsResult",
                                                 "avgLogprobs",       "finishMessage",
                                                 "groundingMetadata", "groundingAttributions"};

class Events final : public FrameCutter {
 public:
  Status feed(std::string_view bytes, std::vector<Frame>& out) override {
    std::vector<SseEvent> events;
    WEIR_TRY(parser_.feed(bytes, events));
    for (SseEvent& event : events) {
      Frame frame;
      if (event.has_data && !event.data.empty()) {
        auto document = json::parse(std::move(event.data));
        if (!document)
          return unavailable("the upstream sent an event that is not JSON: " + document.error().text());
        frame.document = std::move(*document);
      }
      frame.raw = std::move(event.raw);
      out.push_back(std::move(frame));
    }
    return {};
  }

  Status end(std::vector<Frame>& /*out*/) override {
    return parser_.rest().find_first_not_of("\r\n") == std::string_view::npos
               ? Status()
               : unavailable("the upstream ended its stream in the middle of an event");
  }

 private:
  SseParser parser_;
};

std::string text_part(std::string_view text) {
  return "{\"text\":" + json::quote(text) + "}";
}

// The part with other arguments or another text.
std::string changed_part(json::Value part, const PartChange& change) {
  if (change.kind == Kind::keep) return std::string(part.raw());
  const auto document = json::parse(std::string(part.raw()));
  if (!document) return std::string(part.raw());
  const json::Value root = document->root();
  Splices splices;
  if (change.kind == Kind::text) {
    splices.replace(root["text"], json::quote(change.with));
  } else if (const json::Value call = root["functionCall"]; call["args"].exists()) {
    splices.replace(call["args"], change.with);
  } else {
    splices.insert(call.offset() + 1, fmt::format("\"args\":{},", change.with));
  }
  return splices.apply(document->text());
}

class GeminiFrames final : public FrameDialect {
 public:
  std::unique_ptr<FrameCutter> cutter() const override { return std::make_unique<Events>(); }

  Status read(Frame& frame, const Options& options) const override {
    const json::Value root = frame.document.root();
    if (!root.is_object()) return unavailable("the upstream sent something that is no object");
    frame.failed = root["error"].exists() && !root["error"].is_null();
    const json::Value candidates = root["candidates"];
    if (candidates.exists() && !candidates.is_null() && !candidates.is_array())
      return unavailable("the upstream sent candidates that are no list");
    if (candidates.size() > 1) return unavailable("the upstream sent more candidates than it was asked for");
    if (!options.unknown_items_untrusted) WEIR_TRY(check_beside(root, "candidates", ""));
    // Nothing was generated at all.
    frame.ends = !root["promptFeedback"]["blockReason"].string_or("").empty();
    for (const json::Value candidate : candidates.elements())
      WEIR_TRY(read_candidate(candidate, frame, options));
    return {};
  }

  std::string rewrite(const Frame& frame, const FrameEdit& edit) const override {
    const json::Value root = frame.document.root();
    const json::Value candidate = candidate_of(root);
    const json::Value parts = candidate["content"]["parts"];
    std::string list;
    const auto add = [&list](std::string_view raw) { list += (list.empty() ? "" : ",") + std::string(raw); };
    if (edit.earlier != nullptr) {
      for (size_t i = 0; i + 1 < edit.earlier->size(); ++i) {
        for (const SpokenPart& part : (*edit.earlier)[i].parts) {
          if (!part.is_call()) add(client_part(part));
        }
      }
    }
    auto spoken = frame.parts.begin();
    for (const json::Value part : parts.elements()) {
      const PartChange change = spoken == frame.parts.end() ? PartChange{} : (spoken++)->change;
      if (change.kind != Kind::cut) add(changed_part(part, change));
    }
    if (!edit.behind.empty()) add(text_part(edit.behind));
    Splices splices;
    if (parts.exists()) {
      splices.replace(parts, "[" + list + "]");
    } else if (!list.empty()) {
      put_content(root, candidate, list, splices);
    }
    splices.remove_members(candidate, [&](std::string_view key) {
      return (edit.cut_spelt && std::find(kSpelt.begin(), kSpelt.end(), key) != kSpelt.end()) ||
             (edit.open && key == "finishReason");
    });
    for (const auto& [pointer, count] : edit.counts) {
      if (const json::Value number = root.at_pointer(pointer); number.integer())
        splices.replace(number, std::to_string(count));
    }
    return splices.apply(frame.document.text());
  }

  std::string text_json(const Frame& like, std::string_view text) const override {
    json::Writer writer;
    writer.begin_object().key("candidates").begin_array().begin_object();
    writer.key("content").begin_object().key("parts").begin_array().raw(text_part(text)).end_array();
    writer.field("role", "model").end_object().key("index").integer(0).end_object().end_array();
    for (const std::string_view key : {"modelVersion", "responseId"}) {
      if (const json::Value value = like.document[key]; value.exists()) writer.key(key).raw(value.raw());
    }
    return writer.end_object().take();
  }

  std::string framed(std::string_view json) const override {
    // A line break between two members would end the event's data.
    std::string out = "data: ";
    for (const char c : json) {
      if (c != '\n' && c != '\r') out += c;
    }
    return out + "\n\n";
  }

  std::vector<std::string_view> counts() const override {
    return {"/usageMetadata/promptTokenCount", "/usageMetadata/candidatesTokenCount",
            "/usageMetadata/thoughtsTokenCount", "/usageMetadata/totalTokenCount"};
  }

  std::string message_json(const FrameTurn& turn) const override {
    std::string parts;
    for (const SpokenPart& part : turn.parts) parts += (parts.empty() ? "" : ",") + part.raw;
    return fmt::format(R"({{"role":"model","parts":[{}]}})", parts);
  }

  std::string results_json(const FrameTurn& turn) const override {
    std::string all;
    for (const SpokenPart& part : turn.parts) {
      if (!part.withheld()) continue;
      json::Writer writer;
      writer.begin_object().key("functionResponse").begin_object();
      if (!part.call.id.empty()) writer.field("id", part.call.id);
      writer.field("name", part.call.name).key("response").begin_object();
      writer.field(part.verdict.answered ? "output" : "error", part.verdict.why);
      writer.end_object().end_object().end_object();
      all += (all.empty() ? "" : ",") + writer.take();
    }
    return all;
  }

  bool results_are_parts() const override { return true; }
  std::string results_messages(const std::string& results) const override {
    return fmt::format(R"({{"role":"user","parts":[{}]}})", results);
  }

  std::string append(const std::string& body, std::string_view messages) const override {
    const auto document = json::parse(body);
    if (!document) return body;
    const json::Value root = document->root();
    const json::Value contents = root["contents"];
    Splices splices;
    if (contents.is_array()) {
      splices.insert(contents.offset() + contents.raw().size() - 1,
                     fmt::format("{}{}", contents.size() > 0 ? "," : "", messages));
    } else {
      splices.insert(root.offset() + 1,
                     fmt::format("\"contents\":[{}]{}", messages, root.size() > 0 ? "," : ""));
    }
    return splices.apply(body);
  }

  exchange::Message client_message(const std::vector<FrameTurn>& rounds,
                                   const std::string& said) const override {
    exchange::Message message{exchange::Role::planner, {}, {}};
    std::string list;
    for (const FrameTurn& turn : rounds) {
      for (const SpokenPart& part : turn.parts) {
        if (!part.withheld()) list += (list.empty() ? "" : ",") + client_part(part);
      }
    }
    if (!said.empty()) list += (list.empty() ? "" : ",") + text_part(said);
    // Read as the client's next request will be, so that both give the same digest.
    const auto parts = json::parse("[" + list + "]");
    std::vector<exchange::Part> read;
    if (parts) (void)read_gemini_parts(parts->root(), true, "", {.unknown_items_untrusted = true}, read);
    for (exchange::Part& part : read) {
      // A text comes in many pieces.
      auto* text = std::get_if<exchange::Text>(&part);
      auto* before = message.parts.empty() ? nullptr : std::get_if<exchange::Text>(&message.parts.back());
      if (text != nullptr && before != nullptr) {
        before->text += text->text;
      } else {
        message.parts.push_back(std::move(part));
      }
    }
    name_calls(message.parts);
    return message;
  }

 private:
  static json::Value candidate_of(json::Value root) {
    for (const json::Value candidate : root["candidates"].elements()) return candidate;
    return {};
  }

  // As the client gets it.
  static std::string client_part(const SpokenPart& part) {
    const auto document = json::parse(part.raw);
    if (!document) return part.raw;
    if (part.kind == SpokenKind::text && part.text != part.shown)
      return changed_part(document->root(), {Kind::text, part.shown});
    if (part.is_call() && part.verdict.arguments)
      return changed_part(document->root(), {Kind::arguments, *part.verdict.arguments});
    return part.raw;
  }

  static void put_content(json::Value root, json::Value candidate, const std::string& parts,
                          Splices& splices) {
    const json::Value content = candidate["content"];
    const std::string members = fmt::format(R"("parts":[{}])", parts);
    if (content.is_object()) {
      splices.insert(content.offset() + 1, members + (content.size() > 0 ? "," : ""));
    } else if (content.exists()) {
      splices.replace(content, fmt::format(R"({{{},"role":"model"}})", members));
    } else if (candidate.is_object()) {
      splices.insert(candidate.offset() + 1, fmt::format(R"("content":{{{},"role":"model"}}{})", members,
                                                         candidate.size() > 0 ? "," : ""));
    } else {
      splices.insert(root.offset() + 1, fmt::format(R"("candidates":[{{"content":{{{},"role":"model"}}}}]{})",
                                                    members, root.size() > 0 ? "," : ""));
    }
  }

  // What stands beside `known` must be nothing in which a client could find a call, in any spelling.
  static Status check_beside(json::Value holder, std::string_view known, const std::string& where) {
    for (const json::Member& member : holder.members()) {
      if (member.key != known && (carries_calls(member) || has_parts(member)))
        return unknown_item("member", member.key, where + "/" + json::pointer_token(member.key));
    }
    return {};
  }

  static bool has_parts(const json::Member& member) {
    static constexpr std::array<std::string_view, 7> kNames{
        "content", "parts", "functionCall", "functionCalls", "toolCall", "toolCalls", "executableCode"};
    std::vector<json::Member> open{member};
    while (!open.empty()) {
      const json::Member at = open.back();
      open.pop_back();
      std::string name = gemini_spelling(at.key);
      if (!name.empty() && name[0] >= 'A' && name[0] <= 'Z') name[0] = static_cast<char>(name[0] + 32);
      if (!at.value.is_null() && std::find(kNames.begin(), kNames.end(), name) != kNames.end()) return true;
      for (const json::Member& inner : at.value.members()) open.push_back(inner);
      for (const json::Value element : at.value.elements()) open.push_back({{}, {}, element});
    }
    return false;
  }

  Status read_candidate(json::Value candidate, Frame& frame, const Options& options) const {
    if (candidate["index"].integer().value_or(0) != 0)
      return unavailable("the upstream sent another candidate than the first");
    const json::Value content = candidate["content"];
    WEIR_TRY(check_gemini_spelling(candidate, "/candidates/0"));
    WEIR_TRY(check_gemini_spelling(content, "/candidates/0/content"));
    if (!options.unknown_items_untrusted) {
      WEIR_TRY(check_beside(candidate, "content", "/candidates/0"));
      WEIR_TRY(check_beside(content, "parts", "/candidates/0/content"));
    }
    const std::string_view reason = candidate["finishReason"].string_or("");
    frame.ends |= !reason.empty() && reason != "FINISH_REASON_UNSPECIFIED";
    for (const std::string_view key : kSpelt) frame.spelt |= candidate[key].exists();
    const json::Value parts = content["parts"];
    if (parts.exists() && !parts.is_null() && !parts.is_array())
      return unavailable("the upstream sent parts that are no list");
    size_t index = 0;
    for (const json::Value wire : parts.elements())
      WEIR_TRY(read_part(wire, fmt::format("/candidates/0/content/parts/{}", index++), frame, options));
    return {};
  }

  static Status read_part(json::Value wire, const std::string& where, Frame& frame, const Options& options) {
    WEIR_TRY_ASSIGN(part, read_gemini_part(wire, where, true, options));
    switch (part.kind) {
      case GeminiKind::call: {
        auto call = read_gemini_call(part.data, where);
        if (!call) return unavailable("the upstream sent a call that cannot be read: " + call.error().text());
        if (call->name.empty()) return unavailable("the upstream sent a call without a name");
        frame.parts.push_back({SpokenKind::call, wire, std::move(*call)});
        return {};
      }
      case GeminiKind::hosted:
        return hosted_tool("what this part tells of", where);
      case GeminiKind::result:
        return unknown_item("part of a reply", "functionResponse", where);
      case GeminiKind::text:
        frame.parts.push_back({SpokenKind::text, wire, {}, part.data.string_or("")});
        return {};
      case GeminiKind::thought:
        frame.parts.push_back({SpokenKind::thinking, wire, {}, part.data.string_or("")});
        return {};
      case GeminiKind::media:
      case GeminiKind::nothing:
      case GeminiKind::unknown:
        frame.parts.push_back({SpokenKind::other, wire});
        return {};
    }
    return {};
  }
};

}  // namespace

std::unique_ptr<const FrameDialect> gemini_frames() {
  return std::make_unique<GeminiFrames>();
}

}  // namespace weir::wire
