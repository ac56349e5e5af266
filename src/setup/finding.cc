#include "setup/finding.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/bytes.h"
#include "base/json.h"

namespace weir::setup {

std::string_view level_name(Level level) {
  switch (level) {
    case Level::ok:
      return "ok";
    case Level::warn:
      return "warn";
    case Level::fail:
      return "fail";
  }
  return "fail";
}

bool all_well(const std::vector<Finding>& findings) {
  return std::none_of(findings.begin(), findings.end(),
                      [](const Finding& finding) { return finding.level == Level::fail; });
}

std::string findings_json(const std::vector<Finding>& findings) {
  json::Writer writer;
  writer.begin_object().key("ok").boolean(all_well(findings)).key("findings").begin_array();
  for (const Finding& finding : findings) {
    writer.begin_object()
        .field("level", level_name(finding.level))
        .field("about", finding.about)
        .field("says", finding.says)
        .field("fix", finding.fix)
        .end_object();
  }
  return writer.end_array().end_object().take();
}

namespace {

// "http://localhost:7447/v1/" → "http://localhost:7447"
std::string without_path(std::string url) {
  const size_t scheme = url.find("://");
  if (scheme == std::string::npos) return url;
  return url.substr(0, std::min(url.find('/', scheme + 3), url.size()));
}

Finding judge_address(Client client, const State& state, const Here& here) {
  const std::string name(client_name(client));
  const std::string again = fmt::format("weir init --client {} --add --apply", name);
  if (state.base_url.empty())
    return {Level::warn, name, fmt::format("{} asks its model directly, past weir", client_title(client)),
            again};
  if (std::find(here.urls.begin(), here.urls.end(), without_path(state.base_url)) == here.urls.end())
    return {Level::warn, name,
            fmt::format("{} asks {}, not weir", client_title(client), shown(without_path(state.base_url))),
            again};
  if (!state.token.empty() && !here.token.empty() && !equal_constant_time(state.token, here.token))
    return {Level::fail, name, "it shows a token that is not weir's: it is refused", again};
  return {Level::ok, name, "its model is asked through weir", {}};
}

}  // namespace

std::vector<Finding> judge_client(Client client, const State& state, const Here& here) {
  std::vector<Finding> out;
  const std::string name(client_name(client));
  if (here.has_upstream) out.push_back(judge_address(client, state, here));
  if (!out.empty() && out.front().level == Level::ok) {
    for (const State::Hint& hint : state.hints) out.push_back({Level::warn, name, hint.says, hint.fix});
  }
  std::string around;
  std::string cannot;
  bool weir = false;
  for (const Server& server : state.servers) {
    if (!server.enabled) continue;
    weir = weir || server.is_weir;
    if (server.is_weir || (client == Client::goose && server.command.empty() && server.url.empty())) continue;
    std::string& list = server.left_alone.empty() ? around : cannot;
    list += (list.empty() ? "" : ", ") + shown(server.name, 60);
    if (!server.left_alone.empty()) list += fmt::format(" ({})", server.left_alone);
  }
  if (!around.empty())
    out.push_back({Level::warn, name, fmt::format("MCP servers that it reaches past weir: {}", around),
                   fmt::format("weir init --client {} --add --apply", name)});
  if (!cannot.empty())
    out.push_back({Level::warn, name,
                   fmt::format("MCP servers that weir cannot stand in front of: {}", cannot),
                   "take them out of the client's config, or live with it"});
  for (const std::string& each : state.elsewhere)
    out.push_back({Level::warn, name,
                   fmt::format("an MCP server of another folder goes past weir: {}", shown(each)),
                   fmt::format("in that folder: weir init --client {} --add --apply", name)});
  if (weir && around.empty())
    out.push_back({Level::ok, name, "its MCP servers are reached through weir", {}});
  if (!weir && !here.own_servers.empty())
    out.push_back({Level::warn, name,
                   fmt::format("it does not have weir's {} MCP servers", here.own_servers.size()),
                   fmt::format("give it an MCP server \"weir\" with the command: {}", "weir mcp")});
  return out;
}

}  // namespace weir::setup
