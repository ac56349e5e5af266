// Data files (policies/, manifests/, clients/) that the build puts into the binary.
#pragma once

#include <span>
#include <string_view>

namespace weir {

// One file: its path from the project's root ("policies/default.cedar") and its bytes. Both live as long
// as the program.
struct EmbeddedFile {
  std::string_view path;
  std::string_view bytes;
};

// All embedded files, sorted by path.
std::span<const EmbeddedFile> embedded_files();

// The file's bytes; an empty view without data() if there is none of that path.
std::string_view embedded_file(std::string_view path);

}  // namespace weir
