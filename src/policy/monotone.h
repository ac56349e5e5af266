// The load-time check that a worse label can never turn deny or ask into allow.
//
// A sound static analysis: what it accepts is monotone (for every two contexts that fit the table and differ
// only by label attributes being worse, the decision moves only along allow → ask → deny); what it does not
// understand it refuses, with the place and the attribute. It relies on check_context() holding for every
// context that is decided on, and on principal, action, resource and entities not depending on labels.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "base/error.h"
#include "policy/policy_set.h"

namespace weir::policy {

enum class Polarity : uint8_t {
  neutral,              // says nothing of labels: may be used freely
  worse_when_true,      // a boolean
  worse_when_false,     // a boolean
  worse_when_present,   // a set: more elements are worse
  better_when_present,  // a set: fewer elements are worse
};

// What is known of one context attribute. Every attribute of the table is always present in the context and
// of its type. The type of a label attribute follows from its polarity; that of a neutral one may be left
// open (`any`), which costs precision: whatever uses it may err.
struct Attribute {
  enum class Type : uint8_t { any, boolean, integer, string, entity, set, record };
  Polarity polarity = Polarity::neutral;
  Type type = Type::any;

  Attribute(Polarity p, Type t = Type::any);  // implicit, so that a table may list polarities alone
};

using AttributeTable = std::map<std::string, Attribute, std::less<>>;

// Refuses (bad_input, "file:line:column") a set in which a worse label could turn deny or ask into allow, or
// of which the analysis cannot say so, or that uses a context attribute that the table does not have.
Status check_monotone(const PolicySet& policies, const AttributeTable& attributes);

// Refuses a context that is not a record with exactly the table's attributes, each of its type.
Status check_context(const Value& context, const AttributeTable& attributes);

}  // namespace weir::policy
