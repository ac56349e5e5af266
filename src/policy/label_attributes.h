// The context attributes that `guard` gives with every request, and how each gets worse. The one place.
#pragma once

#include "policy/monotone.h"

namespace weir::policy {

// name              type     what it says
// mode              string   "watch", "guard" or "seal"
// effects           set      of "read" "write" "send" "execute" "pay" "delete": what the tool does
// known             boolean  server and tool are declared
// drifted           boolean  the tool changed since it was pinned; worse when true
// side_effect       boolean  any effect but read
// trusted           boolean  the planner has seen only trusted data; worse when false
// untrusted_roles   set      of "selector" "target" "recipient" "command" "amount": those with at least one
//                            argument that nobody trusted vouches for; more is worse
// copied_roles      set      the same names: those with a span copied from untrusted data; more is worse
// remote            boolean  a selector goes to someone else's server
// leaks             boolean  data would go to somebody who is not among its readers; worse when true
// url_copied_whole  boolean  the URL occurs whole in one record written by strangers; worse when false
// granted           boolean  a grant covers the tool and its arguments
// released          boolean  a person released this data to this recipient
// intent            string   the intent check: "off", "yes" or "no"
// over_budget       boolean  the influence or egress budget is used up; worse when true
AttributeTable label_attributes();

}  // namespace weir::policy
