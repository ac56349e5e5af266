// weir policy explain: which rules matched one call of a session, on which labels.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/bytes.h"
#include "base/json.h"
#include "cli/paint.h"
#include "cli/policy.h"
#include "policy/explain.h"
#include "policy/json_data.h"
#include "replay/replay.h"

namespace weir::cli {
namespace {

using policy::Block;
using policy::Explained;
using policy::Match;
using policy::Part;

constexpr size_t kValueShown = 80;

class Tree {
 public:
  Tree(const guard::Verdict& verdict, const Labels& labels, std::vector<Explained> rules)
      : verdict_(verdict), labels_(labels), rules_(std::move(rules)) {}

  void print() const {
    fmt::print("{}  {}  {}\n", painted(Paint::strong, shown(verdict_.call_id, 60)), shown(verdict_.tool, 100),
               painted_decision(policy::to_string(verdict_.decision)));
    fmt::print("  {}\n\n", shown(verdict_.why, 400));
    fmt::print("{}\n", painted(Paint::dim, "what it carries"));
    for (const session::Leaf& leaf : verdict_.arguments) print_leaf(leaf);
    print_label("the context", "", verdict_.context);
    fmt::print("\n{}\n", painted(Paint::dim, "rules that matched"));
    std::vector<std::string> others;
    for (const Explained& rule : rules_) {
      if (rule.matches == Match::Kind::no) {
        others.push_back(rule.policy->id);
      } else {
        print_rule(rule);
      }
    }
    if (others.size() == rules_.size()) fmt::print("  none: what no rule permits is denied\n");
    if (!others.empty())
      fmt::print("{} {}\n", painted(Paint::dim, "that did not:"),
                 shown(fmt::format("{}", fmt::join(others, ", ")), 600));
  }

 private:
  void print_label(std::string_view what, std::string_view value, LabelId id) const {
    const Label& label = labels_.get(id);
    fmt::print("  {:<24}{}{}  {}\n", what, value.empty() ? "" : std::string(value) + "  ",
               painted(label.trusted() ? Paint::good : Paint::bad, label.trusted() ? "trusted" : "untrusted"),
               painted(Paint::dim, fmt::format("from {}; readers {}", sources(label.printed_origins()),
                                               names(label.readers.printed()))));
  }

  void print_leaf(const session::Leaf& leaf) const {
    const std::string what = fmt::format("{} {}", manifest::role_name(leaf.role),
                                         leaf.pointer.empty() ? "(text)" : shown(leaf.pointer, 40));
    print_label(what, json::quote(shown(leaf.value, kValueShown)), leaf.label);
  }

  // The principal where there is one: "file:bill.txt" for "tool:files/read file:bill.txt".
  static std::string sources(std::vector<std::string> origins) {
    for (std::string& origin : origins) {
      const size_t space = origin.find(' ');
      if (origin.starts_with("tool:") && space != std::string::npos) origin.erase(0, space + 1);
    }
    return names(origins);
  }

  static std::string names(const std::vector<std::string>& list) {
    return list.empty() ? "nobody" : shown(fmt::format("{}", fmt::join(list, ", ")), 200);
  }

  void print_rule(const Explained& rule) const {
    const bool forbid = rule.policy->is_forbid;
    const std::string kind = !forbid ? "permit" : rule.policy->approve ? "asks" : "forbid";
    fmt::print("  {} {}{}\n",
               painted(!forbid                ? Paint::good
                       : rule.policy->approve ? Paint::warn
                                              : Paint::bad,
                       kind),
               painted(Paint::strong, shown(rule.policy->id, 100)),
               rule.policy->approve ? painted(Paint::dim, ": " + shown(*rule.policy->approve, 200)) : "");
    if (rule.matches == Match::Kind::error)
      fmt::print("    {}\n", painted(Paint::bad, shown(rule.error, 300)));
    for (size_t i = 0; i < rule.blocks.size(); ++i) {
      const Block& block = rule.blocks[i];
      fmt::print("    {} {}\n", i + 1 == rule.blocks.size() ? "└" : "├",
                 painted(Paint::dim, block.unless ? "unless" : "when"));
      print_part(block.part, i + 1 == rule.blocks.size() ? "      " : "    │ ");
    }
  }

  // Recursion is bounded by limits::kPolicyDepthMax.
  void print_part(const Part& part, const std::string& indent) const {
    const bool yes = part.holds == Match::Kind::yes;
    const std::string mark = part.holds == Match::Kind::error ? painted(Paint::bad, "!")
                             : yes                            ? "✓"
                                                              : painted(Paint::dim, "·");
    if (part.parts.empty()) {
      const std::string text = shown(part.text, 200);
      fmt::print("{}{} {}{}\n", indent, mark, yes ? text : painted(Paint::dim, text),
                 yes ? because(part) : "");
      return;
    }
    fmt::print("{}{} {}\n", indent, mark, painted(Paint::dim, part.all ? "all of" : "any of"));
    for (const Part& each : part.parts) print_part(each, indent + "  ");
  }

