#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "guard/facts.h"
#include "guard/guard.h"
#include "guard/why.h"

namespace weir::guard {
namespace {

constexpr std::string_view kUrlEnd = " \t\r\n\"'<>()[]{}|^`";

bool equal_ignore_case(std::string_view a, std::string_view b) {
  return a.size() >= b.size() && std::equal(b.begin(), b.end(), a.begin(), [](char x, char y) {
           return (y >= 'A' && y <= 'Z' ? y + 32 : y) == x;
         });
}

bool scheme_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '+' || c == '-' ||
         c == '.';
}

}  // namespace

namespace {

// As a renderer reads it: HTML entities that can hide an address are decoded, tabs and line ends within one
// are dropped.
std::string rendered(std::string_view text, bool drop_line_ends) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 10> kNamed{{{"amp;", "&"},
                                                                                         {"colon;", ":"},
                                                                                         {"sol;", "/"},
                                                                                         {"bsol;", "\\"},
                                                                                         {"period;", "."},
                                                                                         {"num;", "#"},
                                                                                         {"quest;", "?"},
                                                                                         {"Tab;", ""},
                                                                                         {"NewLine;", ""},
                                                                                         {"equals;", "="}}};
  std::string out;
  for (size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '\t' || (drop_line_ends && (c == '\n' || c == '\r'))) continue;
    if (c != '&') {
      out += c;
      continue;
    }
    const std::string_view rest = text.substr(at + 1, 10);
    const bool numeric = rest.starts_with('#');
    size_t length = 0;
    if (numeric) {
      const bool hex = rest.size() > 1 && (rest[1] == 'x' || rest[1] == 'X');
      uint32_t value = 0;
      const char* begin = rest.data() + (hex ? 2 : 1);
      const auto parsed = std::from_chars(begin, rest.data() + rest.size(), value, hex ? 16 : 10);
      if (parsed.ec == std::errc() && parsed.ptr != begin && value > 0 && value < 0x80) {
        length = static_cast<size_t>(parsed.ptr - rest.data());
        if (length < rest.size() && rest[length] == ';') ++length;
        if (value != '\t' && value != '\n' && value != '\r') out += static_cast<char>(value);
      }
    } else {
      for (const auto& [name, character] : kNamed) {
        if (!rest.starts_with(name)) continue;
        length = name.size();
        out += character;
      }
    }
    if (length == 0) {
      out += c;
    } else {
      at += length;
    }
  }
  return out;
}

bool is_slash(char c) {
  return c == '/' || c == '\\';
}

void find_urls(std::string_view text, std::vector<std::string>& urls) {
  const auto add = [&](size_t begin, size_t from) {
    const size_t end = std::min(text.find_first_of(kUrlEnd, from), text.size());
    std::string_view url = text.substr(begin, end - begin);
    while (!url.empty() && std::string_view(".,;:!?*_").find(url.back()) != std::string_view::npos)
      url.remove_suffix(1);
    if (url.size() < 4 || urls.size() >= limits::kAnswerLinksMax) return;
    if (std::find(urls.begin(), urls.end(), url) == urls.end()) urls.emplace_back(url);
  };
  for (size_t at = 0; at < text.size(); ++at) {
    // "http:" and "https:" are enough: renderers make up for missing or wrong slashes.
    if ((text[at] | 0x20) == 'h') {
      const bool http = equal_ignore_case(text.substr(at, 5), "http:");
      const bool https = equal_ignore_case(text.substr(at, 6), "https:");
      const size_t after = at + (https ? 6 : 5);
      if ((http || https) && after < text.size() && (at == 0 || !scheme_character(text[at - 1])) &&
          std::string_view(" \t\r\n\"'<>)").find(text[after]) == std::string_view::npos) {
        size_t host = after;
        while (host < text.size() && is_slash(text[host])) ++host;
        add(at, host);
        at = host;
        continue;
      }
    }
    // Without a scheme only where markdown or HTML takes it for an address.
    const bool opened = at > 0 && std::string_view("(\"'=<").find(text[at - 1]) != std::string_view::npos;
    if (opened && at + 2 < text.size() && is_slash(text[at]) && is_slash(text[at + 1])) add(at, at + 2);
    // Any other scheme that a renderer may load by itself.
    if (text.substr(at, 3) == "://" && at > 0 && scheme_character(text[at - 1])) {
      size_t begin = at;
      while (begin > 0 && scheme_character(text[begin - 1])) --begin;
      if (!equal_ignore_case(text.substr(begin, 4), "http")) add(begin, at + 3);
    }
  }
}

}  // namespace

std::vector<std::string> urls_in(std::string_view text) {
  std::vector<std::string> urls;
  const std::string plain = rendered(text, false);
  find_urls(plain, urls);
  // An address may be broken over lines only within quotes or brackets.
  for (size_t open = plain.find_first_of("(\"'<"); open != std::string::npos;
       open = plain.find_first_of("(\"'<", open + 1)) {
    const size_t close = std::min(plain.find_first_of(")\"'> ", open + 1), plain.size());
    const std::string_view inner = std::string_view(plain).substr(open + 1, close - open - 1);
    if (inner.size() > 2'048 || inner.find_first_of("\r\n") == std::string_view::npos) continue;
    find_urls("(" + rendered(inner, true) + ")", urls);
  }
  return urls;
}

Verdict decide_answer(const Situation& situation, std::string_view text) {
  session::Workspace& workspace = *situation.workspace;
  Verdict verdict;
  verdict.tool = "answer";
  verdict.context = situation.conversation->context();
  verdict.side_effect = false;

  manifest::ToolFacts answer;
  answer.server = "answer";
  answer.effects = manifest::Effects::of(manifest::Effect::read);
  answer.args = {{manifest::PointerPattern{}, manifest::ArgRole::selector}};
  answer.remote = true;
  const session::Memory memory = workspace.memory();
  for (const std::string& url : urls_in(text)) {
    session::Leaf leaf = session::attribute_text(memory, *situation.conversation, answer, url);
    leaf.pointer = fmt::format("/links/{}", verdict.arguments.size());
    verdict.arguments.push_back(std::move(leaf));
  }
  verdict.carries = session::joined_label(workspace.labels(), verdict.arguments);
  if (verdict.arguments.empty()) {
    verdict.decision = Decision::allow;
    verdict.why = "it is shown to its owner and loads nothing from elsewhere";
    verdict.policies = {"answer"};
    return verdict;
  }
  const Facts facts = find_facts(situation, answer, verdict.arguments);
  verdict.request = policy_request(situation, facts, "answer");
  const policy::Outcome outcome = policy::decide(*situation.policies, verdict.request);
  verdict.decision = outcome.decision;
  verdict.why = why(situation, facts, verdict.arguments, outcome, "answer");
  for (const policy::Determining& determining : outcome.determining)
    verdict.policies.push_back(determining.policy_id);
  if (verdict.policies.empty()) verdict.policies.emplace_back("default-deny");
  return verdict;
}

}  // namespace weir::guard
