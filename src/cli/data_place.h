// weir's data folder, for what knows no more of weir.toml than what it says of that.
#pragma once

#include <string>

#include "base/error.h"

namespace weir::cli {

// `configured`: data_dir of weir.toml, empty where it has none; WEIR_DATA goes before it.
std::string data_place(std::string configured);
// The same, made (0700) when it is not there.
Result<std::string> make_data_place(std::string configured);

}  // namespace weir::cli
