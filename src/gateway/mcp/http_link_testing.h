// For tests of the HTTP link: a server whose answers the test writes, its client's link, and what came of
// both.
#pragma once

#include <gtest/gtest.h>

#include <condition_variable>
#include <deque>
#include <mutex>

#include "base/json.h"
#include "gateway/mcp/link.h"
#include "net/server.h"
#include "net/testing.h"

namespace weir::gateway::mcp {

using Call = std::shared_ptr<net::ServerCall>;
using Texts = std::vector<std::string>;

inline const net::Headers kJson = {{"Content-Type", "application/json"}};
inline const net::Headers kEvents = {{"Content-Type", "text/event-stream; charset=utf-8"}};

inline std::string answer_to(std::string_view id, std::string_view result = "{}") {
  return R"({"jsonrpc":"2.0","id":)" + std::string(id) + R"(,"result":)" + std::string(result) + "}";
}
inline std::string ask(std::string_view id, std::string_view method = "tools/call") {
  return R"({"jsonrpc":"2.0","id":)" + std::string(id) + R"(,"method":")" + std::string(method) + "\"}";
}
inline std::string note(std::string_view method) {
  return R"({"jsonrpc":"2.0","method":")" + std::string(method) + "\"}";
}
inline std::string event(std::string_view data, std::string_view id = "") {
  return (id.empty() ? "" : "id: " + std::string(id) + "\n") + "data: " + std::string(data) + "\n\n";
}

// A server, its client's link, and what came of both. The server's `serve` runs on the loop's thread.
class Wired {
 public:
  using Serve = std::function<void(Call)>;

  explicit Wired(Serve serve, bool listen = false) : serve_(std::move(serve)) {
    loop_.on([&] {
      net::ServerOptions options;
      options.body_bytes_max = size_t{128} << 20;
      server_ =
          std::make_unique<net::Server>(loop_.loop(), options, [this](Call call) { take(std::move(call)); });
      port_ = server_->listen("127.0.0.1", 0).value();
      client_ = std::make_unique<net::Client>(loop_.loop());
    });
    open(url(), listen);
  }
  ~Wired() {
    loop_.on([&] {
      link_.reset();
      client_.reset();
      held.clear();
      server_.reset();
    });
  }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_) + "/mcp"; }
  void open(std::string url, bool listen, bool vital = false) {
    loop_.on([&] {
      link_ = open_http(loop_.loop(), *client_,
                        {std::move(url), {{"Authorization", "Bearer t"}}, listen, vital}, handler());
    });
  }
  void send(std::string text, std::string id = "") {
    loop_.on([&] { link_->send(std::move(text), std::move(id)); });
  }
  // initialize, and the message after it.
  void shake_hands() {
    send(ask("0", "initialize"), "0");
    ASSERT_TRUE(wait([&] { return messages.size() == 1 || !failed.empty(); }));
    send(note("notifications/initialized"));
  }
  size_t queued() {
    return loop_.on([&] { return link_->queued(); });
  }
  void close() {
    loop_.on([&] {
      link_->close();
      link_.reset();
    });
  }
  void on_loop(std::function<void()> function) { loop_.on(std::move(function)); }
  // Once what was written has left. On the loop's thread.
  void break_off(Call call) {
    loop_.loop().post([this, call] { loop_.loop().post([call] { call->abort(); }); });
  }
  void stop_server() {
    on_loop([&] { server_.reset(); });
  }
  template <class F>
  bool wait(F condition) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(20), condition);
  }
  bool wait_messages(size_t count) {
    return wait([&] { return messages.size() >= count; });
  }
  bool wait_seen(size_t count) {
    return wait([&] { return seen.size() >= count; });
  }
  std::string wait_failed() {
    EXPECT_TRUE(wait([&] { return !failed.empty(); }));
    return failed.empty() ? "" : failed[0];
  }

  // Changed under the lock; read after a wait that saw them.
  Texts seen;  // "POST body", "GET last-event-id" and so on, with " session revision" where there are such
  Texts messages, failed, closed, log;
  std::vector<Call> held;  // on the loop's thread
  std::function<void()> on_message;
  std::unique_ptr<Link> link_;

 private:
  void take(Call call) {
    const auto field = [&](std::string_view name) {
      const auto value = call->headers().find(name);
      return value ? " " + std::string(*value) : "";
    };
    std::string text = call->method() + (call->body().empty() ? "" : " " + call->body());
    text += field("Last-Event-ID") + field("Mcp-Session-Id") + field("MCP-Protocol-Version");
    EXPECT_EQ(field("Authorization"), " Bearer t");
    EXPECT_EQ(call->target(), "/mcp");
    if (call->method() == "POST") {
      EXPECT_EQ(field("Accept"), " application/json, text/event-stream");
      EXPECT_EQ(field("Content-Type"), " application/json");
    }
    if (call->method() == "GET") {
      EXPECT_EQ(field("Accept"), " text/event-stream");
    }
    change([&] { seen.push_back(std::move(text)); });
    serve_(std::move(call));
  }
  template <class F>
  void change(F function) {
    {
      const std::lock_guard lock(mutex_);
      function();
    }
    changed_.notify_all();
  }
  LinkHandler handler() {
    LinkHandler handler;
    handler.on_message = [this](std::string text) {
      change([&] { messages.push_back(std::move(text)); });
      if (on_message) on_message();
    };
    handler.on_failed = [this](const std::string& id, const Error& error) {
      change([&] { failed.push_back(id + ": " + error.text()); });
    };
    handler.on_closed = [this](const Error& why) {
      change([&] { closed.push_back((why.code == Code::not_found ? "not_found: " : "") + why.message); });
    };
    handler.on_log = [this](std::string_view line) { change([&] { log.emplace_back(line); }); };
    return handler;
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  Serve serve_;
  uint16_t port_ = 0;
  std::unique_ptr<net::Server> server_;
  std::unique_ptr<net::Client> client_;
  net::testing::LoopThread loop_;
};

inline std::string id_in(const Call& call) {
  const auto document = json::parse(call->body());
  return std::string((*document)["id"].raw());
}
inline bool is_initialize(const Call& call) {
  return call->body().find("\"initialize\"") != std::string::npos;
}
// What every server does with what is no call: the session S, revision 2025-06-18, no stream.
inline bool serve_rest(const Call& call) {
  if (call->method() != "POST") return call->respond(call->method() == "GET" ? 405 : 200, {}, ""), true;
  if (is_initialize(call)) {
    net::Headers headers = kJson;
    headers.add("Mcp-Session-Id", "S");
    return call->respond(200, headers, answer_to("0", R"({"protocolVersion":"2025-06-18"})")), true;
  }
  if (call->body().find("\"id\"") == std::string::npos) return call->respond(202, {}, ""), true;
  return false;
}

}  // namespace weir::gateway::mcp
