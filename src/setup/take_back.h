// Takes weir's part out of a config file that was changed after weir init wrote it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "setup/client.h"

namespace weir::setup {

// `before`: the file when weir init came (nothing: there was none); `written`: what weir init wrote; `now`:
// what it is. Gives `now` in which each value that weir init changed is as it was before, and all else as it
// is now. Errors: denied when one of these values was changed since; unsupported for clients whose files are
// not JSON.
Result<std::string> take_back(Client client, std::string_view path, const std::optional<std::string>& before,
                              const std::string& written, const std::string& now);

}  // namespace weir::setup
