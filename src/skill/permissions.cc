#include "skill/permissions.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/toml.h"
#include "manifest/effect.h"
#include "manifest/trust.h"
#include "skill/limits.h"

namespace weir::skill {
namespace {

using List = std::vector<std::string>;

constexpr std::string_view kEffects[] = {"read", "write", "send", "execute", "pay", "delete"};

void settle(List& list) {
  std::sort(list.begin(), list.end());
  list.erase(std::unique(list.begin(), list.end()), list.end());
}

bool is_plain(std::string_view text, std::string_view more) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           more.find(c) != std::string_view::npos;
  });
}

// "name" or "name:port", lower-cased; no address, no wildcard: a skill says which hosts, one by one.
std::optional<std::string> host_and_port(std::string_view text) {
  std::string_view port = "443";
  if (const size_t colon = text.rfind(':'); colon != std::string_view::npos) {
    port = text.substr(colon + 1);
    text = text.substr(0, colon);
  }
  uint16_t number = 0;
  const auto parsed = std::from_chars(port.data(), port.data() + port.size(), number);
  if (parsed.ec != std::errc() || parsed.ptr != port.data() + port.size() || number == 0) return std::nullopt;
  const size_t dot = text.rfind('.');
  if (text.size() > 253 || !is_plain(text, "-.") || dot == std::string_view::npos) return std::nullopt;
  // A last part of digits is an address to some resolvers.
  if (text.find("..") != std::string_view::npos || text.front() == '.' || text.front() == '-' ||
      dot + 1 == text.size() ||
      text.find_first_not_of("0123456789xXabcdefABCDEF", dot + 1) == std::string_view::npos)
    return std::nullopt;
  std::string host(text);
  for (char& c : host) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
  return fmt::format("{}:{}", host, number);
}

bool is_path(std::string_view path) {
  if (path == "." || path == "~") return true;
  if (!path.starts_with('/') && !path.starts_with("./") && !path.starts_with("~/")) return false;
  if (path == "/" || path.find_first_of("*?[") != std::string_view::npos) return false;
  return (std::string(path) + "/").find("/../") == std::string::npos &&
         path.find("//") == std::string_view::npos && std::all_of(path.begin(), path.end(), [](char c) {
           return static_cast<uint8_t>(c) >= 0x20 && c != 0x7F;
         });
}

Status read_list(const toml::Value& table, std::string_view key, List& out) {
  if (!table[key].exists()) return {};
  WEIR_TRY(table.read(key, out));
  if (out.size() > kPermissionsMax)
    return too_large(fmt::format("more than {} {}", kPermissionsMax, key), table[key].where());
  for (const std::string& each : out) {
    if (each.size() > kPermissionBytesMax || !is_utf8(each))
      return table[key].error(fmt::format("an entry of more than {} bytes, or none", kPermissionBytesMax));
  }
  settle(out);
  return {};
}

Status read_hosts(const toml::Value& root, Permissions& out) {
  WEIR_TRY(read_list(root, "hosts", out.hosts));
  for (std::string& host : out.hosts) {
    auto whole = host_and_port(host);
    if (!whole)
      return root["hosts"].error(fmt::format("\"{}\" names no host", shown(host)),
                                 "\"api.example.com\" or \"api.example.com:8443\"; no address, no \"*\"");
    host = std::move(*whole);
  }
  settle(out.hosts);
  WEIR_TRY(read_list(root, "secrets", out.secrets));
  for (std::string& secret : out.secrets) {
    const size_t at = secret.find('@');
    const auto host =
        at == std::string::npos ? std::nullopt : host_and_port(std::string_view(secret).substr(at + 1));
    if (!host || !is_plain(std::string_view(secret).substr(0, at), "_"))
      return root["secrets"].error(
          fmt::format("\"{}\" is not NAME@HOST", shown(secret)),
          "\"API_KEY@api.example.com\": one secret, and the one host that it goes to");
    if (!std::binary_search(out.hosts.begin(), out.hosts.end(), *host))
      return root["secrets"].error(fmt::format("{} is not among hosts", *host));
    secret = fmt::format("{}@{}", secret.substr(0, at), *host);
  }
  settle(out.secrets);
  return {};
}

Status read_paths(const toml::Value& files, std::string_view key, List& out) {
  WEIR_TRY(read_list(files, key, out));
  for (std::string& path : out) {
    if (!is_path(path))
      return files[key].error(fmt::format("\"{}\" is not a path that can be granted", shown(path)),
                              "absolute, \"~/…\", \".\" or \"./…\", without \"..\" and \"*\"");
    while (path.size() > 1 && path.ends_with('/')) path.pop_back();
    if (path == "~")
      return files[key].error("the whole home cannot be granted to a skill", "name the folder in it");
  }
  settle(out);
  return {};
}

