// Archives of skills, in memory: tar (plain or gzip) and zip, read by libarchive.
//
// Only regular files and folders come out; a link of either kind, a device, an absolute path, "..", a file
// twice, or more than limits.h allows (whatever the archive claims) refuses the whole. Nothing is written.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "skill/package.h"

namespace weir::skill {

struct Unpacked {
  std::string folder;  // where all files lie in one folder at the top: its name
  Package package;
};

// Errors: bad_input, too_large, unsupported.
Result<Unpacked> unpack(std::string_view archive);

// A gzipped tar of the package, the same bytes for the same files: plain names at the top, no times, no
// owners.
Result<std::string> pack(const Package& package);

}  // namespace weir::skill
