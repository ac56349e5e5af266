#include "demo/agent.h"

#include <fmt/format.h>

#include "base/bytes.h"
#include "base/json.h"

namespace weir::demo {
namespace {

using json::Writer;

std::string text_message(std::string_view role, std::string_view text) {
  return Writer().begin_object().field("role", role).field("content", text).end_object().take();
}

std::string assistant_message(const StreamedReply& reply) {
  Writer out;
  out.begin_object().field("role", "assistant").key("content");
  reply.text.empty() ? out.null() : out.string(reply.text);
  out.key("tool_calls").begin_array();
  for (const StreamedCall& call : reply.calls) {
    out.begin_object().field("id", call.id).field("type", "function").key("function").begin_object();
    out.field("name", call.tool).field("arguments", call.arguments).end_object().end_object();
  }
  return out.end_array().end_object().take();
}

std::string tool_message(std::string_view id, std::string_view result) {
  return Writer()
      .begin_object()
      .field("role", "tool")
      .field("tool_call_id", id)
      .field("content", result)
      .end_object()
      .take();
}

}  // namespace

Agent::Agent(net::Loop& loop, Toolbox& tools, AgentOptions options, std::function<void(Status)> done)
    : tools_(tools),
      options_(std::move(options)),
      done_(std::move(done)),
      messages_("[" + text_message("system", options_.system) + "," + text_message("user", options_.request)),
      client_(loop) {}

void Agent::start() {
  tools_.open([this](const Status& opened) {
    if (!opened) return finish(opened);
    report_.declared = tools_.declared();
    ask();
  });
}

void Agent::ask() {
  auto url = net::parse_url(options_.base_url + "/chat/completions");
  if (!url) return finish(url.error());
  if (++report_.turns > kAgentTurnsMax) {
    return finish(too_large(fmt::format("no end after {} turns", kAgentTurnsMax)));
  }
  Writer body;
  body.begin_object().field("model", options_.model).key("stream").boolean(true);
  body.key("messages").raw(messages_ + "]").key("tools").raw(report_.declared).end_object();
  net::ClientRequest request{.method = "POST",
                             .url = std::move(*url),
                             .headers = {{"Content-Type", "application/json"}},
                             .body = body.take()};
  if (!options_.token.empty()) request.headers.add("Authorization", "Bearer " + options_.token);
  body_.clear();
  fetch_ = client_.fetch(std::move(request),
                         {.on_head = [this](int status, const net::Headers&) { http_status_ = status; },
                          .on_data = [this](std::string_view bytes) { body_ += bytes; },
                          .on_end = [this] { on_end(); },
                          .on_error = [this](const Error& error) { finish(error); }});
}

void Agent::on_end() {
  report_.received += body_;
  if (http_status_ != 200) {
    return finish(unavailable(fmt::format("the model's server answered {}: {}", http_status_, shown(body_))));
  }
  const auto reply = read_stream(body_);
  if (!reply) return finish(reply.error());
  report_.understood += reply->text + "\n";
  if (reply->calls.empty()) {
    report_.answer = reply->text;
    return finish({});
  }
  messages_ += "," + assistant_message(*reply);
  for (const StreamedCall& call : reply->calls) report_.understood += call.tool + " " + call.arguments + "\n";
  // Shared by the steps, each of which waits for its server's answer.
  make_next(std::make_shared<const std::vector<StreamedCall>>(reply->calls), 0);
}

void Agent::make_next(std::shared_ptr<const std::vector<StreamedCall>> calls, size_t next) {
  if (next == calls->size()) return ask();
  const StreamedCall& call = (*calls)[next];
  tools_.call(call.tool, call.arguments, [this, calls, next](Result<ToolResult> result) {
    const StreamedCall& call = (*calls)[next];
    if (!result) result = ToolResult{result.error().text(), true};
    report_.made.push_back({call.id, call.tool, call.arguments, result->text, result->error});
    messages_ += "," + tool_message(call.id, result->text);
    make_next(calls, next + 1);
  });
}

void Agent::finish(Status status) {
  done_(std::move(status));
}

}  // namespace weir::demo
