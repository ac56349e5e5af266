// Start: a command in its sandbox, with the network that its plan has.
#pragma once

#include <map>
#include <string>

#include "sandbox/plan.h"
#include "sandbox/run.h"

namespace weir::egress {

// The record's file in weir's data folder.
inline constexpr char kRecordName[] = "egress.log";

// As sandbox::run, in a process with one thread; where the plan's network is hosts, with an egress process
// beside it, which is the way then. `record`: the file in which it notes what was reached; empty: none.
Result<sandbox::Outcome> run(const sandbox::Plan& plan, const sandbox::Command& command,
                             std::map<std::string, std::string> env, const std::string& record,
                             sandbox::Beside beside = {});

// Runs, says what there is to say on standard error, and gives the exit code.
int run_and_say(const sandbox::Plan& plan, const sandbox::Command& command,
                const std::map<std::string, std::string>& env, const std::string& record,
                const sandbox::Beside& beside = {});

// The main of the verb sandbox::kEncloseVerb; arguments are what follows it. Standard error gets a line that
// begins with "weir: " where weir itself has something to say. The exit code is the command's, 128 + the
// signal, 124 for a limit, 3 for a refusal. The environment is the command's, but for secrets
// (secret_variable) and kRecordVariable, which names the record's file.
inline constexpr char kRecordVariable[] = "WEIR_EGRESS_RECORD";
int enclose(int argc, char** argv);
// As enclose, with the arguments after the verb.
int enclose(const std::vector<std::string>& words, const sandbox::Beside& beside);

}  // namespace weir::egress
