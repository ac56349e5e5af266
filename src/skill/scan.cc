#include "skill/scan.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/bytes.h"
#include "skill/limits.h"

namespace weir::skill {
namespace {

using Kind = Finding::Kind;

struct Phrase {
  std::string_view text;  // lower case
  Kind kind;
  bool serious;
  std::string_view says;
};

constexpr Phrase kPhrases[] = {
    {"ignore previous instructions", Kind::instruction, true, "tells the agent to forget its rules"},
    {"ignore all previous", Kind::instruction, true, "tells the agent to forget its rules"},
    {"ignore your instructions", Kind::instruction, true, "tells the agent to forget its rules"},
    {"disregard", Kind::instruction, false, "may tell the agent to forget its rules"},
    {"do not tell the user", Kind::instruction, true, "asks for secrecy towards the user"},
    {"don't tell the user", Kind::instruction, true, "asks for secrecy towards the user"},
    {"without telling the user", Kind::instruction, true, "asks for secrecy towards the user"},
    {"without informing the user", Kind::instruction, true, "asks for secrecy towards the user"},
    {"do not mention this", Kind::instruction, true, "asks for secrecy"},
    {"without asking", Kind::instruction, true, "asks the agent not to ask"},
    {"do not ask for confirmation", Kind::instruction, true, "asks the agent not to ask"},
    {"skip confirmation", Kind::instruction, true, "asks the agent not to ask"},
    {"system prompt", Kind::instruction, false, "speaks of the system prompt"},
    {"<system", Kind::instruction, true, "looks like a system message"},
    {"[inst]", Kind::instruction, true, "looks like a model's own marks"},
    {"<|im_start|>", Kind::instruction, true, "looks like a model's own marks"},
    {"dangerously-skip-permissions", Kind::instruction, true, "switches an agent's questions off"},
    {"bypass permission", Kind::instruction, true, "switches an agent's questions off"},
    {"--yolo", Kind::instruction, true, "switches an agent's questions off"},
    {"disable weir", Kind::instruction, true, "speaks of switching weir off"},
    {"prerequisite", Kind::download, false, "has prerequisites: look where they come from"},
    {"pip install", Kind::download, false, "installs packages"},
    {"npm install", Kind::download, false, "installs packages"},
    {"npx ", Kind::download, false, "runs a package from the network"},
    {"uvx ", Kind::download, false, "runs a package from the network"},
    {"brew install", Kind::download, false, "installs packages"},
    {"| sh", Kind::download, true, "pipes something into a shell"},
    {"|sh", Kind::download, true, "pipes something into a shell"},
    {"| bash", Kind::download, true, "pipes something into a shell"},
    {"|bash", Kind::download, true, "pipes something into a shell"},
    {"bash <(", Kind::download, true, "runs what it fetches"},
    {"powershell -enc", Kind::encoded, true, "runs an encoded command"},
    {"invoke-expression", Kind::download, true, "runs what it makes"},
    {"base64 -d", Kind::encoded, true, "decodes something"},
    {"base64 --decode", Kind::encoded, true, "decodes something"},
    {"b64decode", Kind::encoded, false, "decodes something"},
    {"atob(", Kind::encoded, false, "decodes something"},
    {"eval(", Kind::encoded, false, "runs text that it makes"},
    {"exec(", Kind::encoded, false, "runs text that it makes"},
    {"xattr -d com.apple.quarantine", Kind::download, true, "takes the mark of a download away"},
    {"chmod +x", Kind::download, false, "makes something runnable"},
    {"password: ", Kind::download, false, "gives a password, perhaps of an archive"},
    {"crontab", Kind::persistence, true, "runs later"},
    {"launchctl", Kind::persistence, true, "runs later"},
    {"systemctl", Kind::persistence, true, "runs later"},
    {".bashrc", Kind::persistence, true, "touches a shell's start-up files"},
    {".zshrc", Kind::persistence, true, "touches a shell's start-up files"},
    {".git/hooks", Kind::persistence, true, "touches git's hooks"},
    {"authorized_keys", Kind::persistence, true, "touches who may log in"},
    {".claude/settings", Kind::persistence, true, "touches an agent's settings"},
    {".mcp.json", Kind::persistence, true, "touches an agent's servers"},
    {"claude.md", Kind::persistence, false, "names a file that agents read at each start"},
    {"agents.md", Kind::persistence, false, "names a file that agents read at each start"},
    {"memory.md", Kind::persistence, false, "names a file that agents read at each start"},
};

constexpr std::string_view kSources[] = {".ssh",        "id_rsa",   "id_ed25519", ".aws",        ".env",
                                         "api_key",     "apikey",   "secret",     "credential",  "os.environ",
                                         "process.env", "printenv", "keychain",   "/etc/passwd", "token",
                                         ".gnupg",      "wallet",   "cookies"};
constexpr std::string_view kSinks[] = {
    "curl ", "wget ",   "requests.post", "requests.get",      "urllib",   "http.client", "fetch(",
    "axios", "webhook", "ngrok",         "discord.com/api",   "pastebin", "/dev/tcp/",   "socket.",
    "nc -",  "--data",  "smtplib",       "invoke-webrequest", "dns",      "scp "};

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
  return out;
}

std::string_view any_of(const std::string& text, std::span<const std::string_view> words) {
  for (const std::string_view word : words) {
    if (text.find(word) != std::string::npos) return word;
  }
  return {};
}

bool is_letter(char32_t c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool is_greek_or_cyrillic(char32_t c) {
  return c >= 0x370 && c <= 0x52F;
}

class Scanner {
 public:
  explicit Scanner(const Package& package) : package_(package) {}

  Report run(const Permissions& permissions, const Package* before, const Permissions* permissions_before) {
    for (const File& file : package_.files()) {
      if (!Package::is_signature(file.path) && file.path != kPermissionsFile) look_at(file);
    }
    look_at(permissions);
    if (before != nullptr) compare(*before);
    if (permissions_before != nullptr) {
      for (const std::string& line : widened(*permissions_before, permissions))
        add(Kind::drift, true, std::string(kPermissionsFile), "new: " + line);
    }
    return std::move(report_);
  }

 private:
  void add(Kind kind, bool serious, std::string where, std::string says) {
    if (report_.findings.size() < kFindingsMax) {
      report_.findings.push_back({kind, serious, std::move(where), std::move(says)});
    } else {
      ++report_.more;
    }
  }

  void look_at(const File& file) {
    if (!is_utf8(file.bytes))
      return add(Kind::encoded, false, file.path, "not text: nobody can read what it does");
    size_t number = 1;
    bool hidden = false, look_alike = false, long_run = false;
    for (std::string_view rest = file.bytes; !rest.empty(); ++number) {
      const size_t end = std::min(rest.find('\n'), rest.size());
      const std::string_view line = rest.substr(0, end);
      rest.remove_prefix(std::min(end + 1, rest.size()));
      const std::string where = fmt::format("{}:{}", file.path, number);
      look_at_characters(line, where, hidden, look_alike, long_run);
      const std::string low = lower(line);
      for (const Phrase& phrase : kPhrases) {
        if (low.find(phrase.text) != std::string::npos)
          add(phrase.kind, phrase.serious, where, fmt::format("{} (\"{}\")", phrase.says, phrase.text));
      }
      if (low.find("<!--") != std::string::npos)
        add(Kind::hidden, false, where, "a comment, which a rendered page does not show");
      note_hosts(low, where);
    }
    const std::string low = lower(file.bytes);
    const std::string_view source = any_of(low, kSources), sink = any_of(low, kSinks);
    if (!source.empty() && !sink.empty())
      add(Kind::exfiltration, true, file.path,
          fmt::format("speaks of secrets (\"{}\") and of a way out (\"{}\")", source, sink));
  }

  void look_at_characters(std::string_view line, const std::string& where, bool& hidden, bool& look_alike,
                          bool& long_run) {
    char32_t before = 0;
    size_t run = 0;
    for (size_t at = 0; at < line.size();) {
      const char32_t c = next_utf8(line, at);
      if (!hidden && is_hidden(c) && c != '\t' && c != '\r' && c != 0xFE0F && c != 0x200D) {
        hidden = true;
        add(Kind::hidden, true, where,
            fmt::format("an invisible character, U+{:04X}", static_cast<uint32_t>(c)));
      }
      if (!look_alike && ((is_letter(before) && is_greek_or_cyrillic(c)) ||
                          (is_greek_or_cyrillic(before) && is_letter(c)))) {
        look_alike = true;
        add(Kind::hidden, true, where, "letters of two alphabets in one word");
      }
      const bool packed = is_letter(c) || (c >= '0' && c <= '9') || c == '+' || c == '/' || c == '=';
      run = packed ? run + 1 : 0;
      if (!long_run && run > 200) {
        long_run = true;
        add(Kind::encoded, true, where, "a long run that looks encoded");
      }
      before = c;
    }
  }

  void note_hosts(const std::string& low, const std::string& where) {
    for (size_t at = low.find("://"); at != std::string::npos; at = low.find("://", at + 3)) {
      const size_t begin = at + 3;
      const size_t end = std::min(low.find_first_of("/ \t\"'`<>)]},;?#", begin), low.size());
      std::string host = low.substr(begin, end - begin);
      if (const size_t user = host.rfind('@'); user != std::string::npos) host.erase(0, user + 1);
      host = host.substr(0, host.find(':'));
      if (host.empty()) continue;
      if (host.find_first_not_of("0123456789.") == std::string::npos)
        add(Kind::download, true, where, fmt::format("an address instead of a name, {}", shown(host)));
      // What the text links to is for people; what scripts name they may reach for.
      if (where.starts_with("scripts/")) hosts_.emplace(std::move(host), where);
    }
  }

  void look_at(const Permissions& permissions) {
    const auto wide = [&](std::string says) {
      add(Kind::permissions, true, std::string(kPermissionsFile), std::move(says));
    };
    for (const std::string& tool : permissions.tools) {
      if (tool.ends_with("/*")) wide(fmt::format("every tool of a server ({})", shown(tool)));
    }
    if (permissions.effects.size() >= 5) wide("nearly every effect there is");
    for (const auto* list : {&permissions.read, &permissions.write}) {
      for (const std::string& path : *list) {
        const bool secret =
            any_of(path + "/",
                   std::initializer_list<std::string_view>{"/.ssh/", "/.aws/", "/.gnupg/", "/.config/",
                                                           "/.kube/", "/.docker/", "/.claude", "/etc/"})
                .size() > 0;
        if (secret) wide(fmt::format("a place where secrets or settings are ({})", shown(path)));
        if (path.starts_with('/') && path.find('/', 1) == std::string::npos)
          wide(fmt::format("a whole folder of the system ({})", path));
      }
    }
    if (!permissions.secrets.empty() && permissions.hosts.size() > permissions.secrets.size())
      wide("a secret, and further hosts beside the one that it is for");
    if (permissions.hosts.size() > 10) wide("more than ten hosts");
    for (const auto& [host, where] : hosts_) {
      const bool declared =
          std::any_of(permissions.hosts.begin(), permissions.hosts.end(),
                      [&](const std::string& each) { return each.starts_with(host + ":"); });
      if (!declared)
        add(Kind::permissions, false, where,
            fmt::format("{} is not among its hosts: it will not be reached", shown(host)));
    }
  }

  void compare(const Package& before) {
    for (const File& file : package_.files()) {
      if (Package::is_signature(file.path)) continue;
      const auto old = before.find(file.path);
      if (!old) {
        add(Kind::drift, file.path.starts_with("scripts/"), file.path, "a new file");
      } else if (*old != file.bytes) {
        add(Kind::drift, file.path.starts_with("scripts/"), file.path, "changed");
      }
    }
    for (const File& file : before.files()) {
      if (!Package::is_signature(file.path) && !package_.find(file.path))
        add(Kind::drift, false, file.path, "gone");
    }
  }

  const Package& package_;
  Report report_;
  std::set<std::pair<std::string, std::string>> hosts_;
};

}  // namespace

std::string_view kind_name(Kind kind) {
  switch (kind) {
    case Kind::hidden:
      return "hidden";
    case Kind::instruction:
      return "instruction";
    case Kind::download:
      return "download";
    case Kind::exfiltration:
      return "exfiltration";
    case Kind::encoded:
      return "encoded";
    case Kind::persistence:
      return "persistence";
    case Kind::permissions:
      return "permissions";
    case Kind::drift:
      return "drift";
  }
  return "drift";
}

Report scan(const Package& package, const Permissions& permissions, const Package* before,
            const Permissions* permissions_before) {
  return Scanner(package).run(permissions, before, permissions_before);
}

}  // namespace weir::skill
