// weir.toml: any bytes give a configuration or an Error with a place.
#include <cassert>
#include <cstdint>
#include <string_view>

#include "config/config.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const weir::config::Sources sources{
      [](const std::string&) -> weir::Result<std::string> { return weir::bad_input("no files here"); },
      [](const std::string&) -> std::optional<std::string> { return "key"; }};
  const auto config = weir::config::load({reinterpret_cast<const char*>(data), size}, "weir.toml", sources);
  if (!config) assert(!config.error().message.empty());
  return 0;
}
