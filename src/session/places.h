// Places: what was written where, so that reading or running it later gives the writer's label back (DESIGN
// section 4, "Storage").
//
// A place is a path (whichever server names it), another value that a server's tool writes to, or a server as
// a whole, for tools that name no target. A sealed target (seal mode) stands for every place. Labels of one
// place only get worse. Not seen: links, globs, and what a program does that was run. Past limits::kStoredPlacesMax, a place that is not known is untrusted.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "label/label.h"

namespace weir::session {

struct Leaf;

// The places that a call with these arguments names: its targets and selectors, and the words of its
// commands. A call that names none names its server.
std::vector<std::string> places_of(std::string_view server, const std::vector<Leaf>& leaves);

class Places {
 public:
  explicit Places(Labels& labels);

  // A call that names `places` and carries data of `label` was let go, and writes. What it names may also be
  // where it takes data from (a move), so their labels go along.
  void written(const std::vector<std::string>& places, LabelId label);
  // Joined label of what was written at the places, and below those that are folders. `server` is the
  // reader's.
  LabelId read(std::string_view server, const std::vector<std::string>& places) const;
  // The same for one word of a command: a path that is run or named.
  LabelId named(std::string_view word) const;

  struct Place {
    std::string name;
    LabelId label;
  };
  std::vector<Place> drain_new() { return std::exchange(new_, {}); }
  void restore(const Place& place) { stored_[place.name] = place.label; }
  bool empty() const { return stored_.empty(); }

 private:
  LabelId at(const std::string& place) const;
  LabelId below(const std::string& folder) const;

  Labels& labels_;
  LabelId unknown_;
  std::map<std::string, LabelId> stored_;  // sorted: what lies below a folder is a range
  std::vector<Place> new_;
};

}  // namespace weir::session
