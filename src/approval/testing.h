// What approval's tests are made of: a verdict that was asked.
#pragma once

#include <string>
#include <utility>

#include "guard/guard.h"
#include "label/label.h"

namespace weir::approval {

inline guard::Verdict asked(std::string tool, std::string to = "eve*@x.org", std::string body = "hello") {
  guard::Verdict verdict;
  verdict.tool = std::move(tool);
  verdict.decision = guard::Decision::ask;
  verdict.why = "recipient came from file:bill.txt, which nobody vouched for";
  verdict.arguments = {{"/to", std::move(to), manifest::ArgRole::recipient, 1, false, true},
                       {"/body", std::move(body), manifest::ArgRole::content, 1, false, false}};
  verdict.policies = {"leak"};
  verdict.grantable = true;
  return verdict;
}

// Label 1 is a stranger's file, label 2 the user's own words.
struct TwoLabels {
  TwoLabels() {
    labels.intern(Label::of(Origin::tool("files/read", "file:bill.txt", false), Readers::owner()));
    labels.intern(Label::of(Origin::user(), Readers::owner()));
  }
  Labels labels;
};

}  // namespace weir::approval
