#include "gateway/notify.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <stdlib.h>

#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "base/limits.h"

namespace weir::gateway {
namespace {

using std::chrono::seconds;

// What the notifier said, from its thread.
class Said {
 public:
  Notifier::Log log() {
    return [this](const std::string& line) {
      const std::lock_guard lock(mutex_);
      lines_.push_back(line);
      wake_.notify_all();
    };
  }
  std::string wait() {
    std::unique_lock lock(mutex_);
    wake_.wait_for(lock, seconds(20), [&] { return !lines_.empty(); });
    return lines_.empty() ? "nothing" : lines_.front();
  }

 private:
  std::mutex mutex_;
  std::condition_variable wake_;
  std::vector<std::string> lines_;
};

class NotifyTest : public testing::Test {
 protected:
  NotifyTest() {
    char name[] = "/tmp/weir-notify-test-XXXXXX";
    dir_ = mkdtemp(name);
  }
  ~NotifyTest() override {
    std::error_code ignored;
    std::filesystem::remove_all(dir_, ignored);
  }
  // Polls for the file, which the command renames into place when it is whole.
  std::string file(const std::string& name) {
    const auto end = std::chrono::steady_clock::now() + seconds(20);
    while (std::chrono::steady_clock::now() < end) {
      std::ifstream in(dir_ + "/" + name);
      if (in) return {std::istreambuf_iterator<char>(in), {}};
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    return "no file";
  }
  std::vector<std::string> shell(const std::string& script) {
    return {"sh", "-c", "cd " + dir_ + "; " + script};
  }

  std::string dir_;
  Said said_;
};

TEST_F(NotifyTest, TheCommandGetsTheAsk) {
  setenv("WEIR_TEST_SECRET", "sk-1", 1);
  setenv("WEIR_TEST_OTHER", "seen", 1);
  setenv("WEIR_ASK_LINK", "http://forged/", 1);
  Notifier notifier(
      shell("{ cat; echo; echo \"$WEIR_ASK_TEXT|$WEIR_ASK_LINK|$WEIR_TEST_SECRET|$WEIR_TEST_OTHER\"; "
            "ls /proc/self/fd | wc -l; } > out; mv out done"),
      {"WEIR_TEST_SECRET"});
  notifier.send({R"({"id":"a1"})", "one; $(touch no) line", "http://127.0.0.1:1/a/00"});
  unsetenv("WEIR_ASK_LINK");
  // 0, 1, 2 and the listing's own: nothing of ours is open in it.
  EXPECT_EQ(file("done"), "{\"id\":\"a1\"}\none; $(touch no) line|http://127.0.0.1:1/a/00||seen\n4\n");
  EXPECT_FALSE(std::filesystem::exists(dir_ + "/no"));
}

TEST_F(NotifyTest, ALargeAskThatNobodyReadsBlocksNothing) {
  Notifier notifier(shell("mv $(mktemp XXXXXX) done"), {});
  notifier.send({std::string(limits::kNotifyBytesMax, 'x'), "t", ""});
  EXPECT_EQ(file("done"), "");
}

TEST_F(NotifyTest, AnAskPastTheBoundIsNotPassed) {
  Notifier notifier(shell("wc -c > out; mv out done"), {});
  notifier.send({std::string(limits::kNotifyBytesMax + 1, 'x'), "t", ""});
  EXPECT_EQ(file("done"), "2\n");
}

TEST_F(NotifyTest, FailureIsSaidAndNotFatal) {
  {
    Notifier notifier({dir_ + "/no-such-command"}, {}, 0, said_.log());
    notifier.send({"{}", "t", ""});
    EXPECT_NE(said_.wait().find("No such file"), std::string::npos) << said_.wait();
  }
  Said exit;
  Notifier notifier({"sh", "-c", "exit 3"}, {}, 0, exit.log());
  notifier.send({"{}", "t", ""});
  EXPECT_EQ(exit.wait(), "notify: sh: exit status 3");
}

TEST_F(NotifyTest, ACommandThatHangsIsKilledWithItsChildren) {
  Notifier notifier(shell("sleep 1000 & echo $! > pid; mv pid done; wait"), {}, 1'500, said_.log());
  notifier.send({"{}", "t", ""});
  const int child = std::stoi(file("done"));
  EXPECT_EQ(said_.wait(), "notify: sh: not done after 1500 ms: killed");
  // Gone, or a zombie that waits for init.
  const auto end = std::chrono::steady_clock::now() + seconds(20);
  const auto alive = [&] {
    std::ifstream stat("/proc/" + std::to_string(child) + "/stat");
    std::stringstream text;
    text << stat.rdbuf();
    return !text.str().empty() && text.str().find(") Z ") == std::string::npos;
  };
  while (alive() && std::chrono::steady_clock::now() < end)
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  EXPECT_FALSE(alive());
}

TEST_F(NotifyTest, EndingKillsWhatRunsAndWaitsForNothing) {
  const auto begin = std::chrono::steady_clock::now();
  {
    Notifier notifier(shell("touch done; sleep 1000"), {});
    notifier.send({"{}", "t", ""});
    file("done");
  }
  EXPECT_LT(std::chrono::steady_clock::now() - begin, seconds(15));
}

TEST_F(NotifyTest, ManyAtOnceAreBounded) {
  // None ends by itself: so many run as may, and of the others so many wait.
  Notifier notifier(shell("touch run-$$; sleep 1000"), {}, 60'000);
  for (size_t i = 0; i < limits::kNotifyAtOnceMax + limits::kNotifyQueueMax + 10; ++i)
    notifier.send({"{}", "t", ""});
  const auto count = [&] {
    return static_cast<size_t>(
        std::distance(std::filesystem::directory_iterator(dir_), std::filesystem::directory_iterator{}));
  };
  const auto end = std::chrono::steady_clock::now() + seconds(20);
  while (count() < limits::kNotifyAtOnceMax && std::chrono::steady_clock::now() < end)
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  EXPECT_EQ(count(), limits::kNotifyAtOnceMax);
}

}  // namespace
}  // namespace weir::gateway
