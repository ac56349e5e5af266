// Own words: the parts of a planner's message as its client has them, told apart. For this folder.
#pragma once

#include <vector>

#include "base/bytes.h"
#include "exchange/exchange.h"

namespace weir::session {

// Thinking, and the empty text that some clients put beside calls.
bool says_nothing(const exchange::Part& part);

// The parts that say something: texts that follow each other together, whatever was thought in between (a
// client may keep one text in pieces, or two as one), everything else by itself.
std::vector<std::vector<const exchange::Part*>> runs_of(const exchange::Message& message);

// For each part that says something: the digest of the whole text that it may be a piece of.
std::vector<Digest> joined_digests(const exchange::Message& message);

}  // namespace weir::session
