// Replies of Ollama into events: JSON lines, or one object.
#include "base/limits.h"
#include "wire/translate/event.h"

namespace weir::wire::translate {
namespace {

void read_message(json::Value message, Events& out) {
  const auto add = [&](Kind kind, json::Value text) {
    if (const auto said = text.string(); said && !said->empty())
      out.emplace_back(Delta{kind, std::string(*said)});
  };
  add(Kind::thinking, message["thinking"]);
  add(Kind::text, message["content"]);
  for (const json::Value call : message["tool_calls"].elements()) {
    const json::Value function = call["function"];
    out.emplace_back(exchange::Call{std::string(call["id"].string_or("")),
                                    std::string(function["name"].string_or("")),
                                    std::string(function["arguments"].raw()), true});
  }
}

// A line of a stream, or all of a reply.
void read_line(json::Value root, Events& out) {
  if (root["error"].is_string()) {
    out.emplace_back(Failure{std::string(root["error"].string_or(""))});
    return;
  }
  read_message(root["message"], out);
  if (root["done"].boolean() != true) return;
  Usage usage;
  usage.input = root["prompt_eval_count"].integer().value_or(0);
  usage.output = root["eval_count"].integer().value_or(0);
  out.emplace_back(usage);
  out.emplace_back(
      Stop{root["done_reason"].string_or("stop") == "length" ? StopReason::length : StopReason::end, {}});
}

class Whole final : public WholeReader {
  Status read(json::Value root, Events& out) override {
    read_line(root, out);
    return {};
  }
};

class Stream final : public ReplyReader {
 public:
  Status feed(std::string_view bytes, Events& out) override {
    pending_ += bytes;
    size_t from = 0;
    for (size_t end = 0; (end = pending_.find('\n', from)) != std::string::npos; from = end + 1)
      WEIR_TRY(line(std::string_view(pending_).substr(from, end - from), out));
    pending_.erase(0, from);
    if (pending_.size() > limits::kSseEventBytesMax) return too_large("a line of the reply is too long");
    return {};
  }
  Status end(Events& out) override { return line(pending_, out); }

 private:
  static Status line(std::string_view text, Events& out) {
    if (text.find_first_not_of(" \t\r") == std::string_view::npos) return {};
    const auto document = json::parse(std::string(text));
    if (!document) return unavailable("a line of the reply is not JSON: " + document.error().text());
    read_line(document->root(), out);
    return {};
  }
  std::string pending_;
};

}  // namespace

std::unique_ptr<ReplyReader> read_ollama_reply(bool stream) {
  if (stream) return std::make_unique<Stream>();
  return std::make_unique<Whole>();
}

}  // namespace weir::wire::translate
