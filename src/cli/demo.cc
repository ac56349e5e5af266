#include "cli/command.h"
namespace weir::cli {
int run_demo(const Common&, const DemoArgs&) {
  return kEnvironment;
}
}  // namespace weir::cli
