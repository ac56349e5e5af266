// Calls and results that the wire does not tie together by an id. For the files of this folder.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "exchange/exchange.h"

namespace weir::wire {

// Gives each call of one turn that has no id one: the tool's name, "name#2" for the second of that name.
// Equal turns get equal ids, so that a call is the same one in the reply and in the history.
void name_calls(std::vector<exchange::Part>& turn);

// Says whose result each is, in the order of the conversation.
class CallNames {
 public:
  // The planner's turn is over, its calls are named; results that follow are of its calls.
  void turn(const std::vector<exchange::Part>& parts);
  // Fills `call_id` where the wire has none: from the tool's name, or from nothing but the order. Of several
  // calls that it may be of, the others are named too.
  void find_call(exchange::Result& result);

 private:
  std::vector<std::pair<std::string, std::string>> calls_;  // id, name
  std::vector<std::pair<std::string, size_t>> seen_;  // results without an id, by the name that they give
};

}  // namespace weir::wire
