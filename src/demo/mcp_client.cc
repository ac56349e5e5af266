#include "demo/mcp_client.h"

#include <fmt/format.h>

#include "base/bytes.h"

namespace weir::demo {
namespace {

constexpr std::string_view kRevision = "2025-11-25";
constexpr std::string_view kHello =
    R"({"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"weir-demo","version":"1"}})";

std::string message(std::string_view method, std::string_view params, int64_t id) {
  json::Writer out;
  out.begin_object().field("jsonrpc", "2.0").field("method", method);
  if (id > 0) out.key("id").integer(id);
  if (!params.empty()) out.key("params").raw(std::string(params));
  return out.end_object().take();
}

// The answer among the events of a stream.
Result<json::Document> answer_of(std::string_view events) {
  for (size_t at = 0; at < events.size();) {
    const size_t end = std::min(events.find('\n', at), events.size());
    std::string_view line = events.substr(at, end - at);
    at = end + 1;
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (!line.starts_with("data:")) continue;
    auto found = json::parse(std::string(line.substr(5)));
    if (found && ((*found)["result"].exists() || (*found)["error"].exists())) return found;
  }
  return bad_input("the stream ended without an answer");
}

Result<ToolResult> tool_result(json::Value result) {
  if (!result["content"].is_array()) return bad_input("a tool's result without content");
  ToolResult out{.text = {}, .error = result["isError"].boolean().value_or(false)};
  for (const json::Value block : result["content"].elements()) {
    if (!out.text.empty()) out.text += '\n';
    out.text += block["text"].string_or("");
  }
  return out;
}

}  // namespace

McpClient::McpClient(net::Loop& loop, std::string url, std::string token)
    : url_(std::move(url)), token_(std::move(token)), client_(loop) {}

void McpClient::open(Tools done) {
  request("initialize", kHello, [this, done = std::move(done)](const Result<json::Document>& hello) {
    if (!hello) return done(hello.error());
    post(message("notifications/initialized", {}, 0), [this, done](const Result<json::Document>& noted) {
      if (!noted) return done(noted.error());
      request("tools/list", {}, [done](const Result<json::Document>& listed) {
        if (!listed) return done(listed.error());
        std::vector<McpTool> tools;
        for (const json::Value tool : (*listed)["result"]["tools"].elements()) {
          const json::Value schema = tool["inputSchema"];
          tools.push_back({std::string(tool["name"].string_or("")),
                           std::string(tool["description"].string_or("")),
                           schema.exists() ? std::string(schema.raw()) : "{}"});
        }
        done(std::move(tools));
      });
    });
  });
}

void McpClient::call(std::string_view tool, std::string_view arguments, Called done) {
  json::Writer params;
  params.begin_object().field("name", tool).key("arguments").raw(std::string(arguments)).end_object();
  request("tools/call", params.take(), [done = std::move(done)](const Result<json::Document>& answer) {
    if (!answer) return done(answer.error());
    done(tool_result((*answer)["result"]));
  });
}

void McpClient::request(std::string_view method, std::string_view params, Answered done) {
  post(message(method, params, next_id_++), [done = std::move(done)](Result<json::Document> answer) {
    if (answer && (*answer)["error"].exists())
      return done(unavailable(shown((*answer)["error"]["message"].string_or("an error without a message"))));
    done(std::move(answer));
  });
}

void McpClient::post(std::string body, Answered done) {
  auto url = net::parse_url(url_);
  if (!url) return done(url.error());
  net::ClientRequest request{.method = "POST",
                             .url = std::move(*url),
                             .headers = {{"Content-Type", "application/json"},
                                         {"Accept", "application/json, text/event-stream"},
                                         {"MCP-Protocol-Version", std::string(kRevision)}},
                             .body = std::move(body)};
  if (!session_.empty()) request.headers.add("Mcp-Session-Id", session_);
  if (!token_.empty()) request.headers.add("Authorization", "Bearer " + token_);
  done_ = std::move(done);
  body_.clear();
  // Taken out first: done may make the next request.
  const auto finish = [this](Result<json::Document> result) {
    std::exchange(done_, nullptr)(std::move(result));
  };
  fetch_ = client_.fetch(std::move(request), {.on_head =
                                                  [this](int status, const net::Headers& headers) {
                                                    status_ = status;
                                                    type_ = headers.find("Content-Type").value_or("");
                                                    if (const auto session = headers.find("Mcp-Session-Id"))
                                                      session_ = *session;
                                                  },
                                              .on_data = [this](std::string_view bytes) { body_ += bytes; },
                                              .on_end = [this, finish] { finish(read()); },
                                              .on_error = [finish](const Error& error) { finish(error); }});
}

Result<json::Document> McpClient::read() const {
  if (status_ / 100 != 2)
    return unavailable(fmt::format("the MCP server answered {}: {}", status_, shown(body_)));
  if (type_.starts_with("text/event-stream")) return answer_of(body_);
  return json::parse(body_.empty() ? "{}" : body_);
}

}  // namespace weir::demo
