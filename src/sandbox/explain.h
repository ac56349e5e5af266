// What a plan allows, in words, for people. Pure.
#pragma once

#include <string>

#include "sandbox/plan.h"

namespace weir::sandbox {

std::string explain(const Plan& plan);

}  // namespace weir::sandbox
