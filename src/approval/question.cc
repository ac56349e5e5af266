#include "approval/question.h"

#include <fmt/format.h>

#include <algorithm>

namespace weir::approval {
namespace {

bool leaks(const guard::Verdict& verdict) {
  return std::find(verdict.policies.begin(), verdict.policies.end(), "leak") != verdict.policies.end();
}

// Length first: no text can pretend to be the next field.
void put(std::string& out, std::string_view text) {
  fmt::format_to(std::back_inserter(out), "{}:", text.size());
  out += text;
}

}  // namespace

Digest question_key(std::string_view session, const guard::Verdict& verdict) {
  std::string text;
  put(text, session);
  put(text, verdict.tool);
  std::vector<std::string> policies = verdict.policies;
  std::sort(policies.begin(), policies.end());
  for (const std::string& policy : policies) put(text, policy);
  std::vector<const session::Leaf*> deciding;
  for (const session::Leaf& leaf : verdict.arguments) {
    if (manifest::authority_bearing(leaf.role)) deciding.push_back(&leaf);
  }
  // The same arguments in another order are the same.
  std::sort(deciding.begin(), deciding.end(),
            [](const auto* a, const auto* b) { return a->pointer < b->pointer; });
  for (const session::Leaf* leaf : deciding) {
    put(text, leaf->pointer);
    put(text, leaf->value);
    fmt::format_to(std::back_inserter(text), "{},{};", static_cast<int>(leaf->role), leaf->label);
  }
  if (leaks(verdict)) fmt::format_to(std::back_inserter(text), "carries {}", verdict.carries);
  return sha256(text);
}

Digest call_key(std::string_view session, const guard::Verdict& verdict) {
  std::vector<const session::Leaf*> payload;
  for (const session::Leaf& leaf : verdict.arguments) {
    if (!manifest::authority_bearing(leaf.role)) payload.push_back(&leaf);
  }
  std::sort(payload.begin(), payload.end(),
            [](const auto* a, const auto* b) { return a->pointer < b->pointer; });
  std::string text;
  for (const session::Leaf* leaf : payload) {
    put(text, leaf->pointer);
    put(text, leaf->value);
  }
  return sha256({as_bytes(question_key(session, verdict)), text});
}

session::Grant exact_grant(const guard::Verdict& verdict) {
  session::Grant grant;
  grant.tool = session::literal_pattern(verdict.tool);
  for (const session::Leaf& leaf : verdict.arguments) {
    if (manifest::authority_bearing(leaf.role))
      grant.arguments[leaf.pointer] = session::literal_pattern(leaf.value);
  }
  grant.release = leaks(verdict);
  return grant;
}

std::string shell_word(std::string_view text) {
  constexpr std::string_view kPlain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./:@%+=,";
  if (!text.empty() && text.find_first_not_of(kPlain) == std::string_view::npos) return std::string(text);
  if (shown(text, text.size() + 1) == text && text.find('\n') == std::string_view::npos) {
    std::string word = "'";
    for (const char c : text) word += c == '\'' ? std::string("'\\''") : std::string(1, c);
    return word + "'";
  }
  // $'…' takes bytes: what a person should not meet raw is spelled byte by byte.
  std::string word = "$'";
  size_t at = 0;
  while (at < text.size()) {
    const size_t length = utf8_prefix(text.substr(at, 4)) == 0 ? 0 : [&] {
      size_t end = at;
      next_utf8(text, end);
      return end - at;
    }();
    const std::string_view bytes = text.substr(at, std::max<size_t>(length, 1));
    if (bytes == "'" || bytes == "\\") {
      word += '\\';
      word += bytes;
    } else if (length > 0 && shown(bytes) == bytes) {
      word += bytes;
    } else {
      // Octal, always three digits: a hex digit that follows does not change it.
      for (const char c : bytes) word += fmt::format("\\{:03o}", static_cast<uint8_t>(c));
    }
    at += bytes.size();
  }
  return word + "'";
}

std::string grant_argument(std::string_view pointer, std::string_view pattern) {
  std::string text;
  for (const char c : pointer) {
    if (c == '=' || c == '\\') text += '\\';
    text += c;
  }
  text += '=';
  text += pattern;
  return text;
}

std::optional<std::pair<std::string, std::string>> parse_grant_argument(std::string_view text) {
  std::string pointer;
  size_t at = 0;
  for (; at < text.size() && text[at] != '='; ++at) {
    const bool escaped =
        text[at] == '\\' && at + 1 < text.size() && (text[at + 1] == '=' || text[at + 1] == '\\');
    if (escaped) ++at;
    pointer += text[at];
  }
  if (at == text.size() || (!pointer.empty() && pointer[0] != '/')) return std::nullopt;
  return std::pair(std::move(pointer), std::string(text.substr(at + 1)));
}

std::string grant_line(const guard::Verdict& verdict) {
  return verdict.grantable ? grant_line(exact_grant(verdict), "8h") : std::string();
}

std::string grant_line(const session::Grant& grant, std::string_view lasts) {
  std::string line = "weir grant";
  const bool dash = grant.tool.starts_with('-');
  if (!dash) line += " " + shell_word(grant.tool);
  for (const auto& [pointer, pattern] : grant.arguments)
    line += " --arg " + shell_word(grant_argument(pointer, pattern));
  if (grant.release) line += " --release";
  line += fmt::format(" --for {}", lasts);
  if (dash) line += " -- " + shell_word(grant.tool);
  return line;
}

}  // namespace weir::approval
