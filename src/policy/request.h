// What is decided on.
#pragma once

#include "policy/value.h"

namespace weir::policy {

struct Request {
  EntityUid principal;
  EntityUid action;
  EntityUid resource;
  Value context = Value::record({});  // must be a record
};

}  // namespace weir::policy
