#include <fmt/format.h>

#include "config/read.h"

namespace weir::config {
namespace {

Status read_dialect(const toml::Value& table, exchange::Dialect& out) {
  using exchange::Dialect;
  static constexpr std::array kDialects{Dialect::chat_completions, Dialect::messages, Dialect::responses,
                                        Dialect::ollama, Dialect::gemini};
  std::array<std::string_view, kDialects.size()> names;
  std::transform(kDialects.begin(), kDialects.end(), names.begin(), exchange::dialect_name);
  const toml::Value value = table["dialect"];
  if (!value.exists()) return {};
  WEIR_TRY_ASSIGN(index, value.one_of("dialect", names));
  out = kDialects[index];
  return {};
}

Status read_key(const toml::Value& table, const Place& place, Upstream& upstream) {
  int given = 0;
  for (const std::string_view key : {"key_env", "key_file", "key"}) given += table[key].exists() ? 1 : 0;
  if (given > 1) return table.error("more than one of key_env, key_file and key", "keep one");
  std::string name;
  if (const toml::Value env = table["key_env"]; env.exists()) {
    WEIR_TRY(table.read("key_env", name));
    const auto value = place.sources.env(name);
    if (!value || value->empty())
      return env.error(fmt::format("the environment has no {}", name), fmt::format("export {}=…", name));
    upstream.key = *value;
    upstream.key_name = "$" + name;
  } else if (const toml::Value file = table["key_file"]; file.exists()) {
    WEIR_TRY(table.read("key_file", name));
    auto text = place.sources.read_file(place.beside(name));
    if (!text) return file.error(text.error().text());
    upstream.key = text->substr(0, text->find_last_not_of(" \t\r\n") + 1);
    upstream.key_name = name;
  } else if (const toml::Value key = table["key"]; key.exists()) {
    WEIR_TRY(table.read("key", name));
    // A key in the file itself would end up in backups and screenshots.
    if (name != "client")
      return key.error("a key does not belong into the file", "key_env, key_file, or key = \"client\"");
    upstream.key_source = KeySource::client;
    return {};
  } else {
    return {};
  }
  if (upstream.key.find_first_of(std::string_view("\r\n\0", 3)) != std::string::npos ||
      upstream.key.empty()) {
    return table.error(fmt::format("the key in {} is not one line", upstream.key_name));
  }
  upstream.key_source = KeySource::value;
  return {};
}

}  // namespace

Status read_upstreams(const toml::Value& upstreams, const Place& place, Config& config) {
  if (!upstreams.exists()) return {};
  WEIR_TRY_ASSIGN(entries, upstreams.entries());
  for (const toml::Entry& entry : entries) {
    Upstream upstream;
    upstream.name = entry.key;
    WEIR_TRY(only_known(entry.value, "upstream.NAME"));
    WEIR_TRY(entry.value.require("url", upstream.url));
    while (upstream.url.ends_with('/')) upstream.url.pop_back();
    if (!upstream.url.starts_with("http://") && !upstream.url.starts_with("https://")) {
      return entry.value["url"].error("expected an http:// or https:// URL");
    }
    WEIR_TRY(read_dialect(entry.value, upstream.dialect));
    WEIR_TRY(read_key(entry.value, place, upstream));
    WEIR_TRY(entry.value.read("models", upstream.models));
    std::string ca_file;
    WEIR_TRY(entry.value.read("ca_file", ca_file));
    if (!ca_file.empty()) upstream.ca_file = place.beside(ca_file);
    config.upstreams.push_back(std::move(upstream));
  }
  return {};
}

}  // namespace weir::config
