#include "setup/servers.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/bytes.h"

namespace weir::setup {
namespace {

bool is_name(std::string_view text) {
  return !text.empty() &&
         text.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_") ==
             std::string_view::npos;
}

// Reads members into a Server; the first thing that cannot be taken over is kept as the reason.
class Reader {
 public:
  Reader(Client client, const Node& node, const Surroundings& around)
      : client_(client), node_(node), around_(around) {
    server_.name = node.key;
  }

  Server read() {
    if (!node_.is_object()) {
      refuse("its entry is not read");
      return std::move(server_);
    }
    if (client_ == Client::goose) {
      read_goose();
    } else if (client_ == Client::opencode) {
      read_opencode();
    } else {
      read_common();
    }
    finish();
    return std::move(server_);
  }

 private:
  void refuse(std::string why) {
    if (server_.left_alone.empty()) server_.left_alone = std::move(why);
  }
  // "${NAME}" and "${NAME:-otherwise}" in the configs of those that know it.
  bool expands() const {
    return client_ == Client::claude_code || client_ == Client::openclaw || client_ == Client::qwen_code ||
           client_ == Client::gemini_cli;
  }
  bool expands_headers() const { return expands() || client_ == Client::goose; }

  // The text with its variables put in, as it is now.
  std::string expanded(std::string_view text) {
    std::string out;
    size_t at = 0;
    if (bare_variable(text)) refuse("it has a variable without braces");
    while (at < text.size()) {
      const size_t open = text.find("${", at);
      const size_t close = open == std::string_view::npos ? open : text.find('}', open);
      if (close == std::string_view::npos) break;
      const std::string_view inner = text.substr(open + 2, close - open - 2);
      const size_t otherwise = inner.find(":-");
      const std::string name(inner.substr(0, otherwise));
      out += text.substr(at, open - at);
      const auto value = around_.env ? around_.env(name) : std::nullopt;
      if (value) {
        out += *value;
        server_.notes.push_back(fmt::format("the value of ${} was written into weir.toml", shown(name, 60)));
      } else if (otherwise != std::string_view::npos) {
        out += inner.substr(otherwise + 2);
      } else {
        refuse(fmt::format("it needs {} in the environment", shown(name, 60)));
      }
      at = close + 1;
    }
    return out + std::string(text.substr(std::min(at, text.size())));
  }

  // "$NAME" alone, which Gemini CLI knows as well.
  bool bare_variable(std::string_view text) const {
    for (size_t at = text.find('$'); at != std::string_view::npos; at = text.find('$', at + 1)) {
      if (is_name(text.substr(at + 1, 1))) return client_ == Client::gemini_cli;
    }
    return false;
  }

  std::string plain(const Node& value, bool expand) {
    return expand ? expanded(value.string_or("")) : std::string(value.string_or(""));
  }

  // A value of weir.toml's `env` or `headers`, where "$NAME" stands for a variable.
  std::string secret(const Node& value, bool expand) {
    if (value.kind != Kind::string && value.kind != Kind::number && value.kind != Kind::boolean) {
      refuse(fmt::format("the value of {} is not a text", shown(value.key, 60)));
      return {};
    }
    const std::string_view text = value.text;
    if (expand && text.starts_with("${") && text.ends_with('}') && is_name(text.substr(2, text.size() - 3)))
      return "$" + std::string(text.substr(2, text.size() - 3));
    if (client_ == Client::gemini_cli && text.starts_with('$') && is_name(text.substr(1)))
      return std::string(text);
    std::string out = expand ? expanded(text) : std::string(text);
    if (out.starts_with('$')) refuse(fmt::format("the value of {} begins with \"$\"", shown(value.key, 60)));
    if (out.find_first_of(std::string_view("\r\n\0", 3)) != std::string::npos)
      refuse(fmt::format("the value of {} has more than one line", shown(value.key, 60)));
    return out;
  }

