// Show: sealed content in an answer, for the person who reads it.
//
// Content stands as code (`…`, or a fenced block when it has several lines), with where it came from behind
// it. So it is inert: in markdown no link, image or HTML of it is live, and no control, bidirectional or
// invisible character of it reaches a terminal. Within an address of the planner's own nothing is put in,
// because whoever loads the address would send it there. Not guaranteed: renderers that take code for HTML.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "label/label.h"
#include "seal/substitute.h"

namespace weir::seal {

// A text of the planner's, piece by piece, on its way to the person. What could still become a reference is
// kept back, at most limits::kReferenceBytesMax and a few bytes. One thread.
class Shower {
 public:
  // Both must outlive it.
  Shower(const Labels& labels, Resolve resolve) : labels_(labels), resolve_(std::move(resolve)) {}

  std::string feed(std::string_view piece);
  std::string end();
  // Called for each reference that was shown, with its label.
  std::function<void(LabelId)> on_shown;

 private:
  std::string show(std::string_view text);
  bool in_address() const;

  const Labels& labels_;
  Resolve resolve_;
  std::string kept_;  // may be the beginning of a reference
  std::string word_;  // what was written since the last white space, at most a few hundred bytes
};

// "`content` (from file:bill.txt)".
std::string shown_content(const Resolved& value, const Label& label);

}  // namespace weir::seal
