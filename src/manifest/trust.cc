#include "manifest/trust.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/bytes.h"
#include "base/limits.h"
#include "manifest/url.h"

namespace weir::manifest {
namespace {

struct GlobStep {
  enum class Kind : uint8_t { literal, star, double_star } kind;
  char literal;
};

std::vector<GlobStep> glob_steps(std::string_view pattern) {
  std::vector<GlobStep> steps;
  for (size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] != '*') {
      steps.push_back({GlobStep::Kind::literal, pattern[i]});
    } else if (i + 1 < pattern.size() && pattern[i + 1] == '*') {
      steps.push_back({GlobStep::Kind::double_star, 0});
      ++i;
    } else {
      steps.push_back({GlobStep::Kind::star, 0});
    }
  }
  return steps;
}

std::string_view segment_ends_of(std::string_view scheme) {
  if (scheme == "mailto") return "@";
  return scheme == "file" ? "/" : "/@";
}

Error pattern_error(const TrustRule& rule, std::string_view problem, std::string hint = {}) {
  return bad_input(fmt::format("origin \"{}\" {}", shown(rule.pattern), problem), rule.where,
                   std::move(hint));
}

constexpr std::string_view kPatternHint =
    "such as \"mailto:*@mycorp.example\", \"file:/srv/docs/**\", \"https://docs.example/**\" or "
    "\"tool:files/*\"";

bool has_dot_segments(std::string_view path) {
  const std::string walled = "/" + std::string(path) + "/";
  return walled.find("/../") != std::string::npos || walled.find("/./") != std::string::npos;
}

std::string collapse_slashes(std::string_view path) {
  std::string out;
  for (const char c : path) {
    if (c != '/' || out.empty() || out.back() != '/') out += c;
  }
  return out;
}

std::string lower_case(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

bool is_host_pattern(std::string_view host) {
  return !host.empty() && std::all_of(host.begin(), host.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '*' || c == ':';
  });
}

}  // namespace

bool glob_matches(std::string_view pattern, std::string_view text, std::string_view segment_ends) {
  using Kind = GlobStep::Kind;
  const std::vector<GlobStep> steps = glob_steps(pattern);
  // live[i]: the text so far matches the first i steps. One pass over the text.
  std::vector<char> live(steps.size() + 1, 0);
  live[0] = 1;
  const auto skip_stars = [&] {  // a star may match nothing
    for (size_t i = 0; i < steps.size(); ++i) {
      if (live[i] && steps[i].kind != Kind::literal) live[i + 1] = 1;
    }
  };
  skip_stars();
  for (const char c : text) {
    const bool ends_segment = segment_ends.find(c) != std::string_view::npos;
    bool any = false;
    for (size_t i = steps.size() + 1; i-- > 0;) {
      const bool stays = i < steps.size() && (steps[i].kind == Kind::double_star ||
                                              (steps[i].kind == Kind::star && !ends_segment));
      const bool moves =
          i > 0 && live[i - 1] && steps[i - 1].kind == Kind::literal && steps[i - 1].literal == c;
      live[i] = (live[i] && stays) || moves;
      any = any || live[i];
    }
    if (!any) return false;
    skip_stars();
  }
  return live[steps.size()] != 0;
}

Status TrustRules::add(TrustRule rule) {
  if (!rule.trusted && !rule.readers) return pattern_error(rule, "has neither integrity nor readers");
  if (rule.pattern.size() > limits::kTrustPatternBytesMax) {
    return too_large(fmt::format("an origin pattern of more than {} bytes", limits::kTrustPatternBytesMax),
                     rule.where);
  }
  Compiled compiled;
  std::string_view rest = rule.pattern;
  if (rest.starts_with("tool:")) {
    const size_t space = rest.find(' ');
    compiled.tool = rest.substr(5, space == std::string_view::npos ? space : space - 5);
    if (compiled.tool.find('/') == std::string::npos && compiled.tool != "**") {
      return pattern_error(rule, "names no tool",
                           "\"tool:SERVER/TOOL\", or \"tool:SERVER/*\" for all of a server");
    }
    rest = space == std::string_view::npos ? std::string_view() : rest.substr(space + 1);
    if (space != std::string_view::npos && rest.empty()) return pattern_error(rule, "ends in a space");
  }
  if (!rest.empty() || compiled.tool.empty()) {
    WEIR_TRY(compile_principal(rule, rest, compiled));
  }
  compiled.rule = std::move(rule);
  rules_.push_back(std::move(compiled));
  return {};
}

