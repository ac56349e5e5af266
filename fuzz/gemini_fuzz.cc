// Requests and replies of the Gemini API: see frames_fuzz.h.
#include "base/json.h"
#include "exchange/exchange.h"
#include "frames_fuzz.h"
#include "wire/dialect.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  weir::fuzz::fuzz_frames(weir::exchange::Dialect::gemini, {reinterpret_cast<const char*>(data), size});
  return 0;
}
