// Reads one [tools.NAME] table of a manifest. Private to this folder.
#pragma once

#include "base/error.h"
#include "base/toml.h"
#include "manifest/tool_facts.h"

namespace weir::manifest {

// Server, tool and verified stay empty. Errors: bad_input with the place.
Result<ToolFacts> read_tool(const toml::Value& table);

// "bool", "date", "int:0..100", "enum:a,b".
Result<RevealType> parse_reveal_type(std::string_view text);

}  // namespace weir::manifest
