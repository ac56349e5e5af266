// From labels to what a policy sees.
#pragma once

#include <string>
#include <vector>

#include "guard/guard.h"

namespace weir::guard {

// A leak: data of an argument (or of the planner's context) would reach somebody who may not see it.
struct Leak {
  const session::Leaf* leaf = nullptr;  // the argument that carries it
  std::string recipient;                // who is not among its readers
  const session::Leaf* to = nullptr;    // the argument that names them; null where the call names nobody
};

// Everything about one call that rules may ask for.
struct Facts {
  const manifest::ToolFacts* tool = nullptr;
  LabelId context = kNoLabel;  // of the conversation, as it counts for this tool (session/skills.h)
  bool known = false;
  bool side_effect = true;
  std::vector<std::string> untrusted_roles;  // sorted, unique
  std::vector<std::string> copied_roles;
  std::vector<Leak> leaks;
  bool url_copied_whole = false;
  const session::Grant* granted = nullptr;
  bool released = false;
};

// `named_by`: the name under which the tool's manifest speaks of accounts and channels ("bank:UK12…"),
// whatever the server is called here.
Facts find_facts(const Situation& situation, const manifest::ToolFacts& tool,
                 const std::vector<session::Leaf>& leaves, std::string_view named_by);

// The request that policies are evaluated on; its attributes are those of policy/label_attributes.h.
// `intent`: what the intent check says, "off", "yes" or "no".
policy::Request policy_request(const Situation& situation, const Facts& facts, std::string_view tool_name,
                               std::string_view intent = "off");

}  // namespace weir::guard
