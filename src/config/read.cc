#include "config/read.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/limits.h"
#include "config/keys.h"

namespace weir::config {
namespace {

class RootReader {
 public:
  RootReader(Config& config, const Place& place) : config_(config), place_(place) {}

  Status read(const toml::Value& root) {
    WEIR_TRY(only_known(root, ""));
    WEIR_TRY(read_listen(root));
    WEIR_TRY(read_mode(root));
    bool auth_none = false;
    WEIR_TRY(read_choice(root, "auth", {"token", "none"}, auth_none));
    config_.authenticate = !auth_none;
    WEIR_TRY(read_choice(root, "unknown_items", {"refuse", "untrusted"}, config_.unknown_items_untrusted));
    WEIR_TRY(read_choice(root, "hosted_tools", {"refuse", "strip"}, config_.strip_hosted_tools));
    WEIR_TRY(read_client(root));
    WEIR_TRY(root.read("data_dir", config_.data_dir));
    WEIR_TRY(read_manifests(root));
    WEIR_TRY(read_upstreams(root["upstream"], place_, config_));
    WEIR_TRY_ASSIGN(sandboxes, sandbox::read_profiles(root["sandbox"]));
    config_.sandboxes = std::move(sandboxes);
    WEIR_TRY(read_servers(root["server"], place_, config_));
    WEIR_TRY(read_mcp(root["mcp"]));
    WEIR_TRY(read_seal(root["seal"]));
    WEIR_TRY(read_intent(root["intent"]));
    WEIR_TRY(read_trust(root["trust"]));
    WEIR_TRY_ASSIGN(skills, read_skills(root["skills"], place_));
    config_.skills = std::move(skills);
    if (!config_.authenticate && !config_.on_loopback()) {
      return root["auth"].error(
          fmt::format("auth = \"none\" would let the network use weir at {}", config_.listen_host),
          "listen on 127.0.0.1, or use auth = \"token\"");
    }
    std::vector<std::string> policies;
    WEIR_TRY(root.read("policies", policies));
    for (std::string& name : policies) {
      if (name.find('.') != std::string::npos) name = place_.beside(name);
    }
    return policies.empty() ? Status() : use_policies(config_, policies, place_.sources);
  }

 private:
  Status read_listen(const toml::Value& root) {
    std::string listen;
    WEIR_TRY(root.read("listen", listen));
    if (listen.empty()) return {};
    const size_t colon = listen.rfind(':');
    uint16_t port = 0;
    const char* end = listen.data() + listen.size();
    const auto parsed = colon == std::string::npos
                            ? std::from_chars_result{nullptr, std::errc::invalid_argument}
                            : std::from_chars(listen.data() + colon + 1, end, port);
    if (parsed.ec != std::errc() || parsed.ptr != end)
      return root["listen"].error("expected HOST:PORT", "listen = \"127.0.0.1:7447\"");
    config_.listen_host = listen.substr(0, colon);
    if (config_.listen_host.starts_with('[') && config_.listen_host.ends_with(']')) {
      config_.listen_host = config_.listen_host.substr(1, config_.listen_host.size() - 2);
    }
    config_.listen_port = port;
    return {};
  }

  Status read_mode(const toml::Value& root) {
    if (const toml::Value mode = root["mode"]; mode.exists()) {
      WEIR_TRY_ASSIGN(name, mode.string());
      const auto parsed = guard::parse_mode(name);
      if (!parsed) return mode.error(fmt::format("unknown mode \"{}\"", name), "watch, guard or seal");
      config_.mode = *parsed;
    }
    if (const toml::Value timeout = root["ask_timeout"]; timeout.exists()) {
      WEIR_TRY_ASSIGN(text, timeout.string());
      auto parsed = parse_duration(text);
      if (!parsed) return timeout.error(parsed.error().message, parsed.error().hint);
      config_.ask_timeout_ms = *parsed;
    }
    if (const toml::Value kept = root["responses_kept"]; kept.exists()) {
      WEIR_TRY_ASSIGN(text, kept.string());
      auto parsed = parse_duration(text);
      if (!parsed) return kept.error(parsed.error().message, parsed.error().hint);
      config_.responses_kept_ms = *parsed;
    }
    if (const toml::Value notify = root["notify"]; notify.exists()) {
      WEIR_TRY(root.read("notify", config_.notify));
      if (config_.notify.empty() || config_.notify[0].empty())
        return notify.error("expected a command and its arguments", "notify = [\"notify-send\", \"weir\"]");
      for (const std::string& word : config_.notify) {
        if (word.find('\0') != std::string::npos) return notify.error("an argument has a zero byte");
      }
    }
    return {};
  }

  Status read_client(const toml::Value& root) {
    WEIR_TRY(root.read("client", config_.client));
    if (config_.client == "auto" || config_.profiles.find(config_.client) != nullptr) return {};
    return root["client"].error(fmt::format("no client profile \"{}\"", config_.client),
                                "auto, or a name in clients/");
  }

  Status read_manifests(const toml::Value& root) {
    std::vector<std::string> files;
    WEIR_TRY(root.read("manifests", files));
    for (const std::string& name : files) {
      const std::string path = place_.beside(name);
      WEIR_TRY_ASSIGN(text, place_.sources.read_file(path));
      WEIR_TRY(config_.manifests.add(text, path));
    }
    return {};
  }

