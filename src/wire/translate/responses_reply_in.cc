// Responses replies into events.
#include <fmt/format.h>

#include "wire/items.h"
#include "wire/sse.h"
#include "wire/translate/event.h"

namespace weir::wire::translate {
namespace {

Usage read_usage(json::Value usage) {
  Usage all;
  all.input = usage["input_tokens"].integer().value_or(0);
  all.output = usage["output_tokens"].integer().value_or(0);
  all.cached = usage["input_tokens_details"]["cached_tokens"].integer().value_or(0);
  all.thinking = usage["output_tokens_details"]["reasoning_tokens"].integer().value_or(0);
  return all;
}

// How a response ended, and what it took.
void read_end(json::Value response, bool any_call, Events& out) {
  if (response["usage"].is_object()) out.emplace_back(read_usage(response["usage"]));
  const std::string_view status = response["status"].string_or("completed");
  if (status == "failed" || status == "cancelled") {
    out.emplace_back(Failure{
        std::string(response["error"]["message"].string_or("the upstream did not complete its reply"))});
    return;
  }
  StopReason reason = any_call ? StopReason::calls : StopReason::end;
  if (status == "incomplete") {
    const std::string_view why = response["incomplete_details"]["reason"].string_or("");
    reason = why == "content_filter" ? StopReason::refused : StopReason::length;
  }
  out.emplace_back(Stop{reason});
}

Result<bool> read_call_item(json::Value item, Events& out) {
  const ItemKind kind = item_kind(item);
  if (kind == ItemKind::call) {
    WEIR_TRY_ASSIGN(call, read_call(item, "/output"));
    out.emplace_back(std::move(call));
    return true;
  }
  if (kind != ItemKind::message && kind != ItemKind::reasoning)
    return unavailable(
        fmt::format("the item \"{}\" cannot be told in the client's API", shown(item_type(item))));
  return false;
}

void read_texts(json::Value item, Events& out) {
  const bool thinking = item_kind(item) == ItemKind::reasoning;
  for (const std::string_view list : {"summary", "content"}) {
    for (const json::Value part : item[list].elements()) {
      const bool refusal = part["type"].string_or("") == "refusal";
      const std::string_view text = part[refusal ? "refusal" : "text"].string_or("");
      const Kind kind = thinking ? Kind::thinking : refusal ? Kind::refusal : Kind::text;
      if (!text.empty()) out.emplace_back(Delta{kind, std::string(text)});
      out.emplace_back(End{});
    }
  }
}

class Whole final : public WholeReader {
  Status read(json::Value root, Events& out) override {
    bool any_call = false;
    for (const json::Value item : root["output"].elements()) {
      WEIR_TRY_ASSIGN(is_call, read_call_item(item, out));
      any_call = any_call || is_call;
      if (!is_call) read_texts(item, out);
    }
    read_end(root, any_call, out);
    return {};
  }
};

class Stream final : public ReplyReader {
 public:
  Status feed(std::string_view bytes, Events& out) override {
    std::vector<SseEvent> events;
    WEIR_TRY(sse_.feed(bytes, events));
    for (const SseEvent& event : events) {
      if (!event.has_data || event.data == "[DONE]") continue;
      const auto document = json::parse(event.data);
      if (!document) return unavailable("an event is not JSON: " + document.error().text());
      WEIR_TRY(read(document->root(), out));
    }
    return {};
  }

  Status end(Events&) override { return {}; }

 private:
  Status read(json::Value root, Events& out) {
    const std::string_view type = root["type"].string_or("");
    const auto text = [&](Kind kind) {
      said_ = true;
      out.emplace_back(Delta{kind, std::string(root["delta"].string_or(""))});
    };
    if (type == "response.output_item.added") said_ = false;
    if (type == "response.output_text.delta") {
      text(Kind::text);
    } else if (type == "response.refusal.delta") {
      text(Kind::refusal);
    } else if (type == "response.reasoning_summary_text.delta" || type == "response.reasoning_text.delta") {
      text(Kind::thinking);
    } else if (type == "response.content_part.done" || type == "response.reasoning_summary_part.done") {
      out.emplace_back(End{});
    } else if (type == "response.output_item.done") {
      WEIR_TRY_ASSIGN(is_call, read_call_item(root["item"], out));
      any_call_ = any_call_ || is_call;
      if (is_call) return {};
      // A server may send an item at once.
      if (!said_) read_texts(root["item"], out);
      out.emplace_back(End{});
    } else if (type == "response.completed" || type == "response.incomplete" || type == "response.failed") {
      read_end(root["response"], any_call_, out);
    } else if (type == "error") {
      out.emplace_back(Failure{std::string(
          root["message"].string_or(root["error"]["message"].string_or("the upstream sent an error")))});
    }
    return {};
  }

  SseParser sse_;
  bool any_call_ = false;
  bool said_ = false;  // something of the item under way came in pieces
};

}  // namespace

std::unique_ptr<ReplyReader> read_responses_reply(bool stream) {
  if (stream) return std::make_unique<Stream>();
  return std::make_unique<Whole>();
}

}  // namespace weir::wire::translate
