// Sessions: how the newest sessions stand, for `weir status`. One event loop.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/json.h"
#include "guard/holds.h"

namespace weir::gateway {

struct SessionState {
  std::string session, client;  // by profile
  guard::Standing standing = {};
  int64_t wall_ms = 0;  // of its last request
};

class Sessions {
 public:
  // Past limits::kStatusSessionsMax the one that was quiet longest is forgotten.
  void note(SessionState state);
  // A member "sessions" of the object that is open, the newest first:
  // [{"session","client","mode","time","trusted","origins":[…],"bits","budget","holds"}].
  void write(json::Writer& writer, guard::Mode mode, double budget_bits, const Labels& labels) const;

 private:
  std::map<std::string, SessionState> states_;
};

}  // namespace weir::gateway
