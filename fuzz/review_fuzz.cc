// What `weir log --json` wrote. What is checked beyond not crashing: every trust rule that is proposed is
// one, every decision is looked at once, and other policies decide what they are given.
#include <cstdlib>

#include "base/embedded.h"
#include "manifest/trust.h"
#include "policy/json_data.h"
#include "replay/expect.h"
#include "review/learn.h"
#include "review/what_if.h"

namespace {

using namespace weir;

void check(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  static const policy::PolicySet kPolicies =
      *policy::PolicySet::parse(embedded_file("policies/default.cedar"), "default.cedar");
  static const manifest::Manifests kManifests = *manifest::Manifests::shipped();
  const std::string text(reinterpret_cast<const char*>(bytes), size);
  if (const auto expectations = replay::read_expectations(text, "x.expect"))
    replay::differences(*expectations, {});
  const auto document = json::parse(text);
  if (!document) return 0;
  const auto recorded = review::read_recorded((*document)["entries"]);
  if (!recorded) return 0;
  const review::WhatIf result = review::what_if(*recorded, kPolicies);
  check(result.looked_at + result.without_request == recorded->size());
  const review::Lesson lesson = review::learn(*recorded, kPolicies, kManifests);
  check(lesson.looked_at == recorded->size());
  size_t stuck = 0;
  for (const review::Stuck& each : lesson.stuck) stuck += each.calls;
  check(lesson.passed + lesson.without_request + stuck <= recorded->size());
  for (const review::Proposal& proposal : lesson.proposals)
    check(!proposal.text.empty() && !proposal.risk.empty());
  return 0;
}
