// Inquiry: one weir_ask from its charge to its answer, whoever carries the question to a reader.
//
// Guarantee: what may be revealed is charged when it begins, whatever comes of it; so is the number of what
// is sealed instead given then, so that answers which overtake each other give the same numbers. What the
// planner is told depends on a revealed answer alone. Plain value; the vault must be the same throughout. One
// thread.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "seal/ask.h"
#include "seal/vault.h"

namespace weir::seal {

class Inquiry {
 public:
  // The value with that number in the session; null for one that was never given out.
  using Find = std::function<SealedPtr(uint32_t number)>;

  // `key` names the question in its session. Error: bad_input, of the planner's own words alone; then nothing
  // was charged.
  static Result<Inquiry> begin(std::string_view arguments, const Find& find, Labels& labels, Vault& vault,
                               const Digest& key, double budget_bits);

  const Ask& ask() const { return ask_; }
  // The reveal was charged: the answer is shown. Else it is sealed.
  bool charged() const { return charged_; }
  // Of the value that the answer becomes; 0 where it is shown.
  uint32_t number() const { return number_; }
  // Joined over what is asked about; and of each reference, in the order of ask().references.
  LabelId label() const { return label_; }
  LabelId label_of(size_t reference) const { return values_[reference]->label; }
  // For the reader; see reader_prompt().
  Prompt prompt(std::string_view nonce) const;

  // What the planner is told of read_answer()'s answer, or when there is none. Once. That there is none must
  // not show where the answer is sealed: then the value is empty.
  std::string answered(const std::optional<std::string>& answer_json, Vault& vault) const;

 private:
  Ask ask_;
  std::vector<SealedPtr> values_;  // shared with the vault
  LabelId label_ = kNoLabel;
  bool charged_ = false;
  uint32_t number_ = 0;  // of the answer, where it is sealed
};

}  // namespace weir::seal