Status TrustRules::compile_principal(const TrustRule& rule, std::string_view pattern, Compiled& out) {
  const size_t colon = pattern.find(':');
  if (colon == 0 || colon == std::string_view::npos) {
    return pattern_error(rule, "has no scheme", std::string(kPatternHint));
  }
  out.scheme = pattern.substr(0, colon);
  const bool plain = std::all_of(out.scheme.begin(), out.scheme.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  });
  if (!plain || out.scheme == "skill" || out.scheme == "tool") {
    return pattern_error(rule, "does not start with a principal's scheme", std::string(kPatternHint));
  }
  const std::string_view rest = pattern.substr(colon + 1);
  if (rest.empty()) return pattern_error(rule, "could match nothing", std::string(kPatternHint));
  if (out.scheme == "mailto") {
    const size_t at = rest.find('@');
    if (at != rest.rfind('@') ||
        (at == std::string_view::npos && rest.find("**") == std::string_view::npos)) {
      return pattern_error(rule, "is not an address with one \"@\"", std::string(kPatternHint));
    }
    out.head = at == std::string_view::npos ? std::string(rest)
                                            : std::string(rest.substr(0, at)) + lower_case(rest.substr(at));
  } else if (out.scheme == "file") {
    if (has_dot_segments(rest))
      return pattern_error(rule, "has a \".\" or \"..\"", "write the path that is meant");
    out.head = collapse_slashes(rest);
    if (out.head.size() > 1 && out.head.back() == '/') out.head.pop_back();
  } else if (out.scheme == "http" || out.scheme == "https") {
    if (!rest.starts_with("//")) return pattern_error(rule, "is not a URL", std::string(kPatternHint));
    const std::string_view after = rest.substr(2);
    const size_t slash = after.find('/');
    out.head = lower_case(after.substr(0, slash));
    if (!is_host_pattern(out.head))
      return pattern_error(rule, "has no plain host", std::string(kPatternHint));
    const std::string_view own_port = out.scheme == "https" ? ":443" : ":80";
    if (out.head.ends_with(own_port)) out.head.resize(out.head.size() - own_port.size());
    out.path = slash == std::string_view::npos ? "/" : std::string(after.substr(slash));
    if (has_dot_segments(out.path)) return pattern_error(rule, "has a \".\" or \"..\"");
  } else {
    out.head = rest;
  }
  return {};
}

bool TrustRules::matches_principal(const Compiled& compiled, const std::string& principal) {
  const size_t colon = principal.find(':');
  if (std::string_view(principal).substr(0, colon) != compiled.scheme) return false;
  const std::string_view rest = std::string_view(principal).substr(colon + 1);
  if (compiled.scheme != "http" && compiled.scheme != "https") {
    return glob_matches(compiled.head, rest, segment_ends_of(compiled.scheme));
  }
  const auto url = parse_url(principal);
  if (!url) return false;
  const std::string host = url->port.empty() ? url->host : url->host + ":" + url->port;
  const std::string path = (url->path.empty() ? "/" : url->path) + url->query;
  return glob_matches(compiled.head, host, ":") && glob_matches(compiled.path, path, "/?");
}

TrustRules::Verdict TrustRules::judge(std::string_view server_tool, std::string_view principal,
                                      bool principal_counts) const {
  Verdict verdict;
  if (rules_.empty()) return verdict;
  const std::optional<std::string> normal = normalised_principal(principal);
  const std::string scheme = lower_case(principal.substr(0, principal.find(':')));
  const bool relative_path = normal && normal->starts_with("file:") && !normal->starts_with("file:/");
  for (const Compiled& compiled : rules_) {
    if (!compiled.tool.empty() && !glob_matches(compiled.tool, server_tool, "/")) continue;
    const bool distrusts = compiled.rule.trusted == false;
    bool counts = true;
    if (!compiled.scheme.empty()) {
      // What cannot be compared (or stands in an unknown folder) may be what a distrusting rule means.
      const bool unclear = !normal || (relative_path && compiled.head.starts_with('/'));
      const bool matches = unclear ? scheme == compiled.scheme && distrusts && !principal.empty()
                                   : matches_principal(compiled, *normal);
      if (!matches) continue;
      counts = principal_counts && !unclear;
    }
    if (compiled.rule.trusted && (counts || distrusts) && verdict.trusted != false) {
      verdict.trusted = compiled.rule.trusted;
      verdict.by = &compiled.rule;
    }
    if (compiled.rule.readers && counts) {
      verdict.readers =
          verdict.readers ? verdict.readers->joined(*compiled.rule.readers) : *compiled.rule.readers;
    }
  }
  return verdict;
}

}  // namespace weir::manifest
