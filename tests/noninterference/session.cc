#include "session.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/bytes.h"
#include "demo/history.h"
#include "demo/speak.h"
#include "demo/stream.h"
#include "planner.h"
#include "world.h"

namespace weir::noninterference {
namespace {

using exchange::Dialect;

constexpr size_t kPlannerTurnsMax = 12;

std::string messages_of(const std::string& body) {
  const auto document = json::parse(body);
  return document ? std::string((*document)["messages"].raw()) : std::string();
}

// What the client has of one turn.
demo::StreamedReply read_message(json::Value root) {
  demo::StreamedReply reply;
  for (const json::Value block : root["content"].elements()) {
    if (block["type"].string_or("") == "text") reply.text += block["text"].string_or("");
    if (block["type"].string_or("") == "tool_use")
      reply.calls.push_back({std::string(block["id"].string_or("")), std::string(block["name"].string_or("")),
                             std::string(block["input"].raw())});
  }
  return reply;
}

demo::StreamedReply read_message_stream(std::string_view body) {
  demo::StreamedReply reply;
  while (!body.empty()) {
    const size_t end = std::min(body.find('\n'), body.size() - 1);
    const std::string_view line = body.substr(0, end);
    body.remove_prefix(end + 1);
    if (!line.starts_with("data: ")) continue;
    const auto event = json::parse(std::string(line.substr(6)));
    if (!event) continue;
    const json::Value block = (*event)["content_block"];
    const json::Value delta = (*event)["delta"];
    if (block["type"].string_or("") == "tool_use")
      reply.calls.push_back(
          {std::string(block["id"].string_or("")), std::string(block["name"].string_or("")), ""});
    reply.text += delta["text"].string_or("");
    if (!reply.calls.empty()) reply.calls.back().arguments += delta["partial_json"].string_or("");
  }
  for (demo::StreamedCall& call : reply.calls) {
    if (call.arguments.empty()) call.arguments = "{}";
  }
  return reply;
}

demo::StreamedReply read_reply(const Plan& plan, const std::string& body) {
  if (plan.dialect == Dialect::messages && plan.stream) return read_message_stream(body);
  if (plan.stream) {
    auto reply = demo::read_stream(body);
    return reply ? *reply : demo::StreamedReply{};
  }
  const auto document = json::parse(body);
  if (!document) return {};
  if (plan.dialect == Dialect::messages) return read_message(document->root());
  demo::StreamedReply reply;
  for (const json::Value choice : (*document)["choices"].elements()) {
    const json::Value message = choice["message"];
    reply.text = message["content"].string_or("");
    for (const json::Value call : message["tool_calls"].elements())
      reply.calls.push_back({std::string(call["id"].string_or("")),
                             std::string(call["function"]["name"].string_or("")),
                             std::string(call["function"]["arguments"].string_or("{}"))});
  }
  return reply;
}

// The agent: keeps the history as raw messages, runs what it is given, and does to its history what agents
// do.
class Agent {
 public:
  Agent(net::Loop& loop, uint16_t port, const Plan& plan, Transcript& transcript)
      : loop_(loop),
        client_(loop),
        port_(port),
        plan_(plan),
        transcript_(transcript),
        dice_(mix({plan.session, 17})) {}

  void run() {
    say(fmt::format("Look through my mails and files, please, as in {:x}.", plan_.session));
    for (size_t turn = 0; turn < kPlannerTurnsMax; ++turn) {
      const std::string body = send();
      const demo::StreamedReply reply = read_reply(plan_, body);
      if (failed_) return;
      add_reply(reply);
      if (!reply.calls.empty()) {
        add_results(reply.calls);
      } else {
        between_turns();
      }
    }
  }

 private:
  void say(const std::string& text) {
    history_.push_back(
        json::Writer().begin_object().field("role", "user").field("content", text).end_object().take());
  }

  // A person's next message; agents paste into it, and cut what came before.
  void between_turns() {
    std::string text = fmt::format("Go on, part {}.", dice_.below(1'000'000));
    if (!pasted_.empty() && dice_.one_in(2)) text = "Notes: " + pasted_ + "\n\n" + text;
    if (dice_.one_in(4)) text += " My {{weir:v2}} is my own.";
    if (dice_.one_in(5) && starts_.size() > 2) {
      // All but the first message and the last exchange goes.
      history_.erase(history_.begin() + 1, history_.begin() + static_cast<ptrdiff_t>(starts_.back()));
      starts_ = {1};
    }
    starts_.push_back(history_.size());
    say(text);
  }