  void secrets(const Node& table, std::map<std::string, std::string>& out, bool expand) {
    if (!table.exists() || table.kind == Kind::null) return;
    if (!table.is_object()) return refuse("its variables or headers are not read");
    for (const Node& child : table.children) {
      if (child.key.empty() || child.key.find_first_of("=\r\n") != std::string::npos)
        refuse("it has a variable or header of an odd name");
      out[child.key] = secret(child, expand);
    }
  }

  void command(std::string_view command_key, std::string_view args_key) {
    const Node& command = node_[command_key];
    if (!command.is_string() || command.text.empty()) return;
    server_.command.push_back(plain(command, expands()));
    const Node& args = node_[args_key];
    const auto list = args.strings();
    if (!list && args.exists() && args.kind != Kind::null) return refuse("its arguments are not read");
    for (const Node& arg : args.children)
      server_.command.push_back(expands() ? expanded(arg.text) : arg.text);
  }

  void read_common() {
    const Node& enabled = node_["enabled"];
    server_.enabled = !(enabled.kind == Kind::boolean && enabled.text == "false") &&
                      !(node_["disabled"].kind == Kind::boolean && node_["disabled"].text == "true");
    command("command", "args");
    const bool qwen = client_ == Client::qwen_code;
    const bool http_url = qwen || (client_ == Client::gemini_cli && node_["httpUrl"].exists());
    if (qwen && node_["url"].exists() && !node_["httpUrl"].exists())
      refuse("it speaks the older HTTP with SSE, which weir does not");
    server_.url = plain(node_[http_url ? "httpUrl" : "url"], expands());
    server_.cwd = plain(node_["cwd"], expands());
    secrets(node_["env"], server_.env, expands());
    if (client_ == Client::codex) {
      read_codex();
    } else {
      secrets(node_["headers"], server_.headers, expands_headers());
    }
    const std::string_view transport = node_["transport"].string_or(node_["type"].string_or(""));
    if (transport == "sse") refuse("it speaks the older HTTP with SSE, which weir does not");
    if (transport == "ws" || transport == "sdk") refuse(fmt::format("its transport is {}", transport));
    if (node_["headersHelper"].exists()) refuse("a helper makes its headers");
    for (const std::string_view key :
         {"auth", "authProviderType", "oauth", "scopes", "oauth_resource", "clientCert"}) {
      if (node_[key].exists()) refuse(fmt::format("the client signs in to it itself ({})", key));
    }
    for (const std::string_view key :
         {"enabled_tools", "disabled_tools", "toolFilter", "tools", "includeTools", "excludeTools"}) {
      if (node_[key].exists()) server_.notes.push_back(fmt::format("its {} is not taken over", key));
    }
  }

  // "{env:NAME}" stands for a variable, "{file:PATH}" for a file's text.
  std::string opencode_secret(const Node& value) {
    const std::string_view text = value.string_or("");
    constexpr std::string_view kEnv = "{env:";
    if (text.starts_with(kEnv) && text.ends_with('}')) {
      const std::string_view name = text.substr(kEnv.size(), text.size() - kEnv.size() - 1);
      if (is_name(name)) return "$" + std::string(name);
    }
    if (text.find(kEnv) != std::string_view::npos || text.find("{file:") != std::string_view::npos)
      refuse(fmt::format("the value of {} is made from variables or files", shown(value.key, 60)));
    return secret(value, false);
  }

  void read_opencode() {
    const std::string_view type = node_["type"].string_or("");
    server_.enabled = !(node_["enabled"].kind == Kind::boolean && node_["enabled"].text == "false");
    const bool local = type == "local";
    if (!local && type != "remote") return refuse("it is neither local nor remote");
    if (local) {
      const auto words = node_["command"].strings();
      if (!words) return refuse("its command is not read");
      server_.command.assign(words->begin(), words->end());
      server_.cwd = plain(node_["cwd"], false);
    } else {
      server_.url = plain(node_["url"], false);
      const Node& oauth = node_["oauth"];
      if (oauth.exists() && oauth.text != "false") refuse("the client signs in to it itself (oauth)");
    }
    for (const Node& child : node_[local ? "environment" : "headers"].children) {
      if (child.key.empty() || child.key.find_first_of("=\r\n") != std::string::npos)
        refuse("it has a variable or header of an odd name");
      (local ? server_.env : server_.headers)[child.key] = opencode_secret(child);
    }
  }

