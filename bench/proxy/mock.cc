// A model upstream that answers at once and thinks nothing: what a proxy's own cost is measured against.
//
//   bench_mock [call-id prefix [answer bytes]]        prints its port, then serves until it is killed
//
// The model's name says what to answer: "text" or "tool" (one call of mail__search), or "refer" (the same
// with the reference to the last list of the request, if there is one); a request with "stream":true is
// answered as a stream, each event in a write of its own. Every answer differs from all others. Reads only
// the first bytes of a request, where our own client puts both; what a peer moved behind the messages is
// looked for in the whole of it, as is the reference of "refer".
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "net/server.h"
#include "words.h"

namespace weir::bench {
namespace {

constexpr size_t kTextPiece = 20;  // about what a token is, a few at a time
constexpr size_t kArgumentsPiece = 16;

std::string event(const std::string& id, std::string_view delta, std::string_view reason) {
  return fmt::format(
      "data: {{\"id\":\"{}\",\"object\":\"chat.completion.chunk\",\"created\":1760000000,\"model\":\"bench\","
      "\"choices\":[{{\"index\":0,\"delta\":{},\"finish_reason\":{}}}]}}\n\n",
      id, delta, reason);
}

class Mock {
 public:
  Mock(net::Loop& loop, std::string prefix, size_t answer_bytes)
      : loop_(loop),
        prefix_(std::move(prefix)),
        answer_bytes_(answer_bytes),
        words_(std::hash<std::string>{}(prefix_)),
        server_(loop, options(), [this](std::shared_ptr<net::ServerCall> call) { handle(call); }) {}

  Result<uint16_t> listen() { return server_.listen("127.0.0.1", 0); }

 private:
  static net::ServerOptions options() {
    net::ServerOptions options;
    options.idle_timeout_ms = 600'000;
    return options;
  }

  void handle(const std::shared_ptr<net::ServerCall>& call) {
    const std::string_view model = value_of(call->body(), "\"model\":");
    const bool refer = model.starts_with("\"refer\"");
    const bool tool = refer || model.starts_with("\"tool\"");
    const bool stream = value_of(call->body(), "\"stream\":").starts_with("true");
    const std::string id = fmt::format("{}{}", prefix_, ++count_);
    if (stream) return send(call, tool ? tool_events(id) : text_events(id), 0);
    const std::string message =
        tool ? fmt::format(
                   R"({{"role":"assistant","content":null,"tool_calls":[{{"id":"{}","type":"function",)"
                   R"("function":{{"name":"mail__search","arguments":"{{\"query\":\"{}\"}}"}}}}]}})",
                   id, refer ? last_reference(call->body()) : query())
             : fmt::format(R"({{"role":"assistant","content":"{}"}})", words_.prose(answer_bytes_));
    call->respond(
        200, {{"content-type", "application/json"}},
        fmt::format(R"({{"id":"{}","object":"chat.completion","created":1760000000,"model":"bench",)"
                    R"("choices":[{{"index":0,"message":{},"finish_reason":"{}"}}],)"
                    R"("usage":{{"prompt_tokens":9,"completion_tokens":9,"total_tokens":18}}}})",
                    id, message, tool ? "tool_calls" : "stop"));
  }

  // What follows a key, which has its colon; text within strings cannot hold a bare quote, so this is the
  // key.
  static std::string_view value_of(std::string_view body, std::string_view key) {
    constexpr size_t kHead = 200;
    size_t at = body.substr(0, kHead).find(key);
    if (at == std::string_view::npos) at = body.find(key);
    if (at == std::string_view::npos) return {};
    body.remove_prefix(at + key.size());
    return body.substr(std::min(body.find_first_not_of(' '), body.size()));
  }

  std::string last_reference(std::string_view body) {
    constexpr std::string_view kBefore = R"(\"all\":\")";
    const size_t at = body.rfind(R"(\"all\":\"{{weir:v)");
    const size_t end = at == std::string_view::npos ? at : body.find("}}", at);
    if (end == std::string_view::npos) return query();
    return std::string(body.substr(at + kBefore.size(), end + 2 - at - kBefore.size()));
  }

  std::string query() { return fmt::format("invoice {} of {}", words_.number(1'000'000), words_.prose(12)); }

  std::vector<std::string> text_events(const std::string& id) {
    std::vector<std::string> events{event(id, R"({"role":"assistant","content":""})", "null")};
    const std::string text = words_.prose(answer_bytes_);
    for (size_t at = 0; at < text.size(); at += kTextPiece)
      events.push_back(event(id, fmt::format(R"({{"content":"{}"}})", text.substr(at, kTextPiece)), "null"));
    return ended(std::move(events), id, "\"stop\"");
  }

  std::vector<std::string> tool_events(const std::string& id) {
    std::vector<std::string> events{
        event(id,
              fmt::format(R"({{"role":"assistant","content":null,"tool_calls":[{{"index":0,"id":"{}","type":)"
                          R"("function","function":{{"name":"mail__search","arguments":""}}}}]}})",
                          id),
              "null")};
    const std::string text = query();
    const auto arguments = [&](std::string_view piece) {
      events.push_back(
          event(id, fmt::format(R"({{"tool_calls":[{{"index":0,"function":{{"arguments":"{}"}}}}]}})", piece),
                "null"));
    };
    arguments(R"({\"query\":\")");
    for (size_t at = 0; at < text.size(); at += kArgumentsPiece) arguments(text.substr(at, kArgumentsPiece));
    arguments(R"(\"})");
    return ended(std::move(events), id, "\"tool_calls\"");
  }

  static std::vector<std::string> ended(std::vector<std::string> events, const std::string& id,
                                        std::string_view reason) {
    events.push_back(event(id, "{}", reason) + "data: [DONE]\n\n");
    return events;
  }

  void send(const std::shared_ptr<net::ServerCall>& call, std::vector<std::string> events, size_t at) {
    if (call->closed()) return;
    if (at == 0) call->start(200, {{"content-type", "text/event-stream"}});
    call->write(events[at]);
    if (at + 1 == events.size()) return call->finish();
    loop_.post(
        [this, call, events = std::move(events), at]() mutable { send(call, std::move(events), at + 1); });
  }

  net::Loop& loop_;
  const std::string prefix_;
  const size_t answer_bytes_;
  uint64_t count_ = 0;
  Words words_;
  net::Server server_;
};

}  // namespace
}  // namespace weir::bench

int main(int argc, char** argv) {
  weir::net::Loop loop;
  weir::bench::Mock mock(loop, argc > 1 ? argv[1] : "call_",
                         argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 600);
  const auto port = mock.listen();
  if (!port) {
    fmt::print(stderr, "bench_mock: {}\n", port.error().text());
    return 1;
  }
  fmt::print("{}\n", *port);
  std::fflush(stdout);
  loop.run();
}
