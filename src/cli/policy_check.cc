// weir policy check: do these policies load, may they be loaded, and which of their rules can never matter?
#include <fmt/format.h>

#include "base/bytes.h"
#include "base/embedded.h"
#include "base/json.h"
#include "cli/paint.h"
#include "cli/policy.h"
#include "policy/analysis.h"
#include "policy/label_attributes.h"
#include "policy/monotone.h"

namespace weir::cli {
namespace {

struct Source {
  std::string name;  // as it was given
  std::string file;  // for places
  std::string text;
};

Result<Source> read_source(const std::string& name) {
  Source source{name, "policies/" + name + ".cedar", {}};
  source.text = std::string(embedded_file(source.file));
  if (!source.text.empty()) return source;
  source.file = name;
  if (name.find('.') == std::string::npos && name.find('/') == std::string::npos)
    return bad_input(fmt::format("no policy set \"{}\"", shown(name)), {},
                     config::policy_set_names() + ", or a .cedar file");
  WEIR_TRY_ASSIGN(text, read_file(name, limits::kPolicyBytesMax));
  source.text = std::move(text);
  return source;
}

struct Fault {
  std::string kind, where, says, policy;
  bool refused = false;  // weir would not load it
};

std::string with_hint(const Error& error) {
  return error.hint.empty() ? error.message : fmt::format("{} ({})", error.message, error.hint);
}

// Everything that is checked of one text, in this order; what stands later needs what stands before.
// (The schema's validator belongs between the two checks: a misspelt attribute is found by the second.)
std::vector<Fault> faults_of(const Result<policy::PolicySet>& parsed) {
  if (!parsed) return {{"parse", parsed.error().where, with_hint(parsed.error()), "", true}};
  std::vector<Fault> out;
  if (const auto monotone = policy::check_monotone(*parsed, policy::label_attributes()); !monotone)
    out.push_back({"monotone", monotone.error().where, with_hint(monotone.error()), "", true});
  for (const policy::Remark& remark : policy::analyse(*parsed)) {
    if (remark.is_fault())
      out.push_back({std::string(policy::remark_name(remark.kind)), remark.where, remark.says(),
                     remark.policy_id, false});
  }
  return out;
}

// The line that a place points at, and a caret below.
std::string pointed_at(const Source& source, const Fault& fault) {
  const std::string text = policy::with_caret(Error{Code::bad_input, "x", fault.where, {}}, source.text);
  const size_t line = text.find('\n');
  return line == std::string::npos ? std::string() : text.substr(line + 1);
}

void print_fault(const Source& source, const Fault& fault) {
  fmt::print("{} {}\n", painted(Paint::strong, fault.where + ":"),
             painted(fault.refused ? Paint::bad : Paint::warn,
                     (fault.policy.empty() ? "" : "rule \"" + shown(fault.policy, 100) + "\": ") +
                         shown(fault.says, 600)));
  if (const std::string at = pointed_at(source, fault); !at.empty()) fmt::print("{}\n", at);
}

void write(json::Writer& writer, const Source& source, const Result<policy::PolicySet>& parsed,
           const std::vector<Fault>& faults) {
  writer.begin_object().field("file", source.file).key("policies");
  writer.integer(parsed ? static_cast<int64_t>(parsed->policies().size()) : 0).key("faults").begin_array();
  for (const Fault& fault : faults) {
    writer.begin_object().field("kind", fault.kind).field("policy", fault.policy).field("where", fault.where);
    writer.field("says", fault.says).key("refused").boolean(fault.refused).end_object();
  }
  writer.end_array().end_object();
}

}  // namespace

Result<config::Config> policy_config(const Common& common, const PolicyArgs& args, bool alone) {
  auto config = alone && common.config_file.empty() ? config::defaults() : load_config(common);
  if (!config) return config;
  for (const std::string& file : args.manifests) {
    WEIR_TRY_ASSIGN(text, read_file(file, limits::kTomlBytesMax));
    WEIR_TRY(config->manifests.add(text, file));
  }
  if (!args.policies.empty()) WEIR_TRY(config::use_policies(*config, args.policies, sources()));
  return config;
}

int run_policy_check(const Common& common, const PolicyArgs& args) {
  std::vector<std::string> names = args.files;
  if (names.empty()) names.emplace_back("default");
  policy::PolicySet together;
  json::Writer writer;
  writer.begin_object().key("files").begin_array();
  bool faulty = false, refused = false;
  for (const std::string& name : names) {
    auto source = read_source(name);
    if (!source) return fail(source.error());
    const auto parsed = policy::PolicySet::parse(source->text, source->file);
    const std::vector<Fault> faults = faults_of(parsed);
    write(writer, *source, parsed, faults);
    for (const Fault& fault : faults) {
      faulty = true;
      refused = refused || fault.refused;
      if (!common.json) print_fault(*source, fault);
    }
    if (!common.json && faults.empty())
      fmt::print("{}: {} rules, {}\n", source->file, parsed->policies().size(),
                 painted(Paint::good, "each can matter, and a worse label never helps"));
    if (!parsed) continue;
    // Sets that are named together must be able to stand together.
    if (const Status added = together.add(*parsed); !added) {
      refused = true;
      fmt::print(stderr, "weir: {}\n", added.error().text());
    }
  }
  if (common.json) fmt::print("{}\n", writer.end_array().end_object().take());
  return refused ? kWrongInput : faulty ? kNo : kDone;
}

}  // namespace weir::cli