  Status read_mcp(const toml::Value& mcp) {
    if (!mcp.exists()) return {};
    WEIR_TRY(only_known(mcp, "mcp"));
    WEIR_TRY(mcp.read("elicit", config_.mcp.elicit));
    return mcp.read("alone", config_.mcp.alone);
  }

  Status read_intent(const toml::Value& intent) {
    if (!intent.exists()) return {};
    WEIR_TRY(only_known(intent, "intent"));
    WEIR_TRY(intent.read("check", config_.intent.check));
    WEIR_TRY(intent.read("judge", config_.intent.judge));
    WEIR_TRY(intent.read("judge_model", config_.intent.judge_model));
    WEIR_TRY(intent.read("plan", config_.intent.plan));
    if (!config_.intent.judge.empty() && config_.upstream_named(config_.intent.judge) == nullptr)
      return intent["judge"].error(fmt::format("there is no [upstream.{}]", config_.intent.judge));
    return {};
  }

  Status read_seal(const toml::Value& seal) {
    if (!seal.exists()) return {};
    WEIR_TRY(only_known(seal, "seal"));
    int64_t page = static_cast<int64_t>(config_.seal.page);
    WEIR_TRY(seal.read("page", page, 1, static_cast<int64_t>(limits::kSealedPageMax)));
    config_.seal.page = static_cast<size_t>(page);
    if (const toml::Value bits = seal["budget_bits"]; bits.exists()) {
      WEIR_TRY_ASSIGN(number, bits.number());
      if (!(number >= 0 && number <= 1e6)) return bits.error("expected 0 to 1000000 bits");
      config_.seal.budget_bits = number;
    }
    WEIR_TRY(seal.read("reveal", config_.seal.reveal));
    WEIR_TRY(seal.read("open", config_.seal.open));
    for (const std::string& pattern : config_.seal.open) {
      manifest::TrustRule rule;
      rule.pattern = pattern;
      rule.trusted = true;
      rule.where = seal["open"].where();
      WEIR_TRY(config_.seal.opened.add(std::move(rule)));
    }
    WEIR_TRY(read_choice(seal, "attachments", {"sealed", "open"}, config_.seal.attachments_open));
    WEIR_TRY(seal.read("reader", config_.seal.reader));
    WEIR_TRY(seal.read("reader_model", config_.seal.reader_model));
    if (!config_.seal.reader.empty() && config_.upstream_named(config_.seal.reader) == nullptr)
      return seal["reader"].error(fmt::format("there is no [upstream.{}]", config_.seal.reader));
    return {};
  }

  Status read_trust(const toml::Value& trust) {
    if (!trust.exists()) return {};
    WEIR_TRY_ASSIGN(elements, trust.elements());
    for (const toml::Value& element : elements) {
      WEIR_TRY(only_known(element, "[trust]"));
      manifest::TrustRule rule;
      rule.where = element.where();
      WEIR_TRY(element.require("origin", rule.pattern));
      if (element["integrity"].exists()) {
        bool untrusted = false;
        WEIR_TRY(read_choice(element, "integrity", {"trusted", "untrusted"}, untrusted));
        rule.trusted = !untrusted;
      }
      if (element["readers"].exists()) {
        std::vector<std::string> readers;
        WEIR_TRY(element.read("readers", readers));
        const bool everyone = std::find(readers.begin(), readers.end(), "public") != readers.end();
        rule.readers = everyone ? Readers::everyone() : Readers::of(std::move(readers));
      }
      WEIR_TRY(config_.trust.add(std::move(rule)));
    }
    return {};
  }

  Config& config_;
  const Place& place_;
};

}  // namespace

std::string Place::beside(const std::string& path) const {
  const size_t slash = file_name.rfind('/');
  if (path.starts_with('/') || path.starts_with("~/") || path.empty() || slash == std::string_view::npos)
    return path;
  return std::string(file_name.substr(0, slash + 1)) + path;
}

Status only_known(const toml::Value& table, std::string_view section) {
  std::vector<std::string_view> names;
  for (const Key& key : keys()) {
    if (key.section == section) names.push_back(key.name);
  }
  if (section.empty())
    names.insert(names.end(), {"upstream", "server", "sandbox", "mcp", "seal", "intent", "skills", "trust"});
  auto entries = table.entries();
  if (!entries) return entries.error();
  for (const toml::Entry& entry : *entries) {
    if (std::find(names.begin(), names.end(), entry.key) != names.end()) continue;
    return bad_input(fmt::format("unknown key \"{}\"", entry.key), entry.value.key_where(),
                     toml::did_you_mean(entry.key, names));
  }
  return {};
}

Status read_choice(const toml::Value& table, std::string_view key, std::array<std::string_view, 2> names,
                   bool& out) {
  const toml::Value value = table[key];
  if (!value.exists()) return {};
  auto index = value.one_of(key, names);
  if (!index) return index.error();
  out = *index == 1;
  return {};
}

Status read_root(const toml::Value& root, const Place& place, Config& config) {
  return RootReader(config, place).read(root);
}

}  // namespace weir::config
