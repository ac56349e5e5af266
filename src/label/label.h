// Label: integrity and confidentiality of a value, and the table that keeps each distinct label once.
//
// A label is the set of origins that could have influenced a value and the set of readers who may see it
// (DESIGN section 1). Joining unites the origins and intersects the readers; it is commutative, associative
// and idempotent up to the bound on named origins, past which origins are remembered as "more" with the
// worst integrity among them, so that a bound never makes anything trusted.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "label/origin.h"
#include "label/readers.h"

namespace weir {

struct Label {
  std::vector<Origin> origins = {};  // sorted, unique, at most limits::kLabelOriginsMax
  Readers readers = Readers::everyone();
  bool more_trusted = false;    // there are further, unnamed trusted origins
  bool more_untrusted = false;  // there are further, unnamed untrusted origins

  static Label of(Origin origin, Readers readers);
  // The label of nothing: no origins, readable by everyone; the neutral element of joining.
  static Label none() { return {}; }

  // Every origin is trusted.
  bool trusted() const;
  Label joined(const Label& other) const;
  // What to print: the untrusted origins where there are any, else all; "…" last when some are unnamed.
  std::vector<std::string> printed_origins() const;

  auto operator<=>(const Label&) const = default;
};

// A label's place in one Labels table. 0 is Label::none().
using LabelId = uint32_t;
inline constexpr LabelId kNoLabel = 0;

// Keeps each distinct label once and remembers joins, so that a label costs four bytes where it is stored
// and joining costs one look-up. References that get() returns live as long as the table. Not for two
// threads at once.
class Labels {
 public:
  Labels();
  LabelId intern(const Label& label);
  const Label& get(LabelId id) const { return *labels_[id]; }
  bool trusted(LabelId id) const { return trusted_[id]; }
  // Trusted, and everyone may read it: nothing has to be remembered about such text.
  bool clean(LabelId id) const { return trusted_[id] && get(id).readers.is_everyone(); }
  LabelId join(LabelId a, LabelId b);
  // All of them at once: no label is made for what some of them would give.
  LabelId join_all(std::vector<LabelId> ids);
  size_t size() const { return labels_.size(); }

 private:
  struct Hash {
    size_t operator()(const Label& label) const;
  };
  std::unordered_map<Label, LabelId, Hash> ids_;  // its nodes hold the labels and do not move
  std::vector<const Label*> labels_;
  std::vector<bool> trusted_;
  std::unordered_map<uint64_t, LabelId> joins_;
};

}  // namespace weir
