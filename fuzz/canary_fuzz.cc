// The harness's own test: a planted bug that `./dev fuzz` must find within its time, or the verb fails. To
// reach it the fuzzer has to follow coverage (four bytes, one branch each; blind guessing would need 2^32
// tries); to see it, AddressSanitizer has to be on (one byte is read past a heap block).
#include <cstddef>
#include <cstdint>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 4 || data[0] != 'w') return 0;
  if (data[1] != 'e') return 0;
  if (data[2] != 'i') return 0;
  if (data[3] != 'r') return 0;
  const std::vector<uint8_t> block(data, data + size);
  const uint8_t* volatile begin = block.data();  // volatile: or the compiler sees that nobody needs the block
  volatile uint8_t past = begin[block.size()];
  (void)past;
  return 0;
}
