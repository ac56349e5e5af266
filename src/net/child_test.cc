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

#include "net/testing.h"
#include "net/testing_keep.h"

namespace weir::net {
namespace {

using testing::LoopThread;
using namespace std::chrono_literals;

std::string read_whole(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::stringstream all;
  all << in.rdbuf();
  return all.str();
}

// The processes that have the marker in their environment, keepers too.
std::vector<pid_t> marked(const std::string& marker) {
  std::vector<pid_t> found;
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    const std::string name = entry.path().filename();
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    if (read_whole("/proc/" + name + "/environ").find(marker) != std::string::npos)
      found.push_back(std::stoi(name));
  }
  return found;
}

template <class F>
bool soon(F condition, std::chrono::milliseconds patience = 10s) {
  const auto end = std::chrono::steady_clock::now() + patience;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(2ms);
  }
  return true;
}

size_t open_descriptors() {
  return static_cast<size_t>(std::distance(std::filesystem::directory_iterator("/proc/self/fd"), {}));
}

// Zombies too.
bool has_children() {
  for (const auto& task : std::filesystem::directory_iterator("/proc/self/task"))
    if (!read_whole(task.path().string() + "/children").empty()) return true;
  return false;
}

// A child on a loop of its own, and what came of it.
class Program {
 public:
  explicit Program(std::vector<std::string> command, int64_t close_ms = 200) {
    options_.command = std::move(command);
    options_.close_ms = close_ms;
    marker_ = "WEIR_TEST_MARK=" + std::to_string(std::random_device{}()) + std::to_string(getpid());
    options_.env = {{"PATH", "/usr/local/bin:/usr/bin:/bin"}, {"WEIR_TEST_MARK", marker_.substr(15)}};
  }
  // The loop goes last: it waits for what has ended.
  ~Program() {
    drop();
    EXPECT_TRUE(all_gone());
  }
  static Program shell(std::string script, int64_t close_ms = 200) {
    return Program({"sh", "-c", std::move(script)}, close_ms);
  }
  static Program python(std::string script, int64_t close_ms = 200) {
    return Program({"python3", "-c", std::move(script)}, close_ms);
  }

  ChildOptions& options() { return options_; }
  Program& start() {
    const auto started = try_start();
    EXPECT_TRUE(started.has_value()) << (started ? "" : started.error().text());
    return *this;
  }
  Status try_start() {
    return loop_.on([&]() -> Status {
      auto child = Child::start(loop_.loop(), options_, handler());
      if (!child) return child.error();
      child_ = std::move(*child);
      return {};
    });
  }
  void write(std::string bytes) {
    loop_.on([&] { child_->write(std::move(bytes)); });
  }
  size_t queued() {
    return loop_.on([&] { return child_->queued(); });
  }
  void close() {
    loop_.on([&] { child_->close(); });
  }
  void drop() {
    loop_.on([&] { child_.reset(); });
  }
  bool wait_for(std::string_view text) {
    return wait([&] { return out_.find(text) != out_.npos; });
  }
  std::string wait_end() {
    EXPECT_TRUE(wait([&] { return ends_ > 0; }));
    return why_;
  }
  std::string out() {
    const std::lock_guard lock(mutex_);
    return out_;
  }
  std::string err() {
    const std::lock_guard lock(mutex_);
    return err_;
  }
  int ends() {
    const std::lock_guard lock(mutex_);
    return ends_;
  }
  bool all_gone() {
    return soon([&] { return marked(marker_).empty() && !has_children(); });
  }
  size_t processes() { return marked(marker_).size(); }
  const std::string& marker() const { return marker_; }
  std::function<void()> on_out;  // on the loop's thread, after each piece
  Child* child() { return child_.get(); }
  void drop_here() { child_.reset(); }

 private:
  template <class F>
  bool wait(F condition) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, 10s, condition);
  }
  ChildHandler handler() {
    const auto add = [this](std::string& to) {
      return [this, &to](std::string_view bytes) {
        {
          const std::lock_guard lock(mutex_);
          to += bytes;
        }
        changed_.notify_all();
        if (on_out) on_out();
      };
    };
    return {add(out_), add(err_), [this](std::string why) {
              const std::lock_guard lock(mutex_);
              why_ = std::move(why);
              ++ends_;
              changed_.notify_all();
            }};
  }

  ChildOptions options_;
  std::string marker_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::string out_, err_, why_;
  int ends_ = 0;
  std::unique_ptr<Child> child_;
  LoopThread loop_;
};

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

// Trees that try to outlive weir. Each prints "ready" when it stands; `count` processes, the keeper among
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
