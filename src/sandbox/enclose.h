// enclose: the verb by which weir starts a child of its own in a sandbox: `weir enclose PLAN PROGRAM ARGV0…`
// in a process that holds nothing of weir's. Its environment is the command's, its folder too.
#pragma once

#include <string>
#include <vector>

#include "sandbox/plan.h"

namespace weir::sandbox {

inline constexpr char kEncloseVerb[] = "enclose";

// argv for net::Child and the like; `weir` is the program that knows the verb.
std::vector<std::string> enclosed(const std::string& weir, const Plan& plan, const Command& command);

// The verb's main; arguments are what follows the verb. Standard error gets a line that begins with "weir: "
// where weir itself has something to say. The exit code is the command's, 128 + the signal, 124 for a limit,
// 3 for a refusal.
int enclose(int argc, char** argv);

// Runs, says what there is to say on standard error, and gives the exit code.
int run_and_say(const Plan& plan, const Command& command, const std::map<std::string, std::string>& env);

}  // namespace weir::sandbox