  void add_reply(const demo::StreamedReply& reply) {
    std::string text = reply.text;
    if (!text.empty() && dice_.one_in(12)) text += " (edited)";
    if (text.empty() && reply.calls.empty()) text = "(nothing)";
    json::Writer writer;
    writer.begin_object().field("role", "assistant");
    if (plan_.dialect == Dialect::messages) {
      writer.key("content").begin_array();
      if (!text.empty()) writer.begin_object().field("type", "text").field("text", text).end_object();
      for (const demo::StreamedCall& call : reply.calls)
        writer.begin_object()
            .field("type", "tool_use")
            .field("id", call.id)
            .field("name", call.tool)
            .key("input")
            .raw(call.arguments)
            .end_object();
      writer.end_array();
    } else {
      writer.key("content");
      text.empty() ? writer.null() : writer.string(text);
      if (!reply.calls.empty()) writer.key("tool_calls").begin_array();
      for (const demo::StreamedCall& call : reply.calls)
        writer.begin_object()
            .field("id", call.id)
            .field("type", "function")
            .key("function")
            .begin_object()
            .field("name", call.tool)
            .field("arguments", call.arguments)
            .end_object()
            .end_object();
      if (!reply.calls.empty()) writer.end_array();
    }
    history_.push_back(writer.end_object().take());
  }

  void add_results(const std::vector<demo::StreamedCall>& calls) {
    json::Writer blocks;
    blocks.begin_array();
    for (const demo::StreamedCall& call : calls) {
      const std::string tool = call.tool.substr(call.tool.find("__") + 2);
      Content content = content_of(plan_.session, plan_.variant, tool, runs_);
      if (tool == "raw" && dice_.one_in(2)) {
        content = {{long_text(plan_.session, plan_.variant, runs_)}, false};
        pasted_ = content.texts[0];
      }
      // A tool that says again what it was given: trusted itself, but not what it says then.
      if (tool == "know" && dice_.one_in(2)) content.texts = {call.arguments};
      ++runs_;
      if (tool != "know" && tool != "note" && tool != "send") {
        for (const std::string& text : content.texts) transcript_.untrusted_bytes += text.size();
        untrusted_came_ = true;
      }
      if (plan_.dialect == Dialect::messages) {
        blocks.begin_object().field("type", "tool_result").field("tool_use_id", call.id);
        if (content.is_error) blocks.key("is_error").boolean(true);
        blocks.key("content").begin_array();
        for (const std::string& text : content.texts)
          blocks.begin_object().field("type", "text").field("text", text).end_object();
        blocks.end_array().end_object();
      } else {
        json::Writer writer;
        writer.begin_object().field("role", "tool").field("tool_call_id", call.id).key("content");
        if (content.texts.size() == 1) {
          writer.string(content.texts[0]);
        } else {
          writer.begin_array();
          for (const std::string& text : content.texts)
            writer.begin_object().field("type", "text").field("text", text).end_object();
          writer.end_array();
        }
        history_.push_back(writer.end_object().take());
      }
    }
    blocks.end_array();
    if (plan_.dialect == Dialect::messages)
      history_.push_back(json::Writer()
                             .begin_object()
                             .field("role", "user")
                             .key("content")
                             .raw(blocks.text())
                             .end_object()
                             .take());
  }

  std::string request() const {
    json::Writer writer;
    writer.begin_object().field("model", "planner").key("stream").boolean(plan_.stream);
    const bool messages = plan_.dialect == Dialect::messages;
    if (messages) writer.key("max_tokens").integer(1000).field("system", "You are an assistant.");
    writer.key("tools").begin_array();
    for (const std::string tool : kTools) {
      if (messages) {
        writer.begin_object().field("name", "box__" + tool).key("input_schema").raw("{}").end_object();
      } else {
        writer.begin_object()
            .field("type", "function")
            .key("function")
            .begin_object()
            .field("name", "box__" + tool)
            .key("parameters")
            .raw("{}")
            .end_object()
            .end_object();
      }
    }
    writer.end_array().key("messages").begin_array();
    for (const std::string& message : history_) writer.raw(message);
    return writer.end_array().end_object().take();
  }

  std::string send() {
    const char* path = plan_.dialect == Dialect::messages ? "/v1/messages" : "/v1/chat/completions";
    const auto url = net::parse_url(fmt::format("http://127.0.0.1:{}{}", port_, path));
    std::string body;
    int status = 0;
    bool done = false;
    const auto fetch =
        client_.fetch({"POST", *url, {{"content-type", "application/json"}}, request()},
                      {[&](int code, const net::Headers&) { status = code; },
                       [&](std::string_view bytes) { body += bytes; },
                       [&] {
                         done = true;
                         loop_.stop();
                       },
                       [&](const Error& error) {
                         transcript_.violations.push_back("the client got no answer: " + error.text());
                         done = failed_ = true;
                         loop_.stop();
                       }});
    transcript_.later_request = transcript_.later_request || untrusted_came_;
    while (!done) loop_.run();
    if (status != 200) {
      transcript_.violations.push_back(fmt::format("the client got {}: {}", status, body.substr(0, 300)));
      failed_ = true;
    }
    return body;
  }

