// Schemas as the Gemini API's "parameters" and "responseSchema" have them: a part of OpenAPI's (its API
// reference, "Schema"). For this folder.
#pragma once

#include <string>

#include "base/json.h"

namespace weir::wire::translate {

// As JSON Schema: types in small letters, counts as numbers. Empty for what is no object.
std::string json_schema_of(json::Value schema);

}  // namespace weir::wire::translate
