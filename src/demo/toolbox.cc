#include "demo/toolbox.h"

#include <fmt/format.h>

namespace weir::demo {

Toolbox::Toolbox(net::Loop& loop, std::vector<Place> places) : places_(std::move(places)), loop_(loop) {}

void Toolbox::open(std::function<void(Status)> done) {
  clients_.clear();
  for (const Place& place : places_)
    clients_.push_back(std::make_unique<McpClient>(loop_, place.url, place.token));
  open_next(0, done);
}

void Toolbox::open_next(size_t place, const std::function<void(Status)>& done) {
  if (place == places_.size()) {
    declared_ = declare();
    return done({});
  }
  clients_[place]->open([this, place, done](Result<std::vector<McpTool>> tools) {
    if (!tools) return done(tools.error());
    for (McpTool& tool : *tools) learn(place, std::move(tool));
    open_next(place + 1, done);
  });
}

void Toolbox::learn(size_t place, McpTool tool) {
  const std::string& prefix = places_[place].name;
  const std::string name = prefix.empty() ? tool.name : fmt::format("{}__{}", prefix, tool.name);
  known_[name] = {place, std::move(tool)};
}

std::string Toolbox::declare() const {
  json::Writer out;
  out.begin_array();
  for (const auto& [name, known] : known_) {
    out.begin_object().field("type", "function").key("function").begin_object();
    out.field("name", name).field("description", known.tool.description);
    out.key("parameters").raw(known.tool.schema).end_object().end_object();
  }
  return out.end_array().take();
}

void Toolbox::call(const std::string& tool, std::string_view arguments, McpClient::Called done) {
  const auto known = known_.find(tool);
  if (known == known_.end()) return done(ToolResult{"there is no such tool", true});
  clients_[known->second.place]->call(known->second.tool.name, arguments, std::move(done));
}

}  // namespace weir::demo