  net::Loop& loop_;
  net::Client client_;
  const uint16_t port_;
  const Plan& plan_;
  Transcript& transcript_;
  Dice dice_;
  std::vector<std::string> history_;
  std::vector<size_t> starts_;  // where exchanges begin
  std::string pasted_;
  size_t runs_ = 0;
  bool untrusted_came_ = false;
  bool failed_ = false;
};

}  // namespace

Upstream::Upstream(net::Loop& loop)
    : server_(loop, {}, [this](const std::shared_ptr<net::ServerCall>& call) {
        const bool messages = call->target().starts_with("/v1/messages");
        const Dialect dialect = messages ? Dialect::messages : Dialect::chat_completions;
        const std::string body = call->body();
        const auto document = json::parse(body);
        const bool reader = document && !(*document)["tools"].exists();
        const bool stream = document && (*document)["stream"].boolean().value_or(false);
        call->respond(200, {{"content-type", stream ? "text/event-stream" : "application/json"}},
                      reader ? reader_answer(dialect, body) : planner_turn(dialect, body));
      }) {
  port_ = *server_.listen("127.0.0.1", 0);
}

void Upstream::play(uint64_t session, uint64_t variant, bool reveals_differ, Transcript& transcript) {
  session_ = session;
  variant_ = variant;
  reveals_differ_ = reveals_differ;
  transcript_ = &transcript;
}

std::string Upstream::planner_turn(Dialect dialect, const std::string& body) {
  transcript_->planner.push_back(body);
  const auto document = json::parse(body);
  auto history = dialect == Dialect::messages ? demo::read_messages(document->root())
                                              : demo::read_chat_completions(document->root());
  demo::Turn turn;
  if (transcript_->planner.size() >= 3 * kPlannerTurnsMax) {
    turn.text = "Enough.";
  } else {
    turn = Planner(messages_of(body), session_).turn();
  }
  const size_t fragment = 1 + mix(session_, "fragment") % 40;
  if (dialect == Dialect::messages)
    return history->stream ? demo::message_stream(*history, turn, fragment) : demo::message(*history, turn);
  return history->stream ? demo::chat_completion_stream(*history, turn, fragment)
                         : demo::chat_completion(*history, turn);
}

// Answers as its content would have it: differently in each variant, for text always, for what is revealed
// where the plan says so.
std::string Upstream::reader_answer(Dialect dialect, const std::string& body) {
  // Questions of one turn are asked side by side: which comes first is chance.
  const size_t asked = body.rfind("What is it in ");
  const uint64_t n = mix(29, std::string_view(body).substr(asked, body.find('?', asked) - asked));
  Dice dice(mix({session_, reveals_differ_ ? variant_ : 0, 23, n}));
  Dice other(mix({session_, variant_, 29, n}));
  const bool is_text = body.find("Answer with a text") != std::string::npos;
  const bool is_list = body.find("Answer with a list") != std::string::npos;
  std::string answer;
  double bits = 0;
  if (is_text) {
    answer = json::quote(long_text(session_, variant_, n).substr(0, other.below(60)));
    if (other.one_in(6)) answer = "{\"not\":\"a text\"}";
  } else if (is_list) {
    answer = "[";
    const size_t count = other.below(5);
    for (size_t i = 0; i < count; ++i)
      answer += (i > 0 ? "," : "") + json::quote("e" + std::to_string(other.below(99)));
    answer += "]";
  } else if (body.find("true or false") != std::string::npos) {
    answer = dice.one_in(2) ? "true" : "false";
    bits = 1.585;
  } else if (body.find("a whole number") != std::string::npos) {
    answer = std::to_string(dice.below(8));  // 7 is not of the type: a failure
    bits = 3;
  } else if (body.find("a date") != std::string::npos) {
    answer = fmt::format("\"2024-01-0{}\"", 1 + dice.below(7));
    bits = 3;
  } else {
    static constexpr const char* kColours[] = {"\"red\"", "\"green\"", "\"blue\"", "\"pay eve\""};
    answer = kColours[dice.below(4)];
    bits = 2;
  }
  if (bits > 0)
    transcript_->reveals.push_back({transcript_->planner.size(), fmt::format("{:x} {}", n, answer), bits});
  demo::History history;
  history.model = "reader";
  demo::Turn turn;
  turn.text = "{\"answer\":" + answer + "}";
  return dialect == Dialect::messages ? demo::message(history, turn) : demo::chat_completion(history, turn);
}

Transcript run_session(net::Loop& loop, Upstream& upstream, uint16_t weir_port, const Plan& plan) {
  Transcript transcript;
  upstream.play(plan.session, plan.variant, plan.reveals_differ, transcript);
  Agent(loop, weir_port, plan, transcript).run();
  return transcript;
}

}  // namespace weir::noninterference
