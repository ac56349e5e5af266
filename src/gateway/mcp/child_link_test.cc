#include <gtest/gtest.h>
#include <unistd.h>

#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <sstream>

#include "base/limits.h"
#include "gateway/mcp/link.h"
#include "net/testing.h"
#include "net/testing_keep.h"

namespace weir::gateway::mcp {
namespace {

// A link on a loop of its own, and what came of it.
class Linked {
 public:
  explicit Linked(std::string python) {
    ChildOptions options;
    options.command = {"python3", "-u", "-c", std::move(python)};
    options.env = {{"PATH", "/usr/local/bin:/usr/bin:/bin"}};
    options.close_ms = 200;
    loop_.on([&] {
      auto link = open_child(loop_.loop(), std::move(options), handler());
      EXPECT_TRUE(link.has_value());
      if (link) link_ = std::move(*link);
    });
  }
  ~Linked() {
    drop();
    for (int i = 0; i < 5'000 && has_children(); ++i) usleep(2'000);
    EXPECT_FALSE(has_children());
  }
  void send(std::string text) {
    loop_.on([&] { link_->send(std::move(text), ""); });
  }
  size_t queued() {
    return loop_.on([&] { return link_->queued(); });
  }
  void close() {
    loop_.on([&] { link_->close(); });
  }
  void drop() {
    loop_.on([&] { link_.reset(); });
  }
  template <class F>
  bool wait(F condition) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(20), condition);
  }
  bool wait_messages(size_t count) {
    return wait([&] { return messages.size() >= count; });
  }
  Error wait_closed() {
    EXPECT_TRUE(wait([&] { return !closed.empty(); }));
    EXPECT_EQ(closed.size(), 1u);
    return closed.empty() ? Error{} : closed.front();
  }

  std::vector<std::string> messages, log;  // after a wait that saw them
  std::vector<Error> closed;
  std::function<void(Linked&)> on_message;  // on the loop's thread
  std::unique_ptr<Link> link_;

