// Grants and trust rules that could let a recorded call through. Private to this folder.
#pragma once

#include <compare>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "manifest/manifests.h"
#include "review/recorded.h"
#include "session/grant.h"

namespace weir::review {

// One grant, or one trust rule. Ordered, so that equal ones are one.
struct Candidate {
  std::string tool = {};                              // of a grant
  std::map<std::string, std::string> arguments = {};  // pointer → pattern
  bool release = false;
  bool runs = false;        // the tool runs commands
  std::string origin = {};  // of a trust rule

  bool is_grant() const { return !tool.empty(); }
  std::string text() const;
  std::string risk() const;
  auto operator<=>(const Candidate&) const = default;
};

using Bundle = std::set<Candidate>;

// What makes two decisions the same to every proposal.
std::string case_key(const Recorded& recorded);

class Finder {
 public:
  // Policies and manifests must outlive it.
  Finder(const std::vector<Recorded>& recorded, const policy::PolicySet& policies,
         const manifest::Manifests& manifests);
  // The ways in which the call would have been allowed: each a set of candidates that do it together.
  std::vector<Bundle> ways(const Recorded& recorded) const;

 private:
  std::string argument_pattern(const Recorded& recorded, const RecordedArgument& argument) const;
  // The pattern of a trust rule that makes the origin trusted; empty: there is none.
  std::string origin_pattern(const std::string& origin) const;
  bool principal_counts(const std::string& server_tool) const;

  const policy::PolicySet& policies_;
  const manifest::Manifests& manifests_;
  // How many different values there are: below "tool pointer folder", and of principals below a folder or at
  // a mail domain.
  std::map<std::string, std::set<std::string>> values_, principals_;
};

}  // namespace weir::review
