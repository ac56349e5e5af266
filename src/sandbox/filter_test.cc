#include "sandbox/filter.h"

#include <gtest/gtest.h>

namespace weir::sandbox {
namespace {

TEST(Filter, IsAProgramThatTheKernelCanTake) {
  for (const bool run_written : {false, true}) {
    const auto program = filter_program(run_written);
    EXPECT_GT(program.size(), 100u);
    EXPECT_LE(program.size(), static_cast<size_t>(BPF_MAXINSNS));
    EXPECT_EQ(BPF_CLASS(program.back().code), BPF_RET);
  }
}

}  // namespace
}  // namespace weir::sandbox
