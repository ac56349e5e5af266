// Fills a Template from a call and its result. Private to this folder.
#pragma once

#include <string>
#include <vector>

#include "base/json.h"
#include "manifest/pointer.h"

namespace weir::manifest {

struct FillFrom {
  json::Value args;    // of the call
  json::Value root;    // of the result; may be missing
  json::Value record;  // the record, at the result pattern's first `record_depth` tokens; may be missing
  size_t record_depth = 0;
};

struct Filled {
  std::vector<std::string> texts = {};  // one for each value; none if a place is missing or null
  bool from_args_only = true;           // else `pointer` says where in the result they came from
  PointerPattern pointer = {};
  bool more = false;  // there were more than limits::kLabelOriginsMax values
  bool odd = false;   // a value of another type, or one missing among others: not what the manifest says
};

// A string counts as it is, a whole or other number as written; nothing else does.
Filled fill(const Template& from, const FillFrom& values);

}  // namespace weir::manifest
