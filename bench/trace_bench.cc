// How fast text is remembered and arguments are attributed, beside a naive scan.
//
//   trace_bench [ROUNDS]
//
// Each figure is the median of five rounds, the rows interleaved. The text is made up from a seed: prose over
// a large vocabulary, JSON records, URLs, addresses, numbers. Half of each 4 KiB argument is copied from the
// text in pieces of 100 to 400 characters. The naive scan compares every place of the argument with every
// place of the text and keeps the longest run; it is timed on a 64th of the argument and scaled.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <memory>
#include <random>
#include <vector>

#include "trace/index.h"
#include "trace/naive.h"

namespace {

using namespace weir;
using namespace weir::trace;
using Clock = std::chrono::steady_clock;

constexpr size_t kMiB = size_t{1} << 20;
constexpr size_t kArgument = 4'096;
constexpr size_t kTextBytes = 16'384;  // of one tool result
constexpr size_t kNaivePart = kArgument / 64;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

class Writer {
 public:
  explicit Writer(uint64_t seed) : random_(seed) {
    for (size_t i = 0; i < 40'000; ++i) words_.push_back(letters(2 + random_() % 9));
  }

  std::string text(size_t bytes) {
    std::string out;
    while (out.size() < bytes) {
      switch (random_() % 8) {
        case 0:
          out += record();
          break;
        case 1:
          out += fmt::format("See https://{}.example/{}/{}?id={}. ", word(), word(), word(),
                             random_() % 1'000'000);
          break;
        case 2:
          out += fmt::format("From: {}.{}@{}.example, {} EUR. ", word(), word(), word(), random_() % 100'000);
          break;
        default:
          out += sentence();
      }
    }
    out.resize(bytes);
    return out;
  }

  std::string argument(const std::vector<std::string>& texts) {
    std::string out;
    while (out.size() < kArgument) {
      const size_t length = 100 + random_() % 300;
      const std::string& from = texts[random_() % texts.size()];
      out += from.substr(random_() % (from.size() - length), length);
      out += text(length);
    }
    out.resize(kArgument);
    return out;
  }

 private:
  std::string letters(size_t n) {
    static constexpr std::string_view kLetters = "eeeeeetttttaaaaoooiiinnnssshhhrrrdlucmfwypvbgkjqxz";
    std::string out;
    for (size_t i = 0; i < n; ++i) out += kLetters[random_() % kLetters.size()];
    return out;
  }
  // Few words are frequent, as in any language.
  const std::string& word() {
    const double u = static_cast<double>(random_() % 1'000'000) / 1e6;
    return words_[static_cast<size_t>(u * u * u * static_cast<double>(words_.size()))];
  }
  std::string sentence() {
    std::string out;
    for (size_t n = 5 + random_() % 15; n > 0; --n) (out += word()) += n == 1 ? ". " : " ";
    return out;
  }
  std::string record() {
    return fmt::format(
        "{{\"id\": {}, \"created_at\": \"2026-{:02}-{:02}T{:02}:{:02}:00Z\", \"title\": \"{}\", \"amount\": "
        "{}.{:02}, \"owner\": \"{}\"}}\n",
        random_() % 10'000'000, 1 + random_() % 12, 1 + random_() % 28, random_() % 24, random_() % 60,
        sentence(), random_() % 10'000, random_() % 100, word());
  }

  std::mt19937_64 random_;
  std::vector<std::string> words_;
};

struct Session {
  size_t mib;
  std::vector<std::string> texts;
  std::vector<std::string> arguments;
  std::unique_ptr<Index> index;
  std::vector<double> add_seconds;
  std::vector<double> attribute_seconds;
};

}  // namespace

int main(int argc, char** argv) {
  const int rounds = argc > 1 ? std::atoi(argv[1]) : 5;
  Labels labels;
  const LabelId mail = labels.intern(Label::of(Origin::tool("mail/read", "", false), Readers::owner()));
  Writer writer(1);
  std::vector<Session> sessions;
  for (const size_t mib : {1, 16, 64}) {
    Session session{mib, {}, {}, {}, {}, {}};
    for (size_t bytes = 0; bytes < mib * kMiB; bytes += kTextBytes)
      session.texts.push_back(writer.text(kTextBytes));
    for (size_t i = 0; i < 200; ++i) session.arguments.push_back(writer.argument(session.texts));
    sessions.push_back(std::move(session));
  }
  size_t spans = 0;
  std::vector<double> naive;
  std::string all;
  for (const std::string& text : sessions[1].texts) all += text;
  for (int round = 0; round < rounds; ++round) {
    for (Session& session : sessions) {
      session.index.reset();
      session.index = std::make_unique<Index>(labels, Key{static_cast<uint8_t>(round)});
      const auto start = Clock::now();
      for (const std::string& text : session.texts) session.index->add(text, mail);
      session.add_seconds.push_back(seconds_since(start));
    }
    // One argument of each session in turn, so that none keeps the caches to itself.
    std::vector<double> sums(sessions.size(), 0);
    for (size_t i = 0; i < sessions[0].arguments.size(); ++i) {
      for (size_t s = 0; s < sessions.size(); ++s) {
        const auto start = Clock::now();
        spans += sessions[s].index->taint(sessions[s].arguments[i]).spans.size();
        sums[s] += seconds_since(start);
      }
    }
    for (size_t s = 0; s < sessions.size(); ++s) {
      sessions[s].attribute_seconds.push_back(sums[s] / static_cast<double>(sessions[s].arguments.size()));
    }
    const auto start = Clock::now();
    spans += naive_longest(all, std::string_view(sessions[1].arguments[0]).substr(0, kNaivePart));
    naive.push_back(seconds_since(start) * static_cast<double>(kArgument / kNaivePart));
  }
  fmt::print("{:<10}{:>12}{:>18}{:>16}{:>16}\n", "text", "add, MB/s", "4 KiB argument", "of 1 MiB",
             "bytes/byte");
  const double least = median(sessions[0].attribute_seconds);
  for (const Session& session : sessions) {
    const double bytes = static_cast<double>(session.mib * kMiB);
    const double attribute = median(session.attribute_seconds);
    fmt::print("{:<10}{:>12.1f}{:>15.1f} us{:>15.2f}x{:>16.2f}\n", fmt::format("{} MiB", session.mib),
               bytes / 1e6 / median(session.add_seconds), attribute * 1e6, attribute / least,
               static_cast<double>(session.index->bytes()) / bytes);
  }
  fmt::print("naive scan of 16 MiB: {:.1f} s, {:.0f} times as long\n", median(naive),
             median(naive) / median(sessions[1].attribute_seconds));
  fmt::print("({} parts found)\n", spans);
  return 0;
}
