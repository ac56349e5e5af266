#include "demo/servers.h"

#include <fmt/format.h>

#include <algorithm>

namespace weir::demo {
namespace {

using json::Writer;

void respond_json(net::ServerCall& call, int status, std::string body) {
  call.respond(status, {{"Content-Type", "application/json"}}, std::move(body));
}

std::string error(json::Value id, int code, std::string_view text) {
  Writer out;
  out.begin_object().field("jsonrpc", "2.0").key("id").raw(id.exists() ? std::string(id.raw()) : "null");
  out.key("error").begin_object().key("code").integer(code).field("message", text);
  return out.end_object().end_object().take();
}

std::string hello(std::string_view server, json::Value params) {
  Writer out;
  out.begin_object().field("protocolVersion", params["protocolVersion"].string_or("2025-11-25"));
  out.key("capabilities").begin_object().key("tools").begin_object().end_object().end_object();
  out.key("serverInfo").begin_object().field("name", server).field("version", "1").end_object();
  return out.end_object().take();
}

std::string text_result(std::string_view text) {
  Writer out;
  out.begin_object().key("content").begin_array().begin_object().field("type", "text").field("text", text);
  return out.end_object().end_array().end_object().take();
}

}  // namespace

ToolServers::ToolServers(net::Loop& loop, World& world)
    : world_(world),
      server_(loop, {}, [this](const std::shared_ptr<net::ServerCall>& call) { handle(*call); }) {}

Result<std::vector<ServerPlace>> ToolServers::listen() {
  WEIR_TRY_ASSIGN(port, server_.listen("127.0.0.1", 0));
  std::vector<ServerPlace> places;
  for (const std::string& name : World::servers())
    places.push_back({name, fmt::format("http://127.0.0.1:{}/{}", port, name)});
  return places;
}

void ToolServers::handle(net::ServerCall& call) {
  const auto names = World::servers();
  const std::string server = call.target().substr(1);
  if (std::find(names.begin(), names.end(), server) == names.end())
    return respond_json(call, 404, error({}, -32600, "there is no server at this address"));
  if (call.method() != "POST") return respond_json(call, 405, error({}, -32600, "only POST"));
  const auto message = json::parse(std::move(call.body()));
  if (!message) return respond_json(call, 400, error({}, -32700, "no JSON"));
  const json::Value id = (*message)["id"], params = (*message)["params"];
  const std::string_view method = (*message)["method"].string_or("");
  if (!id.exists()) return call.respond(202, {}, "");
  std::string result;
  if (method == "initialize") {
    result = hello(server, params);
  } else if (method == "ping") {
    result = "{}";
  } else if (method == "tools/list") {
    result = "{\"tools\":" + world_.tools_json(server) + "}";
  } else if (method == "tools/call") {
    const json::Value arguments = params["arguments"];
    result = text_result(world_.call(fmt::format("{}__{}", server, params["name"].string_or("")),
                                     arguments.exists() ? arguments.raw() : "{}"));
  } else {
    return respond_json(call, 200, error(id, -32601, "no such method"));
  }
  Writer out;
  out.begin_object().field("jsonrpc", "2.0").key("id").raw(std::string(id.raw()));
  respond_json(call, 200, out.key("result").raw(result).end_object().take());
}

}  // namespace weir::demo
