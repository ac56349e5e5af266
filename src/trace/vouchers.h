// Vouchers: the trusted texts of one conversation, which vouch for the values that stand whole in them.
//
// No normalisation at all: a value is vouched for when exactly its bytes (a number: exactly its value, in
// plain decimal form) occur between token boundaries. What belongs to a token depends on the value's form, so
// that "eve@x.org" is not vouched for by "steve@x.org" or "eve@x.org.au", "/srv/a" not by "/srv/a/b", 98 not
// by "98.5", "2024-98" or "10:98". Where unsure: no. Not guaranteed: that the text means what the value is
// used for.
//
// Bounded: past limits::kVouchersBytesMax of texts, what is added vouches for nothing (a person is asked). A
// text that was just there is not kept twice, so that a tool that is polled for days costs nothing.
//
// Copies share their texts, so a fork of a conversation is cheap. Look-ups take time in the value's length
// and the number of texts, not in their bytes (an index is built when a text is first asked about). One
// thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "label/label.h"

namespace weir::trace {

enum class Form : uint8_t { text, address, url, path, number, token };

// By look: a mail address, a URL, a path, a plain number, one token without white space, else text.
Form form_for(std::string_view value);

class Vouchers {
 public:
  void add(std::string_view text, LabelId label);
  size_t size() const { return texts_.size(); }
  // The text at `i` below size(), and what it was added under. As long as a copy of this has it.
  std::string_view text(size_t i) const;
  LabelId label(size_t i) const;
  // Keeps the first `texts`.
  void truncate(size_t texts);

  // The label of the first text that vouches for the value, or kNoLabel. Never for an empty value or a single
  // character that is no digit.
  LabelId vouch(std::string_view value, Form form) const;

 private:
  struct Text;
  std::vector<std::shared_ptr<const Text>> texts_;  // shared between the copies of a conversation; immutable
  size_t bytes_ = 0;                                // of texts_
};

}  // namespace weir::trace
