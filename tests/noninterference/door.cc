#include "door.h"

#include <fmt/format.h>

#include <algorithm>

#include "planner.h"
#include "wire/mcp/message.h"
#include "world.h"

namespace weir::noninterference {

using gateway::mcp::Link;
using gateway::mcp::LinkHandler;
using gateway::mcp::Message;

namespace {

constexpr size_t kTurnsMax = 12;
constexpr int64_t kDelayMsMax = 6;

// As servers write it: text blocks, embedded resources, structuredContent, media, or an error of the
// protocol.
std::string shaped(Dice& dice, const Content& content) {
  json::Writer writer;
  writer.begin_object().key("content").begin_array();
  for (const std::string& text : content.texts) {
    writer.begin_object();
    if (dice.one_in(5)) {
      writer.field("type", "resource")
          .key("resource")
          .begin_object()
          .field("uri", "box://x")
          .field("text", text);
      writer.end_object();
    } else {
      writer.field("type", "text").field("text", text);
    }
    writer.end_object();
  }
  if (dice.one_in(8))
    writer.begin_object()
        .field("type", "image")
        .field("data", "aGk=")
        .field("mimeType", "image/png")
        .end_object();
  writer.end_array();
  if (content.is_error) writer.key("isError").boolean(true);
  if (dice.one_in(6)) writer.key("structuredContent").begin_object().field("n", "x").end_object();
  if (dice.one_in(8)) writer.key("_meta").begin_object().field("note", "{{weir:v1}}").end_object();
  return writer.end_object().take();
}

}  // namespace

class BoxLink final : public Link {
 public:
  BoxLink(Box& box, LinkHandler handler) : box_(box), handler_(std::move(handler)) {}
  size_t queued() const override { return 0; }
  void close() override { alive_.reset(); }
  void send(std::string text, std::string) override {
    auto messages = wire::mcp::parse(std::move(text), false);
    if (!messages || messages->front().kind != wire::mcp::Kind::request) return;
    std::string answer = box_.answer(messages->front());
    // In another order than asked, as the variant has it.
    Dice dice(mix({box_.session_, box_.variant_, 41, box_.runs_}));
    const int64_t delay =
        messages->front().method == "tools/call" ? static_cast<int64_t>(dice.below(kDelayMsMax)) : 0;
    auto timer = std::make_shared<net::Timer>();  // kept by its own callback
    *timer = box_.loop_.after(delay,
                              [this, timer, answer = std::move(answer), alive = std::weak_ptr<bool>(alive_)] {
                                const auto keep = timer;
                                if (!alive.expired()) handler_.on_message(answer);
                              });
  }

 private:
  Box& box_;
  LinkHandler handler_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  // shared with callbacks, weakly
};

gateway::mcp::Dial Box::dial() {
  return [this](const config::Server&, LinkHandler handler) -> Result<std::unique_ptr<Link>> {
    return std::unique_ptr<Link>(new BoxLink(*this, std::move(handler)));
  };
}

void Box::play(uint64_t session, uint64_t variant, Transcript& transcript) {
  session_ = session;
  variant_ = variant;
  runs_ = 0;
  transcript_ = &transcript;
}

std::string Box::answer(const Message& request) {
  if (request.method == "initialize")
    return wire::mcp::result(request.id, R"({"protocolVersion":"2025-11-25","capabilities":{"tools":{}},)"
                                         R"("serverInfo":{"name":"box","version":"1"}})");
  if (request.method == "tools/list") {
    std::string all;
    for (const std::string name : kTools)
      all +=
          fmt::format(R"({}{{"name":"{}","inputSchema":{{"type":"object"}}}})", all.empty() ? "" : ",", name);
    return wire::mcp::result(request.id, "{\"tools\":[" + all + "]}");
  }
  if (request.method != "tools/call")
    return wire::mcp::error(request.id, wire::mcp::code::kMethodNotFound, "no");
  const std::string tool(request.params()["name"].string_or(""));
  const size_t run = runs_++;
  const bool trusted = tool == "know" || tool == "note" || tool == "send";
  Dice dice(mix({session_, trusted ? 0 : variant_, 43, run}));
  if (!trusted && dice.one_in(8))
    return wire::mcp::error(request.id, -32000, long_text(session_, variant_, run));
  if (!trusted && dice.one_in(12)) return wire::mcp::result(request.id, R"({"content":"none"})");
  return wire::mcp::result(request.id, result(tool, request.params()["arguments"].raw(), run));
}

std::string Box::result(std::string_view tool, std::string_view arguments, size_t run) {
  Content content = content_of(session_, variant_, tool, run);
  const bool trusted = tool == "know" || tool == "note" || tool == "send";
  // A tool that says again what it was given: trusted itself, but not what it says then.
  Dice same(mix({session_, 47, run}));
  if (tool == "know" && same.one_in(2)) content.texts = {std::string(arguments)};
  for (const std::string& text : content.texts) transcript_->untrusted_bytes += trusted ? 0 : text.size();
  Dice dice(mix({session_, variant_, 53, run}));
  if (!trusted) return shaped(dice, content);
  return fmt::format(R"({{"content":[{{"type":"text","text":{}}}]}})", json::quote(content.texts.at(0)));
}

namespace {

class Client {
 public:
  Client(net::Loop& loop, uint16_t port, const Plan& plan, Transcript& transcript)
      : loop_(loop), client_(loop), port_(port), plan_(plan), transcript_(transcript) {}