  // What made an attribute of roles what it is: the arguments, and where they came from.
  std::string because(const Part& part) const {
    std::vector<std::string> reasons;
    for (const std::string& name : part.attributes) {
      const bool untrusted = name == "untrusted_roles", copied = name == "copied_roles";
      if (name == "trusted") {
        const Label& label = labels_.get(verdict_.context);
        reasons.push_back(sources(label.printed_origins()));
      }
      if (!untrusted && !copied) continue;
      for (const session::Leaf& leaf : verdict_.arguments) {
        const bool named =
            part.text.find(fmt::format("\"{}\"", manifest::role_name(leaf.role))) != std::string::npos;
        if (named && (copied ? leaf.copied : !labels_.trusted(leaf.label)))
          reasons.push_back(fmt::format("{} from {}", shown(leaf.pointer, 40),
                                        sources(labels_.get(leaf.label).printed_origins())));
      }
    }
    return reasons.empty() ? "" : painted(Paint::warn, fmt::format("   ({})", fmt::join(reasons, "; ")));
  }

  const guard::Verdict& verdict_;
  const Labels& labels_;
  const std::vector<Explained> rules_;
};

void write_part(json::Writer& writer, const Part& part) {
  writer.begin_object().field("text", part.text).key("holds").boolean(part.holds == Match::Kind::yes);
  if (!part.error.empty()) writer.field("error", part.error);
  if (!part.parts.empty()) {
    writer.key("parts").begin_array();
    for (const Part& each : part.parts) write_part(writer, each);
    writer.end_array();
  }
  writer.end_object();
}

std::string explained_json(const guard::Verdict& verdict, const Labels& labels,
                           const std::vector<Explained>& rules) {
  json::Writer writer;
  writer.begin_object().key("call").raw(guard::verdict_json(verdict, labels));
  if (verdict.request.context.record().size() > 0)
    writer.key("request").raw(policy::to_json(verdict.request));
  writer.key("rules").begin_array();
  for (const Explained& rule : rules) {
    writer.begin_object()
        .field("policy", rule.policy->id)
        .field("effect", rule.policy->is_forbid ? "forbid" : "permit");
    if (rule.policy->approve) writer.field("approve", *rule.policy->approve);
    writer.key("matches").boolean(rule.matches == Match::Kind::yes).key("in_scope").boolean(rule.in_scope);
    if (!rule.error.empty()) writer.field("error", rule.error);
    writer.key("conditions").begin_array();
    for (const Block& block : rule.blocks) {
      write_part(writer.begin_object().key(block.unless ? "unless" : "when"), block.part);
      writer.end_object();
    }
    writer.end_array().end_object();
  }
  return writer.end_array().end_object().take();
}

// The session up to and including the call.
Result<const guard::Verdict*> replay_to(replay::Replay& replay, const std::string& text,
                                        const std::string& file, const std::string& call) {
  size_t number = 0;
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    ++number;
    if (auto lines = replay.feed(std::string_view(text).substr(at, end - at)); !lines) {
      Error error = lines.error();
      error.where = fmt::format("{}:{}{}{}", file, number, error.where.empty() ? "" : ": ", error.where);
      return error;
    }
    if (const guard::Verdict* verdict = replay.verdict(call)) return verdict;
    at = end + 1;
  }
  return bad_input(fmt::format("no call \"{}\" in it", shown(call)), file,
                   "the id of a call or answer of the session");
}

}  // namespace

int run_policy_explain(const Common& common, const PolicyArgs& args) {
  auto config = policy_config(common, args, true);
  if (!config) return fail(config.error());
  auto text = read_file(args.files.front(), size_t{1} << 30);
  if (!text) return fail(text.error());
  replay::Replay replay(*config, {config->mode});
  auto verdict = replay_to(replay, *text, args.files.front(), args.call);
  if (!verdict) return fail(verdict.error());
  std::vector<Explained> rules;
  if ((*verdict)->request.context.record().size() > 0)
    rules = policy::explain(config->policies, (*verdict)->request);
  if (common.json) {
    fmt::print("{}\n", explained_json(**verdict, replay.labels(), rules));
  } else {
    Tree(**verdict, replay.labels(), std::move(rules)).print();
  }
  return kDone;
}

}  // namespace weir::cli
