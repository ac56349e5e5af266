// Which published server a command or URL is, so that its manifest can be found without being named.
//
// Guarantee: a name is given only where the command line says it plainly; a word that might be anything else
// (a script, a folder, a git URL, a shell's text, an option that is not known) gives none. What is really
// installed under that name is not looked at: the operator wrote the command. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace weir::manifest {

// Names under which manifests may know it, the most exact first; none when it is not plain:
//   npx -y @scope/name@1.2, npm exec NAME, pnpm dlx, yarn dlx, bunx     "npm:@scope/name"
//   node …/node_modules/@scope/name/dist/index.js                        "npm:@scope/name"
//   uvx NAME, uvx --from NAME CMD, uv tool run, pipx run                 "pypi:name" (normalised, PEP 503)
//   python -m some_module                                                "pypi:some-module"
//   any other program                                                    "command:PROGRAM", without its
//   folder
std::vector<std::string> server_names_of(const std::vector<std::string>& command);

// "https://mcp.example.com/mcp" → "https://mcp.example.com". None for anything but https.
std::vector<std::string> server_names_of_url(std::string_view url);

}  // namespace weir::manifest