bool matches(std::string_view pattern, std::string_view text, std::string_view ends) {
  return manifest::glob_matches(pattern, text, ends);
}

bool within_path(std::string_view path, std::string_view folder) {
  if (folder == "." && (path == "." || path.starts_with("./"))) return true;
  if (folder == "~" && path.starts_with("~/")) return true;
  return path.starts_with(folder) && (path.size() == folder.size() || path[folder.size()] == '/');
}

template <class Fits>
void keep(List& list, const std::optional<List>& bound, const Fits& fits) {
  if (!bound) return;
  std::erase_if(list, [&](const std::string& each) {
    return std::none_of(bound->begin(), bound->end(),
                        [&](const std::string& most) { return fits(each, most); });
  });
}

struct Kind {
  const char* key;
  List Permissions::* list;
  const char* says;
};
constexpr Kind kKinds[] = {
    {"tools", &Permissions::tools, "its words may ask for the tool {}"},
    {"effects", &Permissions::effects, "… for calls that {}"},
    {"hosts", &Permissions::hosts, "its scripts may reach {}"},
    {"secrets", &Permissions::secrets, "its scripts may use the secret {}"},
    {"read", &Permissions::read, "its scripts may read {}"},
    {"write", &Permissions::write, "its scripts may write {}"},
};

}  // namespace

