// Vault: what one session keeps from its planner, under which number, and what was revealed all the same.
//
// Guarantee: numbers are given by arrival of keys, so they depend on no content; a reveal is charged once for
// its key, before it is made, and never past the budget; what was refused stays refused, so that the same
// history always gives the same bytes. What was revealed is never forgotten. Content of references that came
// with a client's history is held by its conversation; the vault has the newest for every number.
//
// Plain value but for the label ids, which belong to one Labels table. One thread.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "label/label.h"
#include "seal/reference.h"

namespace weir::seal {

// Content that the planner was not shown. Immutable.
struct Sealed {
  std::string content;  // text, or JSON text
  bool json = false;
  LabelId label = kNoLabel;
  // Where it is from, in the planner's words: the call that brought it, or the question that a reader
  // answered. Depends on no content.
  std::string source = {};
};
using SealedPtr = std::shared_ptr<const Sealed>;  // shared between the vault and the forks of a conversation

class Vault {
 public:
  // The number of the value with this key, given when it is first asked for; from 1. 0 when there are
  // limits::kSealedValuesMax already: such a value cannot be named.
  uint32_t number(const Digest& key);
  void put(uint32_t number, SealedPtr value);
  // A value that comes from no client's history (a reader's answer), which must outlive a restart.
  void put_made(uint32_t number, SealedPtr value);
  // Null for a number that was never given.
  SealedPtr find(uint32_t number) const;

  // Charges `bits` for the reveal with this key, once. False when `budget_bits` does not have them left;
  // asked again, the answer is the same.
  bool charge(const Digest& key, double bits, double budget_bits);
  // The planner has been told something of a value with this label.
  void revealed(Labels& labels, LabelId label) { set_revealed(labels.join(revealed_, label)); }
  // Joined over all reveals; kNoLabel before the first. Says who can have influenced the planner, and by its
  // readers who may see what it now knows.
  LabelId revealed() const { return revealed_; }
  // An upper bound of what can have been told, in bits.
  double influence_bits() const { return bits_; }

  // For `store`: JSON without the content that clients repeat. Labels are written out.
  std::string json(const Labels& labels) const;
  static Result<Vault> parse(std::string_view json, Labels& labels);
  // Whether it changed since the last call.
  bool take_changed() { return std::exchange(changed_, false); }

 private:
  void set_revealed(LabelId label);

  std::map<std::string, uint32_t, std::less<>> numbers_;  // by the key's first 16 bytes
  std::map<uint32_t, SealedPtr> values_;
  std::map<uint32_t, SealedPtr> made_;  // those of values_ that a reader made
  struct Charge {
    double bits;
    bool granted;
  };
  std::map<std::string, Charge, std::less<>> charges_;
  double bits_ = 0;
  LabelId revealed_ = kNoLabel;
  uint32_t next_ = 1;
  size_t made_bytes_ = 0;
  bool changed_ = false;
};

// What a reference stands for.
struct Resolved {
  bool missing = false;  // the value has no such place; its text is empty then
  std::string text;      // a string's content, or the JSON text of anything else
  bool string = true;    // false: `text` is JSON
  bool container = false;
  LabelId label = kNoLabel;
};
// Goes down `path`. A place that does not exist gives an empty text under the value's label: whether it
// exists must not show.
Resolved resolve(const Sealed& value, const std::vector<std::string>& path);

}  // namespace weir::seal
