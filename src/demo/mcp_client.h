// McpClient: an ordinary MCP client over streamable HTTP (revision 2025-11-25), one request at a time.
//
// A reader of its own, apart from `wire`, so that the demo's agent does not see through weir's eyes. What a
// server asks or announces by the way is passed over; lists are taken to come whole. On the loop's thread.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/json.h"
#include "net/client.h"

namespace weir::demo {

struct McpTool {
  std::string name, description, schema;  // as its server wrote it; the schema is JSON text
};

struct ToolResult {
  std::string text;    // of all text blocks
  bool error = false;  // the server says that the call failed, or that it was not made
};

class McpClient {
 public:
  using Tools = std::function<void(Result<std::vector<McpTool>>)>;
  using Called = std::function<void(Result<ToolResult>)>;

  // `token` empty: no credential is sent.
  McpClient(net::Loop& loop, std::string url, std::string token);

  // Opens a session and lists its tools. Errors: of the client, of HTTP and of the protocol.
  void open(Tools done);
  // After open(). `arguments` is a JSON object. A JSON-RPC error is an error here as well.
  void call(std::string_view tool, std::string_view arguments, Called done);

 private:
  using Answered = std::function<void(Result<json::Document>)>;  // the whole message

  void request(std::string_view method, std::string_view params, Answered done);
  void post(std::string body, Answered done);
  Result<json::Document> read() const;

  const std::string url_, token_;
  std::string session_;  // as the server named it; empty: it has none
  int64_t next_id_ = 1;
  int status_ = 0;
  std::string type_, body_;
  Answered done_;
  net::Client client_;
  std::unique_ptr<net::Fetch> fetch_;
};

}  // namespace weir::demo