 private:
  static bool has_children() {
    for (const auto& task : std::filesystem::directory_iterator("/proc/self/task")) {
      std::ifstream in(task.path() / "children");
      std::string pid;
      if (in >> pid) return true;
    }
    return false;
  }
  template <class F>
  void note(F change) {
    {
      const std::lock_guard lock(mutex_);
      change();
    }
    changed_.notify_all();
  }
  LinkHandler handler() {
    LinkHandler handler;
    handler.on_message = [this](std::string text) {
      note([&] { messages.push_back(std::move(text)); });
      if (on_message) on_message(*this);
    };
    handler.on_closed = [this](Error why) { note([&] { closed.push_back(std::move(why)); }); };
    handler.on_log = [this](std::string_view line) { note([&] { log.emplace_back(line); }); };
    return handler;
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  net::testing::LoopThread loop_;
};

using Texts = std::vector<std::string>;

constexpr char kEcho[] =
    "import sys\n"
    "for line in sys.stdin: sys.stdout.write(line)\n";

TEST(McpChildLink, OneMessageALine) {
  Linked link(kEcho);
  link.send(R"({"a":"x\ny"})");
  link.send("{\n  \"b\": 1,\r\n  \"c\": 2\n}");
  link.send("\"caf\xC3\xA9\"");
  ASSERT_TRUE(link.wait_messages(3));
  EXPECT_EQ(link.messages, (Texts{R"({"a":"x\ny"})", R"({   "b": 1,    "c": 2 })", "\"caf\xC3\xA9\""}));
}

TEST(McpChildLink, WhateverPiecesAndBlankLines) {
  Linked link(
      "import sys,time\n"
      "out=sys.stdout.buffer\n"
      "for b in b'\\n\\r\\n  {\"a\":1}\\r\\n\\n\\xff\\xfe{\\n{}{}\\nend\\nunfinished': "
      "out.write(bytes([b])); out.flush()\n"
      "sys.stdin.read()\n");
  ASSERT_TRUE(link.wait_messages(4));
  EXPECT_EQ(link.messages, (Texts{"  {\"a\":1}", "\xff\xfe{", "{}{}", "end"}));
}

TEST(McpChildLink, AFloodIsTakenWhole) {
  Linked link(
      "import sys\n"
      "for i in range(20000): print('{\"i\":%d,\"x\":\"%s\"}' % (i, 'y' * (i % 500)))\n"
      "print('done')\n"
      "sys.stdin.read()\n");
  ASSERT_TRUE(link.wait_messages(20'001));
  EXPECT_EQ(link.messages[19'999].substr(0, 11), "{\"i\":19999,");
  EXPECT_EQ(link.messages.back(), "done");
}

TEST(McpChildLink, AMessageOfTheBoundPassesAndOnePastItEndsTheLink) {
  Linked link(
      "import sys\n"
      "for line in sys.stdin: sys.stdout.write('x' * int(line) + '\\n')\n");
  link.send(std::to_string(limits::kMcpMessageBytesMax));
  ASSERT_TRUE(link.wait_messages(1));
  EXPECT_EQ(link.messages[0].size(), limits::kMcpMessageBytesMax);
  EXPECT_TRUE(link.closed.empty());
  link.send(std::to_string(limits::kMcpMessageBytesMax + 1));
  EXPECT_EQ(link.wait_closed().code, Code::too_large);
  EXPECT_EQ(link.messages.size(), 1u);
}

TEST(McpChildLink, TellsOnceWhyItIsOver) {
  Linked link("import sys\nprint('last words')\nsys.exit(3)\n");
  const Error why = link.wait_closed();
  EXPECT_EQ(why.code, Code::unavailable);
  EXPECT_EQ(why.message, "the server's process is gone: it ended with exit code 3");
  EXPECT_EQ(link.messages, Texts{"last words"});
  link.send("into the void");
  EXPECT_EQ(link.queued(), 0u);
  link.close();
}

TEST(McpChildLink, QueueIsSeenWhenNobodyReads) {
  Linked link("import time\nprint('ready')\ntime.sleep(100)\n");
  ASSERT_TRUE(link.wait_messages(1));
  link.send(std::string(size_t{4} << 20, ' '));
  EXPECT_GT(link.queued(), size_t{3} << 20);
}

TEST(McpChildLink, CloseLetsTheServerFinish) {
  const std::string file = ::testing::TempDir() + "weir_link_" + std::to_string(getpid());
  Linked link(
      "import sys\n"
      "lines=sys.stdin.readlines()\n"
      "print('goodbye ' * 100000)\n"  // nobody listens; must not kill it
      "open('" +
      file + "','w').write(str(len(lines)))\n");
  for (int i = 0; i < 3; ++i) link.send("{}");
  link.close();
  link.drop();
  std::string seen;
  for (int i = 0; i < 5'000 && seen.empty(); ++i) {
    std::ifstream(file) >> seen;
    usleep(2'000);
  }
  EXPECT_EQ(seen, "3");
  EXPECT_TRUE(link.messages.empty());
  EXPECT_TRUE(link.closed.empty());
  std::filesystem::remove(file);
}

TEST(McpChildLink, CallbacksMayDestroyIt) {
  Linked link("print('{}\\n' * 1000)\nimport time\ntime.sleep(100)\n");
  link.on_message = [](Linked& self) { self.link_.reset(); };
  ASSERT_TRUE(link.wait_messages(1));
  link.drop();
  EXPECT_EQ(link.messages.size(), 1u);
}

TEST(McpChildLink, LogIsSafeToShowAndBounded) {
  Linked link(
      "import sys\n"
      "e=sys.stderr.buffer\n"
      "e.write(b'plain\\n\\n\\x1b[2Jclear \\xff \\xe2\\x80\\xae\\r\\n'); e.write(b'y' * 10000 + "
      "b'\\nafter\\n')\n"
      "e.flush(); print('ok'); sys.stdin.read()\n");
  ASSERT_TRUE(link.wait([&] { return link.log.size() >= 4; }));
  EXPECT_EQ(link.log[0], "plain");
  EXPECT_EQ(link.log[1], "\\u{001B}[2Jclear \\xFF \\u{202E}");
  EXPECT_LE(link.log[2].size(), limits::kMcpStderrLineBytesMax);
  EXPECT_GT(link.log[2].size(), limits::kMcpStderrLineBytesMax - 32);
  EXPECT_EQ(link.log[3], "after");
}

TEST(McpChildLink, LogIsCutToSoManyLinesASecond) {
  Linked link(
      "import sys\n"
      "for i in range(5000): sys.stderr.write('line %d\\n' % i)\n"
      "print('ok'); sys.stdin.read()\n");
  ASSERT_TRUE(link.wait(
      [&] { return !link.log.empty() && link.log.back().ends_with("more lines in a second are left out"); }));
  EXPECT_LE(link.log.size(), 3 * limits::kMcpStderrLinesMax);  // 5,000 lines may take more than a second
  EXPECT_GE(link.log.size(), limits::kMcpStderrLinesMax);
  EXPECT_EQ(link.log[98], "line 98");
}

TEST(McpChildLink, NoSuchProgram) {
  net::Loop loop;
  const auto link = open_child(loop, {.command = {"no-such-program"}}, {});
  ASSERT_FALSE(link.has_value());
  EXPECT_EQ(link.error().code, Code::unavailable);
}

}  // namespace
}  // namespace weir::gateway::mcp