std::optional<int64_t> parse_day(std::string_view text) {
  const auto number = [&](size_t at, size_t digits, int& out) {
    if (at + digits > text.size()) return false;
    const char* begin = text.data() + at;
    const auto parsed = std::from_chars(begin, begin + digits, out);
    return parsed.ec == std::errc() && parsed.ptr == begin + digits;
  };
  int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0;
  if (!number(0, 4, year) || !number(5, 2, month) || !number(8, 2, day) || text[4] != '-' || text[7] != '-')
    return std::nullopt;
  if (text.size() != 10) {
    if (text.size() < 20 || text[10] != 'T' || text[13] != ':' || text[16] != ':' || text.back() != 'Z')
      return std::nullopt;
    if (!number(11, 2, hour) || !number(14, 2, minute) || !number(17, 2, second)) return std::nullopt;
    const std::string_view fraction = text.substr(19, text.size() - 20);
    if (!fraction.empty() && (fraction.front() != '.' || fraction.size() > 10 ||
                              fraction.find_first_not_of("0123456789", 1) != std::string_view::npos))
      return std::nullopt;
  }
  static constexpr int kDays[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  if (year < 1970 || month < 1 || month > 12 || day < 1 || day > kDays[month - 1] || hour > 23 ||
      minute > 59 || second > 60)
    return std::nullopt;
  const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  if (month == 2 && day == 29 && !leap) return std::nullopt;
  // Days since 1970 of a civil date: years that begin in March have their leap day at the end.
  const int64_t y = month <= 2 ? year - 1 : year;
  const int64_t m = month <= 2 ? month + 9 : month - 3;
  const int64_t days = 365 * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 1 - 719'468;
  return (days * 86'400 + hour * 3'600 + minute * 60 + second) * 1'000;
}

Result<Permissions> parse_permissions(std::string_view text, std::string_view file_name) {
  WEIR_TRY_ASSIGN(document, toml::parse(text, file_name));
  const toml::Value root = document.root();
  WEIR_TRY(root.only({"version", "expires", "tools", "effects", "hosts", "secrets", "files"}));
  Permissions out;
  WEIR_TRY(root.read("version", out.version));
  if (!out.version.empty() && (out.version.size() > 64 || !is_plain(out.version, ".-+_")))
    return root["version"].error("a version has only letters, digits and . - + _");
  if (const toml::Value expires = root["expires"]; expires.exists()) {
    WEIR_TRY_ASSIGN(day, expires.string());
    out.expires_wall_ms = parse_day(day);
    if (!out.expires_wall_ms) return expires.error("expected a day", "expires = \"2027-06-30\"");
  }
  WEIR_TRY(read_list(root, "tools", out.tools));
  for (const std::string& tool : out.tools) {
    const size_t slash = tool.find('/');
    if (!is_plain(tool, "_-.:/*@") || slash == std::string::npos || slash == 0 ||
        tool.substr(0, slash).find('*') != std::string::npos)
      return root["tools"].error(fmt::format("\"{}\" is not SERVER/TOOL", shown(tool)),
                                 "\"files/read\" or \"files/*\"");
  }
  WEIR_TRY(read_list(root, "effects", out.effects));
  for (const std::string& effect : out.effects) {
    if (std::find(std::begin(kEffects), std::end(kEffects), effect) == std::end(kEffects))
      return root["effects"].error(fmt::format("unknown effect \"{}\"", shown(effect)),
                                   toml::did_you_mean(effect, kEffects));
  }
  WEIR_TRY(read_hosts(root, out));
  if (const toml::Value files = root["files"]; files.exists()) {
    WEIR_TRY(files.only({"read", "write"}));
    WEIR_TRY(read_paths(files, "read", out.read));
    WEIR_TRY(read_paths(files, "write", out.write));
  }
  return out;
}

Permissions within(const Permissions& declared, const Bounds& bounds) {
  Permissions out = declared;
  keep(out.tools, bounds.tools, [](const std::string& tool, const std::string& most) {
    // A pattern is within another only if that is wider for sure.
    return tool == most || (tool.find('*') == std::string::npos && matches(most, tool, "/")) ||
           (most.ends_with("/*") && tool.starts_with(most.substr(0, most.size() - 1)));
  });
  keep(out.effects, bounds.effects, std::equal_to<>());
  keep(out.hosts, bounds.hosts, [](const std::string& host, const std::string& most) {
    return matches(most.find(':') == std::string::npos && most != "*" ? most + ":443" : most, host, "");
  });
  keep(out.secrets, bounds.secrets, [](const std::string& secret, const std::string& most) {
    return secret == most || secret.substr(0, secret.find('@')) == most;
  });
  keep(out.read, bounds.read, within_path);
  keep(out.write, bounds.write, within_path);
  std::erase_if(out.secrets, [&](const std::string& secret) {
    return !std::binary_search(out.hosts.begin(), out.hosts.end(), secret.substr(secret.find('@') + 1));
  });
  return out;
}

std::vector<std::string> in_words(const Permissions& permissions) {
  std::vector<std::string> lines;
  for (const Kind& kind : kKinds) {
    for (const std::string& each : permissions.*kind.list)
      lines.push_back(fmt::format(fmt::runtime(kind.says), shown(each, 300)));
  }
  return lines;
}

std::vector<std::string> widened(const Permissions& before, const Permissions& now) {
  std::vector<std::string> lines;
  const std::vector<std::string> old = in_words(before);
  for (std::string& line : in_words(now)) {
    if (std::find(old.begin(), old.end(), line) == old.end()) lines.push_back(std::move(line));
  }
  if (before.expires_wall_ms && (!now.expires_wall_ms || *now.expires_wall_ms > *before.expires_wall_ms))
    lines.push_back(now.expires_wall_ms
                        ? fmt::format("it expires later, on {}", rfc3339(*now.expires_wall_ms))
                        : "it no longer expires");
  return lines;
}

bool permits(const Permissions& permissions, std::string_view server_tool,
             const std::vector<std::string_view>& effects) {
  const bool tool =
      std::any_of(permissions.tools.begin(), permissions.tools.end(),
                  [&](const std::string& pattern) { return matches(pattern, server_tool, "/"); });
  return tool && std::all_of(effects.begin(), effects.end(), [&](std::string_view effect) {
           return std::find(permissions.effects.begin(), permissions.effects.end(), effect) !=
                  permissions.effects.end();
         });
}

std::string permissions_json(const Permissions& permissions) {
  json::Writer writer;
  writer.begin_object().field("version", permissions.version);
  if (permissions.expires_wall_ms) writer.key("expires").integer(*permissions.expires_wall_ms);
  for (const Kind& kind : kKinds) {
    writer.key(kind.key).begin_array();
    for (const std::string& each : permissions.*kind.list) writer.string(each);
    writer.end_array();
  }
  return writer.end_object().take();
}

Result<Permissions> read_permissions_json(std::string_view text) {
  WEIR_TRY_ASSIGN(document, json::parse(std::string(text)));
  Permissions out;
  out.version = document["version"].string_or("");
  if (document["expires"].exists()) {
    out.expires_wall_ms = document["expires"].integer();
    if (!out.expires_wall_ms) return bad_input("expected milliseconds", "/expires");
  }
  for (const Kind& kind : kKinds) {
    for (const json::Value each : document[kind.key].elements()) {
      if (!each.is_string()) return bad_input("expected strings", fmt::format("/{}", kind.key));
      (out.*kind.list).emplace_back(*each.string());
    }
  }
  return out;
}

}  // namespace weir::skill
