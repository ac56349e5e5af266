// The policy engine on JSON lines, for the comparison with the published one (differential.mjs). Test only.
//
// usage: policy_lines [--mutant N]     one answer a line:
//   {"policies": TEXT | {JSON policy set}, "links": [link…], "via_json": true, "entities": […], "requests": […]}
//     → {"results": [{"decision": D, "determining": [ID…], "errors": [ID…]}…]}
//   {"policies": …, "est": true} → {"est": {JSON policy set}}
//   {"policies": …, "schema": TEXT | {JSON schema}} → {"errors": {ID: "where: message"}, "warnings": [ID…]}
// What cannot be read: {"failed": "policies" | "links" | "entities" | "request" | "schema", "message": …}.
#include <algorithm>
#include <iostream>
#include <string>

#include "base/json.h"
#include "policy/json_data.h"
#include "policy/json_policy.h"
#include "policy/mutant.h"
#include "policy/validate.h"

namespace weir::policy {

#ifdef WEIR_POLICY_MUTANTS
int planted_mutant = 0;
#endif

namespace {

std::string failed(std::string_view what, const Error& error) {
  json::Writer out;
  return out.begin_object().field("failed", what).field("message", error.text()).end_object().take();
}

Result<PolicySet> policies_of(json::Value line) {
  const json::Value value = line["policies"];
  Result<PolicySet> set = value.is_object() ? policies_from_json(value.raw(), "line")
                                            : PolicySet::parse(value.string_or(""), "line");
  if (!set) return set;
  for (const json::Value link : line["links"].elements()) {
    std::optional<EntityUid> values[2];
    for (const int i : {0, 1}) {
      const json::Value given = link["values"][i == 0 ? "?principal" : "?resource"];
      if (!given.exists()) continue;
      WEIR_TRY_ASSIGN(uid, uid_from_json(given));
      values[i] = std::move(uid);
    }
    WEIR_TRY(set->link(link["templateId"].string_or(""), std::string(link["newId"].string_or("")),
                       std::move(values[0]), std::move(values[1])));
  }
  return set;
}

void write_ids(json::Writer& out, std::vector<std::string> ids) {
  std::sort(ids.begin(), ids.end());
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  out.begin_array();
  for (const std::string& id : ids) out.string(id);
  out.end_array();
}

std::string decide_all(json::Value line, const PolicySet& set) {
  const Result<Entities> entities = entities_from_json(line["entities"]);
  if (!entities) return failed("entities", entities.error());
  json::Writer out;
  out.begin_object().key("results").begin_array();
  for (const json::Value given : line["requests"].elements()) {
    const Result<Request> request = request_from_json(given);
    if (!request) return failed("request", request.error());
    const Outcome outcome = decide(set, *request, *entities, Semantics::cedar);
    std::vector<std::string> determining;
    for (const Determining& d : outcome.determining) determining.push_back(d.policy_id);
    std::vector<std::string> errors;
    for (const PolicyError& e : outcome.errors) errors.push_back(e.policy_id);
    out.begin_object().field("decision", to_string(outcome.decision)).key("determining");
    write_ids(out, std::move(determining));
    out.key("errors");
    write_ids(out, std::move(errors));
    out.end_object();
  }
  return out.end_array().end_object().take();
}

std::string validate_all(json::Value line, const PolicySet& set) {
  const json::Value given = line["schema"];
  const Result<Schema> schema =
      given.is_object() ? Schema::from_json(given.raw(), "schema") : Schema::parse(given.string_or(""), "schema");
  if (!schema) return failed("schema", schema.error());
  json::Writer out;
  out.begin_object().key("errors").begin_object();
  std::vector<std::string> warnings;
  std::string last;
  std::vector<Finding> findings = validate(set, *schema);
  std::stable_sort(findings.begin(), findings.end(),
                   [](const Finding& a, const Finding& b) { return a.policy_id < b.policy_id; });
  for (const Finding& finding : findings) {
    if (finding.kind == Finding::Kind::warning) {
      if (finding.message.find("can never match") != std::string::npos) warnings.push_back(finding.policy_id);
    } else if (finding.policy_id != last) {
      last = finding.policy_id;
      out.field(finding.policy_id, to_error(finding).text());
    }
  }
  out.end_object().key("warnings");
  write_ids(out, std::move(warnings));
  return out.end_object().take();
}

std::string answer(const std::string& text) {
  json::Limits bounds;
  bounds.depth_max = 256;
  const Result<json::Document> document = json::parse(text, bounds);
  if (!document) return failed("line", document.error());
  const json::Value line = document->root();
  Result<PolicySet> set = policies_of(line);
  if (set && line["via_json"].exists()) set = policies_from_json(to_json(*set), "again");
  if (!set) return failed("policies", set.error());
  if (line["est"].exists()) return "{\"est\":" + to_json(*set) + "}";
  if (line["schema"].exists()) return validate_all(line, *set);
  if (!line["entities"].exists()) return "{}";
  return decide_all(line, *set);
}

}  // namespace
}  // namespace weir::policy

int main(int argc, char** argv) {
  if (argc == 3 && std::string_view(argv[1]) == "--mutant") {
#ifdef WEIR_POLICY_MUTANTS
    weir::policy::planted_mutant = std::stoi(argv[2]);
#else
    std::cerr << "policy_lines: built without mutants\n";
    return 2;
#endif
  }
  std::ios::sync_with_stdio(false);
  std::string line;
  while (std::getline(std::cin, line)) std::cout << weir::policy::answer(line) << "\n" << std::flush;
  return 0;
}
