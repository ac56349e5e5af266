// An MCP server on streamable HTTP (revision 2025-11-25) that does nothing: what a gateway's own cost is
// measured against.
//
//   bench_mcp_mock [answer bytes]        prints its URL, then serves until it is killed
//
// One tool, "echo", whose answer is the text that it was given, a count, and made-up prose to about that many
// bytes. It keeps no sessions (a session id is given, and not looked at), opens no streams and answers with
// JSON. Any other method gets the error that JSON-RPC has for that, so that clients of the newer revision
// fall back.
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "base/json.h"
#include "net/server.h"
#include "words.h"

namespace weir::bench {
namespace {

constexpr std::string_view kTools =
    R"({"tools":[{"name":"echo","description":"Says again what it is told","inputSchema":{"type":"object",)"
    R"("properties":{"text":{"type":"string","description":"What to say"}},"required":["text"]}}]})";
constexpr std::string_view kHello =
    R"("capabilities":{"tools":{}},"serverInfo":{"name":"bench","version":"1"}})";

class McpMock {
 public:
  McpMock(net::Loop& loop, size_t answer_bytes)
      : prose_(Words(3).prose(answer_bytes)),
        server_(loop, options(), [this](std::shared_ptr<net::ServerCall> call) { handle(*call); }) {}

  Result<uint16_t> listen() { return server_.listen("127.0.0.1", 0); }

 private:
  static net::ServerOptions options() {
    net::ServerOptions options;
    options.idle_timeout_ms = 600'000;
    return options;
  }

  void handle(net::ServerCall& call) {
    if (call.method() == "DELETE") return call.respond(200, {}, "");
    if (call.method() != "POST") return call.respond(405, {{"allow", "POST, DELETE"}}, "");
    const auto message = json::parse(std::move(call.body()));
    if (!message) return call.respond(400, {}, message.error().text());
    const json::Value id = (*message)["id"];
    if (!id.exists()) return call.respond(202, {}, "");
    net::Headers headers{{"content-type", "application/json"}};
    const std::string_view method = (*message)["method"].string_or("");
    if (method == "initialize") headers.set("mcp-session-id", fmt::format("session-{}", ++sessions_));
    const std::string result = answer(method, (*message)["params"]);
    call.respond(200, headers,
                 fmt::format(R"({{"jsonrpc":"2.0","id":{},{}}})", id.raw(),
                             result.empty() ? R"("error":{"code":-32601,"message":"no such method"})"
                                            : fmt::format(R"("result":{})", result)));
  }

  std::string answer(std::string_view method, json::Value params) {
    if (method == "initialize")
      return fmt::format(R"({{"protocolVersion":{},{})",
                         json::quote(std::min(params["protocolVersion"].string_or("2025-11-25"),
                                              std::string_view("2025-11-25"))),
                         kHello);
    if (method == "ping") return "{}";
    if (method == "tools/list") return std::string(kTools);
    if (method != "tools/call" || params["name"].string_or("") != "echo") return {};
    return fmt::format(
        R"({{"content":[{{"type":"text","text":{}}}]}})",
        json::quote(fmt::format("{} {} {}", params["arguments"]["text"].string_or(""), ++calls_, prose_)));
  }

  const std::string prose_;
  uint64_t sessions_ = 0, calls_ = 0;
  net::Server server_;
};

}  // namespace
}  // namespace weir::bench

int main(int argc, char** argv) {
  weir::net::Loop loop;
  weir::bench::McpMock mock(loop, argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 2'048);
  const auto port = mock.listen();
  if (!port) {
    fmt::print(stderr, "bench_mcp_mock: {}\n", port.error().text());
    return 1;
  }
  fmt::print("http://127.0.0.1:{}/mcp\n", *port);
  std::fflush(stdout);
  loop.run();
}
