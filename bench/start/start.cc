// Time from exec to the line "weir: listening", beside ten times fork + exec + wait of /bin/true.
//
//   bench_start ROUNDS TRUE_COUNT PROGRAM [ARGS...]
//
// The two alternate. Prints one JSON object with the medians in microseconds. This process is small, so that
// its fork costs what a shell's costs.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <string>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

double us_since(Clock::time_point start) {
  return std::chrono::duration<double, std::micro>(Clock::now() - start).count();
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

double time_true(int count) {
  const auto start = Clock::now();
  for (int i = 0; i < count; ++i) {
    const pid_t child = fork();
    if (child == 0) {
      execl("/bin/true", "true", nullptr);
      _exit(127);
    }
    int status = 0;
    waitpid(child, &status, 0);
    if (status != 0) std::exit(1);
  }
  return us_since(start);
}

// Negative: it ended without that line.
double time_program(char** argv) {
  int out[2];
  if (pipe2(out, O_CLOEXEC) != 0) return -1;
  const auto start = Clock::now();
  const pid_t child = fork();
  if (child == 0) {
    dup2(out[1], 1);
    execv(argv[0], argv);
    _exit(127);
  }
  close(out[1]);
  std::string seen;
  char buffer[4096];
  double us = -1;
  for (ssize_t n = 0; us < 0 && (n = read(out[0], buffer, sizeof(buffer))) > 0;) {
    seen.append(buffer, static_cast<size_t>(n));
    if (seen.find("weir: listening") != std::string::npos) us = us_since(start);
  }
  kill(child, SIGTERM);
  waitpid(child, nullptr, 0);
  close(out[0]);
  return us;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) {
    fmt::print(stderr, "usage: bench_start ROUNDS TRUE_COUNT PROGRAM [ARGS...]\n");
    return 2;
  }
  const int rounds = std::max(1, std::atoi(argv[1]));
  const int count = std::max(1, std::atoi(argv[2]));
  std::vector<double> program, trues;
  for (int i = 0; i < rounds; ++i) {
    trues.push_back(time_true(count));
    program.push_back(time_program(argv + 3));
    if (program.back() < 0) {
      fmt::print(stderr, "bench_start: {} did not start to listen\n", argv[3]);
      return 1;
    }
  }
  fmt::print(R"({{"rounds":{},"listening_us":{:.0f},"true_us":{:.0f},"true_count":{}}})"
             "\n",
             rounds, median(program), median(trues), count);
}
