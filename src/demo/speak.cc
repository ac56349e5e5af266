#include "demo/speak.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>

#include "base/bytes.h"

namespace weir::demo {
namespace {

using json::Writer;

// Calls `piece` with the text in pieces of about `bytes` that end between code points.
void pieces(std::string_view text, size_t bytes, const std::function<void(std::string_view)>& piece) {
  while (!text.empty()) {
    size_t length = std::min(std::max<size_t>(bytes, 1), text.size());
    while (length < text.size() && (static_cast<uint8_t>(text[length]) & 0xC0) == 0x80) ++length;
    piece(text.substr(0, length));
    text.remove_prefix(length);
  }
}

Writer& chat_head(Writer& out, const History& history, std::string_view object) {
  return out.begin_object()
      .field("id", "chatcmpl-demo")
      .field("object", object)
      .key("created")
      .integer(0)
      .field("model", history.model);
}

void usage(Writer& out) {
  out.key("usage").begin_object().key("prompt_tokens").integer(1).key("completion_tokens").integer(1);
  out.key("total_tokens").integer(2).end_object();
}

// One chunk; `delta` is a JSON object.
std::string chunk(const History& history, std::string_view delta, std::string_view finish_reason = {}) {
  Writer out;
  chat_head(out, history, "chat.completion.chunk").key("choices").begin_array().begin_object();
  out.key("index").integer(0).key("delta").raw(delta).key("finish_reason");
  finish_reason.empty() ? out.null() : out.string(finish_reason);
  out.end_object().end_array().end_object();
  return "data: " + out.take() + "\n\n";
}

std::string tool_delta(size_t index, const std::function<void(Writer&)>& rest) {
  Writer out;
  out.begin_object().key("tool_calls").begin_array().begin_object();
  out.key("index").integer(static_cast<int64_t>(index));
  rest(out);
  return out.end_object().end_array().end_object().take();
}

// One named event of Messages; `rest` writes the members behind "type".
std::string event(std::string_view type, const std::function<void(Writer&)>& rest = {}) {
  Writer out;
  out.begin_object().field("type", type);
  if (rest) rest(out);
  out.end_object();
  return fmt::format("event: {}\ndata: {}\n\n", type, out.text());
}

void message_usage(Writer& out) {
  out.key("usage").begin_object().key("input_tokens").integer(1).key("output_tokens").integer(1).end_object();
}

}  // namespace

std::string chat_completion(const History& history, const Turn& turn) {
  Writer out;
  chat_head(out, history, "chat.completion").key("choices").begin_array().begin_object();
  out.key("index").integer(0).key("message").begin_object().field("role", "assistant").key("content");
  turn.text.empty() ? out.null() : out.string(turn.text);
  if (!turn.calls.empty()) {
    out.key("tool_calls").begin_array();
    for (const WantedCall& call : turn.calls) {
      out.begin_object().field("id", call.id).field("type", "function").key("function").begin_object();
      out.field("name", call.tool).field("arguments", call.arguments).end_object().end_object();
    }
    out.end_array();
  }
  out.end_object().field("finish_reason", turn.calls.empty() ? "stop" : "tool_calls").end_object();
  out.end_array();
  usage(out);
  return out.end_object().take();
}

std::string chat_completion_stream(const History& history, const Turn& turn, size_t fragment_bytes) {
  std::string out = chunk(history, R"({"role":"assistant","content":""})");
  pieces(turn.text, fragment_bytes, [&](std::string_view piece) {
    out += chunk(history, fmt::format(R"({{"content":{}}})", json::quote(piece)));
  });
  for (size_t i = 0; i < turn.calls.size(); ++i) {
    const WantedCall& call = turn.calls[i];
    out += chunk(history, tool_delta(i, [&](Writer& w) {
                   w.field("id", call.id).field("type", "function").key("function").begin_object();
                   w.field("name", call.tool).field("arguments", "").end_object();
                 }));
    pieces(call.arguments, fragment_bytes, [&](std::string_view piece) {
      out += chunk(history, tool_delta(i, [&](Writer& w) {
                     w.key("function").begin_object().field("arguments", piece).end_object();
                   }));
    });
  }
  out += chunk(history, "{}", turn.calls.empty() ? "stop" : "tool_calls");
  if (history.include_usage) {
    Writer last;
    chat_head(last, history, "chat.completion.chunk").key("choices").begin_array().end_array();
    usage(last);
    out += "data: " + last.end_object().take() + "\n\n";
  }
  return out + "data: [DONE]\n\n";
}

std::string message(const History& history, const Turn& turn) {
  Writer out;
  out.begin_object().field("id", "msg_demo").field("type", "message").field("role", "assistant");
  out.field("model", history.model).key("content").begin_array();
  if (!turn.text.empty()) out.begin_object().field("type", "text").field("text", turn.text).end_object();
  for (const WantedCall& call : turn.calls) {
    out.begin_object().field("type", "tool_use").field("id", call.id).field("name", call.tool);
    out.key("input").raw(call.arguments).end_object();
  }
  out.end_array().field("stop_reason", turn.calls.empty() ? "end_turn" : "tool_use");
  out.key("stop_sequence").null();
  message_usage(out);
  return out.end_object().take();
}

std::string message_stream(const History& history, const Turn& turn, size_t fragment_bytes) {
  std::string out = event("message_start", [&](Writer& w) {
    w.key("message").begin_object().field("id", "msg_demo").field("type", "message");
    w.field("role", "assistant").field("model", history.model).key("content").begin_array().end_array();
    w.key("stop_reason").null().key("stop_sequence").null();
    message_usage(w);
    w.end_object();
  });
  int64_t index = 0;
  const auto block = [&](std::string_view start, std::string_view type, std::string_view member,
                         std::string_view content) {
    out += event("content_block_start",
                 [&](Writer& w) { w.key("index").integer(index).key("content_block").raw(start); });
    pieces(content, fragment_bytes, [&](std::string_view piece) {
      out += event("content_block_delta", [&](Writer& w) {
        w.key("index").integer(index).key("delta").begin_object();
        w.field("type", type).field(member, piece).end_object();
      });
    });
    out += event("content_block_stop", [&](Writer& w) { w.key("index").integer(index); });
    ++index;
  };
  if (!turn.text.empty()) block(R"({"type":"text","text":""})", "text_delta", "text", turn.text);
  for (const WantedCall& call : turn.calls) {
    Writer start;
    start.begin_object().field("type", "tool_use").field("id", call.id).field("name", call.tool);
    start.key("input").begin_object().end_object().end_object();
    block(start.text(), "input_json_delta", "partial_json", call.arguments);
  }
  out += event("message_delta", [&](Writer& w) {
    w.key("delta").begin_object().field("stop_reason", turn.calls.empty() ? "end_turn" : "tool_use");
    w.key("stop_sequence").null().end_object();
    w.key("usage").begin_object().key("output_tokens").integer(1).end_object();
  });
  return out + event("message_stop");
}

std::string chat_completions_error(std::string_view text) {
  Writer out;
  out.begin_object().key("error").begin_object().field("message", text);
  return out.field("type", "invalid_request_error")
      .key("param")
      .null()
      .key("code")
      .null()
      .end_object()
      .end_object()
      .take();
}

std::string messages_error(std::string_view text) {
  Writer out;
  out.begin_object().field("type", "error").key("error").begin_object();
  return out.field("type", "invalid_request_error").field("message", text).end_object().end_object().take();
}

}  // namespace weir::demo
