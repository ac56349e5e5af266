#include <fmt/format.h>

#include "guard/facts.h"
#include "guard/guard.h"
#include "guard/why.h"

namespace weir::guard {
namespace {

constexpr std::string_view kUrlEnd = " \t\r\n\"'<>()[]{}|\\^`";

bool scheme_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '+' || c == '-' ||
         c == '.';
}

}  // namespace

std::vector<std::string> urls_in(std::string_view text) {
  std::vector<std::string> urls;
  size_t at = 0;
  while (urls.size() < limits::kAnswerLinksMax) {
    const size_t slashes = text.find("//", at);
    if (slashes == std::string_view::npos) break;
    size_t begin = slashes;
    if (slashes > at && text[slashes - 1] == ':') {
      begin = slashes - 1;
      while (begin > at && scheme_character(text[begin - 1])) --begin;
      if (begin == slashes - 1) begin = slashes;  // "://" without a scheme
    }
    // Without a scheme only where markdown or HTML takes it for an address: after "(" or a quote or "=".
    const bool bare = begin == slashes;
    const bool attribute =
        begin > 0 && std::string_view("(\"'=<").find(text[begin - 1]) != std::string_view::npos;
    const size_t end = std::min(text.find_first_of(kUrlEnd, slashes), text.size());
    at = std::max(end, slashes + 2);
    if (end <= slashes + 2 || (bare && !attribute)) continue;
    std::string_view url = text.substr(begin, end - begin);
    while (!url.empty() && std::string_view(".,;:!?*_").find(url.back()) != std::string_view::npos)
      url.remove_suffix(1);
    urls.emplace_back(url);
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
  const session::Memory memory{&workspace.labels(), &workspace.index()};
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
  const policy::Outcome outcome =
      policy::decide(*situation.policies, policy_request(situation, facts, "answer"));
  verdict.decision = outcome.decision;
  verdict.why = why(situation, facts, verdict.arguments, outcome, "answer");
  for (const policy::Determining& determining : outcome.determining)
    verdict.policies.push_back(determining.policy_id);
  if (verdict.policies.empty()) verdict.policies.emplace_back("default-deny");
  return verdict;
}

}  // namespace weir::guard
