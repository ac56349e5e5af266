#include "sandbox/enclose.h"

namespace weir::sandbox {

std::vector<std::string> enclosed(const std::string& weir, const Plan& plan, const Command& command) {
  std::vector<std::string> words = {weir, kEncloseVerb, plan_text(plan), command.program};
  words.insert(words.end(), command.words.begin(), command.words.end());
  return words;
}

}  // namespace weir::sandbox
