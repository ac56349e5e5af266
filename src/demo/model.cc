#include "demo/model.h"

#include "base/json.h"
#include "demo/speak.h"

namespace weir::demo {

const std::string_view kGreeting =
    "Hello. I am weir's built-in demo model: no thinking goes on in here, I only do what texts that I read "
    "tell "
    "me. To talk to a real model, name it in weir.toml: [upstream.main] with url = "
    "\"http://127.0.0.1:8080/v1\" "
    "or any other server that speaks the same API, and key_env where it wants a key.";

namespace {

std::string models_json() {
  return R"({"object":"list","data":[{"id":"weir-demo","object":"model","created":0,"owned_by":"weir",)"
         R"("type":"model","display_name":"weir demo model","created_at":"1970-01-01T00:00:00Z"}],)"
         R"("has_more":false,"first_id":"weir-demo","last_id":"weir-demo"})";
}

void respond_json(net::ServerCall& call, int status, std::string body) {
  call.respond(status, {{"Content-Type", "application/json"}}, std::move(body));
}

}  // namespace

ModelServer::ModelServer(net::Loop& loop, ModelOptions options)
    : options_(std::move(options)),
      server_(loop, {.error_body = [](int, std::string_view text) { return chat_completions_error(text); }},
              [this](const std::shared_ptr<net::ServerCall>& call) { handle(call); }) {
  for (const std::string& canary : options_.canaries) emitted_[canary];
}

void ModelServer::handle(const std::shared_ptr<net::ServerCall>& call) {
  const std::string_view path = std::string_view(call->target()).substr(0, call->target().find('?'));
  if (path == "/v1/models" && call->method() == "GET") return respond_json(*call, 200, models_json());
  const bool chat = path == "/v1/chat/completions";
  const bool messages = path == "/v1/messages";
  const bool count_tokens = path == "/v1/messages/count_tokens";
  if (!chat && !messages && !count_tokens) {
    return respond_json(*call, 404, chat_completions_error("there is nothing at this address"));
  }
  if (call->method() != "POST") return respond_json(*call, 405, chat_completions_error("only POST"));
  if (count_tokens) {
    const size_t tokens = call->body().size() / 4 + 1;  // about what a tokenizer makes of English
    return respond_json(*call, 200, "{\"input_tokens\":" + std::to_string(tokens) + "}");
  }
  answer(*call, messages);
}

void ModelServer::answer(net::ServerCall& call, bool messages) {
  ++requests_;
  const auto refuse = [&](const Error& error) {
    respond_json(call, 400, messages ? messages_error(error.text()) : chat_completions_error(error.text()));
  };
  const std::string raw = std::move(call.body());
  const auto body = json::parse(raw);
  if (!body) return refuse(body.error());
  const auto history = messages ? read_messages(body->root()) : read_chat_completions(body->root());
  if (!history) return refuse(history.error());
  const Turn turn = next_turn(*history, options_.greeting);
  count_shown(raw, turn.as_reader);
  count(turn);
  if (!history->stream) {
    return respond_json(call, 200, messages ? message(*history, turn) : chat_completion(*history, turn));
  }
  call.start(200, {{"Content-Type", "text/event-stream"}, {"Cache-Control", "no-cache"}});
  call.write(messages ? message_stream(*history, turn, options_.fragment_bytes)
                      : chat_completion_stream(*history, turn, options_.fragment_bytes));
  call.finish();
}

void ModelServer::count_shown(std::string_view body, bool reader) {
  for (auto& [canary, emitted] : emitted_) {
    if (body.find(canary) != std::string_view::npos) ++(reader ? emitted.reader_shown : emitted.shown);
  }
}

void ModelServer::count(const Turn& turn) {
  if (turn.as_reader) reader_calls_ += turn.calls.size();
  for (auto& [canary, emitted] : emitted_) {
    for (const WantedCall& call : turn.calls) {
      if (call.arguments.find(canary) == std::string::npos) continue;
      ++(turn.as_reader ? emitted.reader_count : emitted.count);
      if (turn.as_reader) continue;
      if (emitted.call_ids.size() < kIdsKept) emitted.call_ids.push_back(call.id);
    }
  }
}

}  // namespace weir::demo
