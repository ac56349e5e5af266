#include "wire/translate/models.h"

#include <fmt/format.h>

#include "base/clock.h"
#include "base/json.h"

namespace weir::wire::translate {
namespace {

using exchange::Dialect;

// "id" in most; Gemini's names begin with "models/", Ollama's list says "name" and "model".
std::string_view id_of(json::Value model) {
  std::string_view id = model["id"].string_or(model["model"].string_or(model["name"].string_or("")));
  if (id.starts_with("models/")) id.remove_prefix(7);
  return id;
}

void write_model(Dialect client, json::Value model, json::Writer& out) {
  const std::string_view id = id_of(model);
  const int64_t created = model["created"].integer().value_or(0);
  out.begin_object();
  if (client == Dialect::messages) {
    const std::string_view name = model["display_name"].string_or(model["displayName"].string_or(id));
    out.field("type", "model").field("id", id).field("display_name", name);
    out.field("created_at", model["created_at"].string_or(rfc3339(created * 1'000)));
  } else {
    out.field("id", id).field("object", "model").key("created").integer(created);
    out.field("owned_by", model["owned_by"].string_or("upstream"));
  }
  out.end_object();
}

}  // namespace

std::string models_path(Dialect upstream, std::string_view path) {
  if (upstream == Dialect::ollama) return "/tags";
  return std::string(path);
}

Result<std::string> models_reply(Dialect client, std::string_view upstream_body) {
  WEIR_TRY_ASSIGN(document, json::parse(std::string(upstream_body)));
  const json::Value root = document.root();
  const json::Value list = root["data"].is_array() ? root["data"] : root["models"];
  json::Writer out;
  if (!list.is_array()) {
    if (id_of(root).empty()) return unavailable("the upstream's answer is no list of models");
    write_model(client, root, out);
    return out.take();
  }
  out.begin_object();
  if (client != Dialect::messages) out.field("object", "list");
  out.key("data").begin_array();
  std::string_view first;
  std::string_view last;
  for (const json::Value model : list.elements()) {
    last = id_of(model);
    if (last.empty()) continue;
    if (first.empty()) first = last;
    write_model(client, model, out);
  }
  out.end_array();
  if (client == Dialect::messages)
    out.key("has_more").boolean(false).field("first_id", first).field("last_id", last);
  return out.end_object().take();
}

}  // namespace weir::wire::translate
