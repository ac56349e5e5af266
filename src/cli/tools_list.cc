#include "cli/tools_list.h"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <optional>
#include <set>

#include "base/bytes.h"
#include "base/limits.h"
#include "cli/command.h"
#include "gateway/mcp/dial.h"
#include "gateway/mcp/upstream.h"
#include "manifest/package.h"
#include "net/client.h"
#include "sandbox/preset_for.h"

namespace weir::cli {
namespace {

using gateway::mcp::Message;
using gateway::mcp::Upstream;

constexpr size_t kLogLinesKept = 3;

Status take_page(json::Document page, json::Value tools, ToolsList& out) {
  if (!tools.is_array()) return bad_input("its list of tools is no list");
  std::set<std::string_view> names;
  for (const json::Value tool : out.tools) names.insert(tool["name"].string_or(""));
  for (const json::Value tool : tools.elements()) {
    const std::string_view name = tool["name"].string_or("");
    if (name.empty()) return bad_input("a tool of its list has no name");
    if (!names.insert(name).second)
      return bad_input(fmt::format("it lists the tool \"{}\" twice", shown(name)));
    if (out.tools.size() >= limits::kMcpEntriesMax)
      return too_large(fmt::format("it lists more than {} tools", limits::kMcpEntriesMax));
    out.tools.push_back(tool);
  }
  out.pages.push_back(std::move(page));
  return {};
}

// One conversation with one server, from the handshake to the last page.
class Asking {
 public:
  explicit Asking(config::Server server)
      : server_(std::move(server)),
        client_(loop_, {}),
        upstream_(loop_, server_, gateway::mcp::make_dial(loop_, client_), gateway::mcp::greeting_for("{}"),
                  eras_,
                  {.on_request = [this](const Message& request) { refuse(request); },
                   .on_notification = {},
                   .on_ready = {},
                   .on_log = [this](std::string_view line) { keep(line); }}) {}

  Result<ToolsList> ask() {
    ask_page({});
    loop_.run();
    upstream_.close();
    if (!failed_) return std::move(out_);
    if (!log_.empty())
      failed_->hint = fmt::format("it wrote: {}", fmt::join(log_, " / "));
    else
      failed_->hint.clear();
    return *failed_;
  }

 private:
  void keep(std::string_view line) {
    log_.push_back(shown(line, 160));
    if (log_.size() > kLogLinesKept) log_.pop_front();
  }

  // It may ask for what a client can do; this one can do nothing.
  void refuse(const Message& request) {
    upstream_.answer(wire::mcp::error(request.id, wire::mcp::code::kMethodNotFound, "not here"));
  }

  void ask_page(std::string_view cursor) {
    std::string params;
    if (!cursor.empty()) params = "{\"cursor\":" + json::quote(cursor) + "}";
    upstream_.request("tools/list", params, limits::kMcpHandshakeMs,
                      [this](Result<Message> answer) { arrived(std::move(answer)); });
  }

  void arrived(Result<Message> answer) {
    if (!answer) return end(answer.error());
    if (answer->kind == wire::mcp::Kind::error) {
      const int64_t code = answer->error()["code"].integer().value_or(0);
      if (code == wire::mcp::code::kMethodNotFound && out_.pages.empty()) return end({});  // it has no tools
      return end(unavailable(
          fmt::format("it refused tools/list: {}", shown(answer->error()["message"].string_or(""), 200))));
    }
    const json::Value result = answer->result();
    const std::string cursor(result["nextCursor"].string_or(""));
    if (auto taken = take_page(std::move(answer->document), result["tools"], out_); !taken)
      return end(taken.error());
    if (!cursor.empty() && out_.pages.size() < limits::kMcpPagesMax) return ask_page(cursor);
    end({});
  }

  void end(std::optional<Error> error) {
    failed_ = std::move(error);
    loop_.stop();
  }

  const config::Server server_;
  net::Loop loop_;
  net::Client client_;
  std::deque<std::string> log_;
  ToolsList out_;
  std::optional<Error> failed_;
  gateway::mcp::Eras eras_;
  Upstream upstream_;
};

}  // namespace

Result<ToolsList> list_tools(const config::Server& server) {
  config::Server named = server;
  if (named.name.empty()) named.name = server.url.empty() ? server.command.front() : server.url;
  return Asking(std::move(named)).ask();
}

Result<ToolsList> read_tools_list(std::string text, const std::string& where) {
  auto document = json::parse(std::move(text));
  if (!document) {
    Error error = std::move(document).error();
    error.where = where + ": " + error.where;
    return error;
  }
  const json::Value root = document->root();
  const json::Value tools = root.is_array()           ? root
                            : root["result"].exists() ? root["result"]["tools"]
                                                      : root["tools"];
  ToolsList out;
  if (auto taken = take_page(std::move(*document), tools, out); !taken) {
    Error error = std::move(taken).error();
    error.where = where;
    error.hint = R"(what a server answered to tools/list: {"tools":[…]})";
    return error;
  }
  return out;
}

Result<FoundServer> find_server(const config::Config& config, const WhichServer& which) {
  FoundServer out;
  const int given = static_cast<int>(!which.name.empty()) + static_cast<int>(!which.command.empty()) +
                    static_cast<int>(!which.url.empty()) + static_cast<int>(!which.list.empty());
  if (given != 1)
    return bad_input("one server, please", {},
                     "NAME of weir.toml, --command PROGRAM …, --url URL, or --list FILE");
  if (!which.list.empty()) {
    WEIR_TRY_ASSIGN(text, read_file(which.list, limits::kMcpMessageBytesMax));
    WEIR_TRY_ASSIGN(tools, read_tools_list(std::move(text), which.list));
    out.tools = std::move(tools);
    out.from = which.list;
    return out;
  }
  if (!which.name.empty()) {
    const auto at = std::find_if(config.servers.begin(), config.servers.end(),
                                 [&](const config::Server& server) { return server.name == which.name; });
    if (at == config.servers.end())
      return bad_input(fmt::format("weir.toml has no server \"{}\"", shown(which.name)), config.file);
    out.server = *at;
  }
  if (!which.command.empty()) {
    out.server.command = which.command;
    const std::string_view profile =
        which.sandbox.empty() ? sandbox::preset_for(which.command) : std::string_view(which.sandbox);
    if (profile != "none") {
      WEIR_TRY_ASSIGN(found, sandbox::find_profile(config.sandboxes, profile));
      out.server.sandbox = std::move(found);
    }
  } else if (!which.sandbox.empty()) {
    return bad_input(
        "--sandbox is for --command: a server of weir.toml has its own, and no other is started");
  }
  if (!which.url.empty()) out.server.url = which.url;
  if (out.server.command.empty() && out.server.url.empty())
    return bad_input(fmt::format("the server \"{}\" has neither a command nor a url", shown(which.name)),
                     config.file);
  out.known = out.server.url.empty() ? manifest::server_names_of(out.server.command)
                                     : manifest::server_names_of_url(out.server.url);
  out.from = out.server.url.empty() ? fmt::format("{}", fmt::join(out.server.command, " ")) : out.server.url;
  WEIR_TRY_ASSIGN(tools, list_tools(out.server));
  out.tools = std::move(tools);
  return out;
}

}  // namespace weir::cli