  void run() {
    std::string shown =
        post_all({R"("method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},)"
                  R"("clientInfo":{"name":"t","version":"1"}})"});
    shown += post_all({R"("method":"tools/list")"});
    transcript_.planner.push_back(shown);
    for (size_t turn = 0; turn < kTurnsMax && !failed_; ++turn) {
      shown += fmt::format("turn {}\n", turn);
      std::vector<std::string> requests;
      for (const demo::WantedCall& call : Planner(shown, plan_.session).turn().calls)
        requests.push_back(fmt::format(R"("method":"tools/call","params":{{"name":"{}","arguments":{}}})",
                                       call.tool, call.arguments));
      const std::string answers = post_all(requests);
      transcript_.later_request = transcript_.later_request || transcript_.untrusted_bytes > 0;
      transcript_.planner.push_back(answers);
      shown += answers;
    }
  }

 private:
  struct Reply {
    int status = 0;
    std::string body;
    bool done = false;
    std::unique_ptr<net::Fetch> fetch;
  };

  // Sends them side by side. The answers in the order of the requests: which came first is time.
  std::string post_all(const std::vector<std::string>& requests) {
    const auto url = net::parse_url(fmt::format("http://127.0.0.1:{}/mcp", port_));
    std::vector<std::unique_ptr<Reply>> replies;
    for (const std::string& request : requests) {
      replies.push_back(std::make_unique<Reply>());
      Reply* reply = replies.back().get();
      net::Headers headers{{"content-type", "application/json"},
                           {"accept", "application/json, text/event-stream"}};
      if (!session_.empty()) headers.add("mcp-session-id", session_);
      reply->fetch = client_.fetch(
          {"POST", *url, headers, fmt::format(R"({{"jsonrpc":"2.0","id":{},{}}})", next_++, request)},
          {[this, reply](int status, const net::Headers& head) {
             reply->status = status;
             if (session_.empty()) session_ = head.find("mcp-session-id").value_or("");
           },
           [reply](std::string_view bytes) { reply->body += bytes; },
           [this, reply] {
             reply->done = true;
             loop_.stop();
           },
           [this, reply](const Error& error) {
             transcript_.violations.push_back("no answer at /mcp: " + error.text());
             failed_ = reply->done = true;
             loop_.stop();
           }});
    }
    const auto all_done = [&] {
      return std::all_of(replies.begin(), replies.end(), [](const auto& reply) { return reply->done; });
    };
    while (!all_done()) loop_.run();
    std::string all;
    for (const auto& reply : replies) {
      all += reply->body + "\n";
      if (reply->status == 200) continue;
      transcript_.violations.push_back(
          fmt::format("/mcp said {}: {}", reply->status, reply->body.substr(0, 300)));
      failed_ = true;
    }
    return all;
  }

  net::Loop& loop_;
  net::Client client_;
  const uint16_t port_;
  const Plan& plan_;
  Transcript& transcript_;
  std::string session_;
  int next_ = 1;
  bool failed_ = false;
};

}  // namespace

Transcript run_mcp_session(net::Loop& loop, Upstream& reader, Box& box, uint16_t weir_port,
                           const Plan& plan) {
  Transcript transcript;
  reader.play(plan.session, plan.variant, plan.reveals_differ, transcript);
  box.play(plan.session, plan.variant, transcript);
  Client(loop, weir_port, plan, transcript).run();
  return transcript;
}

}  // namespace weir::noninterference
