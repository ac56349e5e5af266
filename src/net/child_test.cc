#include "net/child.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <random>
#include <sstream>
#include <thread>

#include "net/child_testing.h"
#include "net/testing_keep.h"

namespace weir::net {
namespace {

using namespace testing;

TEST(Child, TalksOverPipes) {
  Program program({"cat"});
  program.start().write("one\ntwo\n");
  EXPECT_TRUE(program.wait_for("one\ntwo\n"));
  program.close();
  EXPECT_TRUE(program.all_gone());
  EXPECT_EQ(program.ends(), 0) << "no callback after close()";
}

TEST(Child, GetsItsArgumentsEnvironmentAndFolder) {
  Program program({"python3", "-c",
                   "import os,sys;print(sys.argv[1:],sorted(os.environ),os.getcwd(),flush=True)", "a b", "",
                   "--", "$x"});
  program.options().env["EMPTY"] = "";
  program.options().env["LC_ALL"] = "C.UTF-8";
  program.options().cwd = "/usr";
  EXPECT_EQ(program.start().wait_end(), "it ended with exit code 0");
  EXPECT_EQ(program.out(), "['a b', '', '--', '$x'] ['EMPTY', 'LC_ALL', 'PATH', 'WEIR_TEST_MARK'] /usr\n");
}

TEST(Child, IsFoundOnItsOwnPathRelativeToItsFolderOrNotAtAll) {
  const auto outcome = [](std::string name, std::string path, std::string cwd) {
    Program program({std::move(name)});
    program.options().env["PATH"] = std::move(path);
    program.options().cwd = std::move(cwd);
    const auto started = program.try_start();
    return started ? program.wait_end() : started.error().text();
  };
  EXPECT_EQ(outcome("true", "/nowhere:/usr/bin", ""), "it ended with exit code 0");
  EXPECT_EQ(outcome("./bin/true", "", "/usr"), "it ended with exit code 0");
  EXPECT_EQ(outcome("/usr/bin/true", "", ""), "it ended with exit code 0");
  EXPECT_EQ(outcome("true", "/nowhere", ""),
            "true: there is no such program on PATH (an absolute path is surest)");
  EXPECT_EQ(outcome("true", "bin:::.", "/usr"),
            "true: there is no such program on PATH (an absolute path is surest)");
  EXPECT_EQ(outcome("/etc/passwd", "", ""),
            "/etc/passwd: there is no such program (an absolute path is surest)");
  EXPECT_EQ(outcome("/usr", "", ""), "/usr: there is no such program (an absolute path is surest)");
  EXPECT_EQ(outcome("true", "/usr/bin", "/nowhere"), "/nowhere: there is no such folder");
  Program empty(std::vector<std::string>{});
  EXPECT_EQ(empty.try_start().error().code, Code::unavailable);
}

TEST(Child, SaysWhyItDidNotStart) {
  const std::string script = ::testing::TempDir() + "weir_no_interpreter_" + std::to_string(getpid());
  std::ofstream(script) << "#!/no/such/interpreter\n";
  chmod(script.c_str(), 0755);
  Program program({script});
  EXPECT_EQ(program.start().wait_end(), "it could not be started: No such file or directory");
  EXPECT_TRUE(program.all_gone());
  std::filesystem::remove(script);
}

TEST(Child, SaysHowItEnded) {
  EXPECT_EQ(Program::shell("exit 7").start().wait_end(), "it ended with exit code 7");
  EXPECT_EQ(Program::shell("kill -9 $$").start().wait_end(), "it was killed by signal 9 (Killed)");
  Program quiet = Program::shell("exec >&-; exec sleep 100");
  EXPECT_EQ(quiet.start().wait_end(), "it closed its standard output");
}

TEST(Child, GivesAllThatWasWrittenBeforeTheEnd) {
  for (int i = 0; i < 20; ++i) {
    Program program = Program::python("import os;os.write(2,b'e'*60000);os.write(1,b'x'*200000);os._exit(3)");
    EXPECT_EQ(program.start().wait_end(), "it ended with exit code 3");
    EXPECT_EQ(program.out().size(), 200000u);
    EXPECT_EQ(program.err().size(), 60000u);
  }
}

TEST(Child, EndIsToldThoughADescendantFloodsItsOutput) {
  Program program = Program::shell("yes & sleep 0.1; exit 4");
  EXPECT_EQ(program.start().wait_end(), "it ended with exit code 4");
  program.drop();
  EXPECT_TRUE(program.all_gone());
}

TEST(Child, HasNothingOfWeirOpenAndDefaultSignals) {
  const int stray = ::socket(AF_INET, SOCK_STREAM, 0);  // inheritable, as a library might make one
  ASSERT_EQ(fcntl(stray, F_GETFD), 0);
  signal(SIGUSR2, SIG_IGN);
  Program program = Program::python(
      "import os,signal;print([os.readlink('/proc/self/fd/%s'%f).split(':')[0] for f in "
      "os.listdir('/proc/self/fd') "
      "if os.path.exists('/proc/self/fd/%s'%f)]);"
      "print(['%x'%(int(l.split()[1],16)&0x7fffffff) for l in open('/proc/self/status') if "
      "l.startswith(('SigBlk','SigIgn'))],"
      "os.getpid()==os.getsid(0)==os.getpgid(0))");
  program.start().wait_end();
  // Python itself ignores SIGPIPE (13) and SIGXFSZ (25).
  EXPECT_EQ(program.out(), "['pipe', 'pipe', 'pipe']\n['0', '1001000'] True\n");
  signal(SIGUSR2, SIG_DFL);
  ::close(stray);
}

TEST(Child, WritesMoreThanAPipeHoldsAndCountsIt) {
  Program program = Program::shell("read go; exec wc -c");
  program.start();
  std::string big(size_t{3} << 20, 'x');
  program.write("go\n");
  program.write(big);
  program.close();
  EXPECT_TRUE(program.all_gone());

  Program counted = Program::shell("sleep 100");
  counted.start().write(big);
  EXPECT_GE(counted.queued(), big.size() - (size_t{1} << 20));
  EXPECT_LE(counted.queued(), big.size());
  counted.drop();
  EXPECT_TRUE(counted.all_gone());
}

TEST(Child, WhatIsQueuedIsWrittenBeforeTheEnd) {
  const std::string file = ::testing::TempDir() + "weir_child_" + std::to_string(getpid());
  Program program({"sh", "-c", "cat >" + file}, 5'000);
  program.start().write(std::string(size_t{3} << 20, 'x'));
  program.close();
  program.drop();
  EXPECT_TRUE(program.all_gone());
  EXPECT_EQ(std::filesystem::file_size(file), size_t{3} << 20);
  std::filesystem::remove(file);
}

TEST(Child, WritingToOneThatDoesNotReadIsHarmless) {
  Program program = Program::shell("exec <&-; echo ready; exec sleep 100");
  program.start();
  ASSERT_TRUE(program.wait_for("ready"));
  program.write("x");
  program.write("y");
  EXPECT_EQ(program.queued(), 0u);
  program.drop();
  EXPECT_TRUE(program.all_gone());
}

TEST(Child, ClosingEndsItInOrder) {
  const std::string file = ::testing::TempDir() + "weir_order_" + std::to_string(getpid());
  Program program = Program::python(
      "import os,signal,sys,time\n"
      "log=open(sys.argv[1],'w',buffering=1)\n"
      "signal.signal(signal.SIGTERM,lambda *a:log.write('TERM\\n'))\n"
      "print('ready',flush=True)\n"
      "sys.stdin.read()\n"
      "log.write('eof\\n')\n"
      "while True: time.sleep(1)\n",
      150);
  program.options().command.push_back(file);
  program.start();
  ASSERT_TRUE(program.wait_for("ready"));
  const auto begin = std::chrono::steady_clock::now();
  program.close();
  EXPECT_TRUE(program.all_gone());
  EXPECT_GE(std::chrono::steady_clock::now() - begin, 300ms);
  EXPECT_EQ(read_whole(file), "eof\nTERM\n");
  std::filesystem::remove(file);
}

TEST(Child, CallbacksMayDestroyIt) {
  Program program = Program::shell("echo one; sleep 100");
  program.on_out = [&] { program.drop_here(); };
  program.start();
  EXPECT_TRUE(program.wait_for("one"));
  EXPECT_TRUE(program.all_gone());
}

TEST(Child, LeavesNoDescriptorBehind) {
  const size_t before = open_descriptors();
  for (int i = 0; i < 30; ++i) {
    Program program = Program::shell(i % 3 == 0 ? "exit 1" : "cat", 50);
    program.start();
    if (i % 3 == 0) program.wait_end();
    if (i % 3 == 1) program.close();
    program.drop();
    EXPECT_TRUE(program.all_gone());
  }
  EXPECT_EQ(open_descriptors(), before);
}

TEST(Child, NoMoreDescriptorsIsAnError) {
  rlimit before{};
  getrlimit(RLIMIT_NOFILE, &before);
  bool started = false;
  for (rlim_t more = 0; more < 20 && !started; ++more) {
    Program program({"cat"});
    rlimit tight = before;
    tight.rlim_cur = open_descriptors() + more;
    setrlimit(RLIMIT_NOFILE, &tight);
    const auto outcome = program.try_start();
    setrlimit(RLIMIT_NOFILE, &before);
    started = outcome.has_value();
    if (!started) {
      EXPECT_EQ(outcome.error().code, Code::unavailable);
    }
    program.drop();
    EXPECT_TRUE(program.all_gone());
  }
  EXPECT_TRUE(started);
}

}  // namespace
}  // namespace weir::net