  void read_codex() {
    secrets(node_["http_headers"], server_.headers, false);
    const Node& named = node_["env_http_headers"];
    for (const Node& child : named.children) server_.headers[child.key] = "$" + child.text;
    if (const Node& token = node_["bearer_token_env_var"]; token.is_string())
      server_.headers["Authorization"] = bearer_from(token.text);
    for (const Node& child : node_["env_vars"].children) {
      const std::string name(child.is_object() ? child["name"].string_or("") : child.string_or(""));
      if (!is_name(name)) refuse("its env_vars are not read");
      server_.env[name] = "$" + name;
    }
    if (node_["experimental_environment"].exists()) refuse("it runs in another environment");
  }

  // weir.toml has no way to say "Bearer " before a variable.
  std::string bearer_from(const std::string& variable) {
    const auto value = around_.env ? around_.env(variable) : std::nullopt;
    if (!value) {
      refuse(fmt::format("it needs {} in the environment", shown(variable, 60)));
      return {};
    }
    server_.notes.push_back(fmt::format("the value of ${} was written into weir.toml", shown(variable, 60)));
    return "Bearer " + *value;
  }

  void read_goose() {
    const std::string_view type = node_["type"].string_or("stdio");
    server_.enabled = !(node_["enabled"].kind == Kind::boolean && node_["enabled"].text == "false");
    if (type != "stdio" && type != "streamable_http") {
      return refuse(type == "sse" ? "it speaks the older HTTP with SSE, which weir does not"
                                  : fmt::format("it is {}: part of Goose itself", shown(type, 40)));
    }
    if (type == "stdio") {
      command("cmd", "args");
      secrets(node_["envs"], server_.env, false);
      for (const Node& child : node_["env_keys"].children) {
        if (!is_name(child.text)) return refuse("its env_keys are not read");
        server_.env[child.text] = "$" + child.text;
        server_.notes.push_back(
            fmt::format("Goose keeps {0} in its keyring; weir takes it from its environment", child.text));
      }
    } else {
      server_.url = plain(node_["uri"], false);
      secrets(node_["headers"], server_.headers, true);
      if (!node_["env_keys"].children.empty()) refuse("its headers need secrets of Goose's keyring");
    }
    if (!node_["available_tools"].children.empty())
      server_.notes.emplace_back("its available_tools is not taken over");
  }

  void finish() {
    if (!server_.command.empty()) {
      const std::string& program = server_.command.front();
      const std::string_view base = std::string_view(program).substr(program.rfind('/') + 1);
      server_.is_weir = base == "weir" && server_.command.size() > 1 && server_.command[1] == "mcp";
    }
    if (server_.command.empty() == server_.url.empty())
      refuse("it has neither a command nor a URL that is read");
    if (!server_.url.empty() && !server_.url.starts_with("http://") && !server_.url.starts_with("https://"))
      refuse("its URL is neither http nor https");
    for (const std::string& word : server_.command) {
      if (word.find('\0') != std::string::npos) refuse("its command has a NUL byte");
    }
  }

  const Client client_;
  const Node& node_;
  const Surroundings& around_;
  Server server_;
};

}  // namespace

Server read_server(Client client, const Node& node, const Surroundings& around) {
  return Reader(client, node, around).read();
}

const Node& at_path(const Node& root, const std::vector<std::string>& path) {
  const Node* node = &root;
  for (const std::string& key : path) node = &(*node)[key];
  return *node;
}

}  // namespace weir::setup
