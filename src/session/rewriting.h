// Rewriting: what the planner is sent of one part of a message, where that differs from what the client wrote
// (seal mode). For this folder.
#pragma once

#include <string>
#include <string_view>

#include "session/workspace.h"

namespace weir::session {

class Workspace::Rewriting {
 public:
  // Of the part `part` of the message that comes next in `conversation`. Without rules.sealing nothing is
  // hidden and nothing rewritten.
  Rewriting(Labels& labels, Conversation& conversation, size_t part, const Rules& rules);

  bool on() const { return sealing_ != nullptr; }
  // Whether the planner must not see text with this label.
  bool hides(LabelId label) const;
  // The next piece of the part: as it is, but that nothing in it can be taken for a reference of weir's …
  void show(std::string_view text);
  // … or a reference to it.
  void seal(std::string_view text, LabelId label);
  // The rewritten part goes into the conversation.
  void finish();

 private:
  Conversation& conversation_;
  Labels& labels_;
  const Sealing* sealing_;
  size_t part_;
  size_t sealed_ = 0;
  bool changed_ = false;
  std::string text_;
};

// Whether every origin of the label that nobody vouched for is one that the operator opened.
bool is_open(const Sealing& sealing, const Label& label);

}  // namespace weir::session
