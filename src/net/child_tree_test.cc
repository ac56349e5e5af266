// Trees of processes that try to outlive weir.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "net/child_testing.h"
#include "net/testing_keep.h"

namespace weir::net {
namespace {

using namespace testing;

// Each prints "ready" when it stands; `count` processes, the keeper among
// them.
struct Tree {
  const char* name;
  const char* script;  // Python
  size_t count;
};

constexpr char kTreeStart[] =
    "import os,signal,sys,time\n"
    "def ignore():\n"
    "  for s in (1,2,3,13,15,10,12): signal.signal(s,signal.SIG_IGN)\n"
    "def stay():\n"
    "  while True: time.sleep(100)\n"
    "def ready(n):\n"
    "  for i in range(n): os.read(r,1)\n"
    "  print('ready',flush=True); stay()\n"
    "def up(): os.write(w,b'.')\n"
    "r,w=os.pipe()\n";

constexpr Tree kTrees[] = {
    {"one", "ready(0)\n", 2},
    {"ignores", "ignore(); ready(0)\n", 2},
    {"grandchildren",
     "ignore()\n"
     "for i in range(5):\n"
     "  if os.fork()==0:\n"
     "    if os.fork()==0: up(); stay()\n"
     "    up(); stay()\n"
     "ready(10)\n",
     12},
    {"daemons",
     "ignore()\n"
     "for i in range(5):\n"
     "  if os.fork()==0:\n"
     "    os.setsid()\n"
     "    if os.fork()==0:\n"
     "      for fd in (0,1,2): os.close(fd)\n"
     "      up(); stay()\n"
     "    os._exit(0)\n"
     "ready(5)\n",
     7},
    {"deep",
     "ignore()\n"
     "for i in range(20):\n"
     "  if os.fork()!=0: stay()\n"
     "  os.setsid()\n"
     "print('ready',flush=True)\n"
     "stay()\n",
     22},
    {"stopped",
     "if os.fork()==0:\n"
     "  up(); os.kill(os.getpid(),signal.SIGSTOP)\n"
     "ready(1)\n",
     3},
    {"subreaper",
     "import ctypes\n"
     "ignore()\n"
     "ctypes.CDLL(None).prctl(36,1,0,0,0)\n"
     "if os.fork()==0:\n"
     "  os.setsid()\n"
     "  if os.fork()==0: up(); stay()\n"
     "  os._exit(0)\n"
     "os.wait()\n"
     "ready(1)\n",
     3},
};

class ChildTree : public ::testing::TestWithParam<Tree> {};

TEST_P(ChildTree, EndsWhenDropped) {
  Program program = Program::python(std::string(kTreeStart) + GetParam().script);
  program.start();
  ASSERT_TRUE(program.wait_for("ready")) << program.err();
  EXPECT_TRUE(soon([&] { return program.processes() == GetParam().count; })) << program.processes();
  program.drop();
  EXPECT_TRUE(program.all_gone());
  EXPECT_EQ(program.ends(), 0);
}

TEST_P(ChildTree, EndsWhenClosed) {
  Program program = Program::python(std::string(kTreeStart) + GetParam().script, 60);
  program.start();
  ASSERT_TRUE(program.wait_for("ready")) << program.err();
  program.close();
  program.drop();
  EXPECT_TRUE(program.all_gone());
}

TEST_P(ChildTree, EndsWhenItsFirstProcessDies) {
  Program program = Program::python(
      "import os,time,sys\n"
      "script=sys.argv[1]\n"
      "r,w=os.pipe()\n"
      "if os.fork()==0: exec(script); os._exit(0)\n"
      "sys.stdin.readline(); os._exit(9)\n",
      60);
  program.options().command.push_back(std::string(kTreeStart) + GetParam().script);
  program.start();
  ASSERT_TRUE(program.wait_for("ready")) << program.err();
  program.write("\n");
  EXPECT_EQ(program.wait_end(), "it ended with exit code 9");
  EXPECT_TRUE(program.all_gone());
}

// weir itself, killed: a process that starts the tree and gets no chance to end it.
TEST_P(ChildTree, EndsWhenWeirIsKilled) {
  Program program = Program::python(std::string(kTreeStart) + GetParam().script, 60'000);
  int report[2];
  ASSERT_EQ(pipe(report), 0);
  const pid_t weir = fork();
  if (weir == 0) {
    Loop loop;
    ChildHandler handler;
    handler.on_stdout = [&](std::string_view bytes) {
      if (write(report[1], bytes.data(), bytes.size()) < 0) _exit(1);
    };
    const auto child = Child::start(loop, program.options(), handler);
    if (!child) _exit(1);
    loop.run();
    _exit(0);
  }
  ::close(report[1]);
  std::string seen;
  char byte = 0;
  while (seen.find("ready\n") == std::string::npos && read(report[0], &byte, 1) == 1) seen += byte;
  ::close(report[0]);
  EXPECT_EQ(seen, "ready\n");
  EXPECT_TRUE(soon([&] { return program.processes() == GetParam().count; })) << program.processes();
  kill(weir, SIGKILL);
  waitpid(weir, nullptr, 0);
  EXPECT_TRUE(soon([&] { return program.processes() == 0; }));
}

INSTANTIATE_TEST_SUITE_P(Trees, ChildTree, ::testing::ValuesIn(kTrees),
                         [](const auto& info) { return std::string(info.param.name); });

TEST(Child, AProcessThatHopsAwayIsCaught) {
  // Each generation starts the next in a session of its own and ends.
  Program program = Program::python(
      "import os,time\n"
      "if os.fork()==0:\n"
      "  print('ready',flush=True)\n"
      "  while True:\n"
      "    os.setsid()\n"
      "    if os.fork()!=0: os._exit(0)\n"
      "time.sleep(100)\n");
  program.start();
  ASSERT_TRUE(program.wait_for("ready"));
  program.drop();
  EXPECT_TRUE(program.all_gone());
}

TEST(Child, OrphansLeaveNoZombies) {
  Program program = Program::shell(
      "for i in 1 2 3 4 5 6 7 8 9 10; do (sleep 0.01 &) ; done; sleep 0.2; "
      "cat /proc/[0-9]*/stat 2>/dev/null | awk -v keeper=$PPID '$3 == \"Z\" && $4 == keeper' | wc -l; echo "
      "done; "
      "cat");
  program.start();
  ASSERT_TRUE(program.wait_for("done"));
  EXPECT_EQ(program.out(), "0\ndone\n");
}

TEST(Child, GoesWithAKeeperThatIsKilled) {
  Program program = Program::shell("echo ready; exec sleep 100");
  program.start();
  ASSERT_TRUE(program.wait_for("ready"));
  for (const pid_t pid : marked(program.marker()))
    if (read_whole("/proc/" + std::to_string(pid) + "/cmdline").starts_with("weir")) kill(pid, SIGKILL);
  EXPECT_EQ(program.wait_end(), "the process that keeps it was killed");
  EXPECT_TRUE(program.all_gone());
}

}  // namespace
}  // namespace weir::net
