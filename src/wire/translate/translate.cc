#include "wire/translate/translate.h"

#include <fmt/format.h>

#include "wire/gemini_path.h"
#include "wire/translate/prompt.h"

namespace weir::wire::translate {
namespace {

using exchange::Dialect;

Result<Prompt> read_prompt(const ParsedRequest& request) {
  switch (request.request.dialect) {
    case Dialect::chat_completions:
      return read_chat(request);
    case Dialect::messages:
      return read_messages_api(request);
    case Dialect::responses:
      return read_responses(request);
    case Dialect::ollama:
      return read_ollama(request);
    case Dialect::gemini:
      return read_gemini(request);
  }
  return unsupported("weir cannot translate from or to this API");
}

Result<std::string> write_prompt(Prompt& prompt, Dialect upstream) {
  switch (upstream) {
    case Dialect::chat_completions:
      return write_chat(prompt);
    case Dialect::messages:
      return write_messages_api(prompt);
    case Dialect::responses:
      return write_responses(prompt);
    case Dialect::ollama:
      return write_ollama(prompt);
    case Dialect::gemini:
      return write_gemini(prompt);
  }
  return unsupported("weir cannot translate from or to this API");
}

std::unique_ptr<ReplyReader> reader_of(Dialect upstream, bool stream) {
  switch (upstream) {
    case Dialect::chat_completions:
      return read_chat_reply(stream);
    case Dialect::messages:
      return read_messages_reply(stream);
    case Dialect::responses:
      return read_responses_reply(stream);
    case Dialect::ollama:
      return read_ollama_reply(stream);
    case Dialect::gemini:
      return read_gemini_reply(stream);
  }
  return nullptr;
}

std::unique_ptr<ReplyWriter> writer_of(Dialect client, ReplyFrame frame) {
  switch (client) {
    case Dialect::chat_completions:
      return write_chat_reply(std::move(frame));
    case Dialect::messages:
      return write_messages_reply(std::move(frame));
    case Dialect::responses:
      return write_responses_reply(std::move(frame));
    case Dialect::ollama:
      return write_ollama_reply(std::move(frame));
    case Dialect::gemini:
      return write_gemini_reply(std::move(frame));
  }
  return nullptr;
}

// A request that says only what the client got.
std::string history_of(Dialect client, std::string_view model, const std::string& sent_back) {
  if (client == Dialect::gemini) return fmt::format(R"({{"contents":[{}]}})", sent_back);
  return fmt::format(R"({{"model":{},"{}":[{}]}})", json::quote(model),
                     client == Dialect::responses ? "input" : "messages", sent_back);
}

std::string_view openai_type(int status) {
  switch (status) {
    case 401:
      return "authentication_error";
    case 403:
      return "permission_error";
    case 429:
      return "rate_limit_error";
    default:
      return status >= 500 ? "server_error" : "invalid_request_error";
  }
}

std::string_view anthropic_type(int status) {
  switch (status) {
    case 401:
      return "authentication_error";
    case 403:
      return "permission_error";
    case 404:
      return "not_found_error";
    case 413:
      return "request_too_large";
    case 429:
      return "rate_limit_error";
    case 503:
    case 529:
      return "overloaded_error";
    default:
      return status >= 500 ? "api_error" : "invalid_request_error";
  }
}

std::string_view google_status(int status) {
  switch (status) {
    case 401:
      return "UNAUTHENTICATED";
    case 403:
      return "PERMISSION_DENIED";
    case 404:
      return "NOT_FOUND";
    case 429:
      return "RESOURCE_EXHAUSTED";
    case 503:
    case 529:
      return "UNAVAILABLE";
    default:
      return status >= 500 ? "INTERNAL" : "INVALID_ARGUMENT";
  }
}

}  // namespace

Result<Translation> Translation::begin(const ParsedRequest& request, Dialect upstream, bool counts) {
  WEIR_TRY_ASSIGN(prompt, read_prompt(request));
  prompt.counts = counts;
  Translation translation;
  translation.client_ = request.request.dialect;
  translation.upstream_ = upstream;
  WEIR_TRY_ASSIGN(names, Names::take(prompt));
  translation.frame_ = {{}, prompt.model, 0, prompt.stream, prompt.settings.usage, std::move(names)};
  WEIR_TRY_ASSIGN(body, write_prompt(prompt, upstream));
  translation.body_ = std::move(body);
  translation.dropped_ = std::move(prompt.dropped);
  return translation;
}

void Translation::reply_begins(std::string id, int64_t now_s) {
  frame_.id = std::move(id);
  frame_.created_s = now_s;
  reader_ = reader_of(upstream_, frame_.stream);
  writer_ = writer_of(client_, frame_);
}

Result<std::string> Translation::write(const Events& events) {
  std::string out;
  for (const Event& event : events) {
    if (const auto* failure = std::get_if<Failure>(&event); failure != nullptr && !frame_.stream)
      return unavailable("the upstream says: " + failure->message);
    out += writer_->write(event);
  }
  return out;
}

Result<std::string> Translation::feed(std::string_view bytes) {
  Events events;
  WEIR_TRY(reader_->feed(bytes, events));
  return write(events);
}

Result<std::string> Translation::reply_ended() {
  Events events;
  WEIR_TRY(reader_->end(events));
  WEIR_TRY_ASSIGN(out, write(events));
  return out + writer_->end();
}

Result<exchange::Message> Translation::sent_back() const {
  Options lenient{.unknown_items_untrusted = true};
  lenient.path = request_path(client_, false, frame_.model, false);
  WEIR_TRY_ASSIGN(said,
                  parse_request(client_, history_of(client_, frame_.model, writer_->sent_back()), lenient));
  WEIR_TRY_ASSIGN(translated, begin(said, upstream_));
  Options there = lenient;
  there.path = request_path(upstream_, false, frame_.model, false);
  WEIR_TRY_ASSIGN(parsed, parse_request(upstream_, translated.body_, there));
  for (exchange::Message& message : parsed.request.messages) {
    if (message.role == exchange::Role::planner) return std::move(message);
  }
  return exchange::Message{exchange::Role::planner, {}, {}};
}

std::string error_reply(Dialect client, int status, std::string_view upstream_body) {
  const auto document = json::parse(std::string(upstream_body));
  const json::Value root = document ? document->root() : json::Value();
  const json::Value error = root["error"].exists() ? root["error"] : root;
  std::string message(error["message"].string_or(error.string_or("")));
  if (message.empty()) message = fmt::format("the upstream answered {}", status);
  const std::string_view code = error["code"].string_or(error["type"].string_or(""));
  // Agents shorten their conversation when they are told so in their API's own words.
  const bool too_long = code == "context_length_exceeded" || code == "exceed_context_size_error" ||
                        message.starts_with("prompt is too long");
  json::Writer out;
  out.begin_object();
  if (client == Dialect::ollama) return out.field("error", message).end_object().take();
  if (client == Dialect::gemini) {
    out.key("error").begin_object().key("code").integer(status);
    return out.field("message", message)
        .field("status", google_status(status))
        .end_object()
        .end_object()
        .take();
  }
  if (client == Dialect::messages) {
    if (too_long && !message.starts_with("prompt is too long")) message = "prompt is too long: " + message;
    out.field("type", "error").key("error").begin_object().field("type", anthropic_type(status));
    out.field("message", message);
  } else {
    out.key("error").begin_object().field("message", message).field("type", openai_type(status));
    out.key("param").null().key("code");
    if (too_long) {
      out.string("context_length_exceeded");
    } else if (code.empty()) {
      out.null();
    } else {
      out.string(code);
    }
  }
  return out.end_object().end_object().take();
}

std::string request_path(Dialect dialect, bool counts, std::string_view model, bool stream) {
  switch (dialect) {
    case Dialect::chat_completions:
      return counts ? "" : "/chat/completions";
    case Dialect::messages:
      return counts ? "/messages/count_tokens" : "/messages";
    case Dialect::responses:
      return counts ? "/responses/input_tokens" : "/responses";
    case Dialect::ollama:
      return counts ? "" : "/chat";
    case Dialect::gemini:
      // Its counts have another form than the others'.
      if (counts) return "";
      return stream ? gemini_path(model, kGenerateStream) + "?alt=sse" : gemini_path(model, kGenerate);
  }
  return {};
}

}  // namespace weir::wire::translate
