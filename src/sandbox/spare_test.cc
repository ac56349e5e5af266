#include "sandbox/spare.h"

#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

namespace weir::sandbox {
namespace {

bool suits(const Plan& plan) {
  return Spare::suits({.plan = &plan});
}

TEST(Spare, SuitsOnlyWhatItCanBe) {
  const Plan plan{.binds = system_binds()};
  EXPECT_TRUE(suits(plan));
  EXPECT_FALSE(Spare::suits({.plan = &plan, .observed = true}));
  EXPECT_FALSE(Spare::suits({.plan = &plan, .shares_terminal = true}));
  const Way way{.files = {{"/etc/x", "y"}}};
  EXPECT_FALSE(Spare::suits({.plan = &plan, .way = &way}));
  Plan host = plan;
  host.net = Net::host;
  EXPECT_FALSE(suits(host));
  Plan lacking = plan;
  lacking.binds.pop_back();
  EXPECT_FALSE(suits(lacking));
  Plan named = plan;  // as a profile's grant of the same path
  named.binds.front().from = Bind::From::profile;
  EXPECT_FALSE(suits(named));
  Plan around = plan;
  around.binds.insert(around.binds.begin(), {.path = "/etc"});
  EXPECT_FALSE(suits(around));
  Plan within = plan;
  within.binds.push_back({.path = "/usr/local/share/some"});
  EXPECT_TRUE(suits(within));
}

// In a mount namespace of its own, which the test needs no rights to make.
int fresh_until_mounted() {
  const unsigned uid = getuid();
  const unsigned gid = getgid();
  if (unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0) return 9;
  std::ofstream("/proc/self/uid_map") << "0 " << uid << " 1\n";
  std::ofstream("/proc/self/setgroups") << "deny";
  std::ofstream("/proc/self/gid_map") << "0 " << gid << " 1\n";
  auto spare = Spare::make();
  if (!spare) return 9;
  if (!spare->is_fresh()) return 1;
  if (mount("none", "/mnt", "tmpfs", 0, nullptr) != 0) return 9;
  if (spare->is_fresh()) return 2;
  return spare->is_fresh() ? 3 : 0;  // and stays so
}

TEST(Spare, IsNotFreshWhenSomethingWasMounted) {
  const pid_t pid = fork();
  if (pid == 0) _exit(fresh_until_mounted());
  int status = 0;
  ASSERT_EQ(waitpid(pid, &status, 0), pid);
  if (WEXITSTATUS(status) == 9) GTEST_SKIP() << "no namespaces here";
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

}  // namespace
}  // namespace weir::sandbox
