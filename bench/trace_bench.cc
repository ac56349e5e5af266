// How fast text is remembered and arguments are attributed, beside a naive scan.
//
//   trace_bench [ROUNDS]
//
// Each figure is the median of five rounds, the rows interleaved; all of it is processor time of the one
// thread that does the work. The text is made up from a seed: prose over a large vocabulary, JSON records,
// URLs, addresses, numbers. Half of each 4 KiB argument is copied from the text in pieces of 100 to 400
// characters.
//
// The naive scan looks for each window of the argument (as many characters as make a copy) in the whole text,
// up to where it stands first, with the C library's memmem. A 64th of the windows is timed, spread over the
// argument, and scaled. It is spared all that the index does besides: normalising, decoding, tokens, labels.
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <memory>
#include <random>
#include <vector>

#include "trace/index.h"

namespace {

using namespace weir;
using namespace weir::trace;

constexpr size_t kMiB = size_t{1} << 20;
constexpr size_t kArgument = 4'096;
constexpr size_t kTextBytes = 16'384;  // of one tool result
constexpr size_t kKindBytes = 8 * kMiB;
constexpr size_t kWindowStep = 64;  // of the argument's windows one in so many is looked for naively

double now() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
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

  enum Kind : uint8_t { kProse, kRecords, kLinks, kEscaped, kGreek, kMixed };

  std::string text(size_t bytes, Kind kind = kMixed) {
    std::string out;
    while (out.size() < bytes) out += piece(kind);
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
  std::string piece(Kind kind) {
    switch (kind) {
      case kProse:
        return sentence();
      case kRecords:
        return record();
      case kLinks:
        return random_() % 2 == 0 ? link() : address();
      case kEscaped:  // HTML and JSON within JSON
        return fmt::format("<p class=\\\"{}\\\">{}&amp; {}%20{}</p>\\n", word(), sentence(), word(), word());
      case kGreek: {
        std::string out;
        for (const char c : sentence()) {
          if (c >= 'a' && c <= 'o') {
            (out += '\xCE') += static_cast<char>(0xB1 + (c - 'a'));
          } else {
            out += c;
          }
        }
        return out;
      }
      case kMixed:
        break;
    }
    const uint64_t n = random_() % 8;
    return n == 0 ? record() : n == 1 ? link() : n == 2 ? address() : sentence();
  }
  std::string link() {
    return fmt::format("See https://{}.example/{}/{}?id={}. ", word(), word(), word(), random_() % 1'000'000);
  }
  std::string address() {
    return fmt::format("From: {}.{}@{}.example, {} EUR. ", word(), word(), word(), random_() % 100'000);
  }
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

struct Kind {
  std::string_view name;
  std::vector<std::string> texts;
  std::vector<double> seconds;
};

struct Session {
  size_t mib;
  std::vector<std::string> texts;
  std::vector<std::string> arguments;
  std::unique_ptr<Index> index;
  std::vector<double> add_seconds;
  std::vector<double> attribute_seconds;
};

std::vector<Kind> make_kinds(Writer& writer) {
  std::vector<Kind> kinds;
  for (const auto& [name, kind] : {std::pair<std::string_view, Writer::Kind>{"prose", Writer::kProse},
                                   {"JSON records", Writer::kRecords},
                                   {"links, addresses", Writer::kLinks},
                                   {"escaped", Writer::kEscaped},
                                   {"Greek", Writer::kGreek},
                                   {"mixed", Writer::kMixed}}) {
    kinds.push_back({name, {}, {}});
    for (size_t bytes = 0; bytes < kKindBytes; bytes += kTextBytes)
      kinds.back().texts.push_back(writer.text(kTextBytes, kind));
  }
  return kinds;
}

double add_all(Index& index, const std::vector<std::string>& texts, LabelId label) {
  const double start = now();
  for (const std::string& text : texts) index.add(text, label);
  return now() - start;
}

size_t sink = 0;  // of results, so that none of the work can be left out

// One argument of each session in turn, so that none keeps the caches to itself.
void attribute_all(std::vector<Session>& sessions) {
  std::vector<double> sums(sessions.size(), 0);
  const size_t count = sessions[0].arguments.size();
  for (size_t i = 0; i < count; ++i) {
    for (size_t s = 0; s < sessions.size(); ++s) {
      const double start = now();
      sink += sessions[s].index->taint(sessions[s].arguments[i]).spans.size();
      sums[s] += now() - start;
    }
  }
  for (size_t s = 0; s < sessions.size(); ++s)
    sessions[s].attribute_seconds.push_back(sums[s] / static_cast<double>(count));
}

double naive_scan(std::string_view all, std::string_view argument) {
  constexpr size_t kWindow = limits::kTraceCopyCharsMin;
  const double start = now();
  for (size_t at = 0; at + kWindow <= argument.size(); at += kWindowStep)
    sink += memmem(all.data(), all.size(), argument.data() + at, kWindow) != nullptr ? 1 : 0;
  return (now() - start) * kWindowStep;
}

std::string_view judged(bool met) {
  return met ? "met" : "MISS";
}

void print(const std::vector<Kind>& kinds, const std::vector<Session>& sessions, double naive) {
  fmt::print("{:<18}{:>12}\n", "kind of text", "add, MB/s");
  double slowest = 1e9;
  for (const Kind& kind : kinds) {
    const double speed = static_cast<double>(kKindBytes) / 1e6 / median(kind.seconds);
    slowest = std::min(slowest, speed);
    fmt::print("{:<18}{:>12.1f}\n", kind.name, speed);
  }
  fmt::print("\n{:<10}{:>12}{:>18}{:>16}{:>16}\n", "text", "add, MB/s", "4 KiB argument", "of 1 MiB",
             "bytes/byte");
  const double least = median(sessions[0].attribute_seconds);
  double ratio = 0;
  for (const Session& session : sessions) {
    const double bytes = static_cast<double>(session.mib * kMiB);
    const double attribute = median(session.attribute_seconds);
    ratio = attribute / least;
    fmt::print("{:<10}{:>12.1f}{:>15.1f} us{:>15.2f}x{:>16.2f}\n", fmt::format("{} MiB", session.mib),
               bytes / 1e6 / median(session.add_seconds), attribute * 1e6, ratio,
               static_cast<double>(session.index->bytes()) / bytes);
  }
  const double times = naive / median(sessions[1].attribute_seconds);
  fmt::print("\nslowest kind of text: {:.1f} MB/s (goal: 50): {}\n", slowest, judged(slowest >= 50));
  fmt::print("4 KiB against 64 MiB: {:.2f} x the time against 1 MiB (goal: 1.5): {}\n", ratio,
             judged(ratio <= 1.5));
  fmt::print("memmem of each window over 16 MiB: {:.1f} s, {:.0f} x as long (goal: 1,000): {}\n", naive,
             times, judged(times >= 1'000));
}

}  // namespace

int main(int argc, char** argv) {
  const int rounds = argc > 1 ? std::max(1, std::atoi(argv[1])) : 5;
  Labels labels;
  const LabelId mail = labels.intern(Label::of(Origin::tool("mail/read", "", false), Readers::owner()));
  Writer writer(1);
  std::vector<Kind> kinds = make_kinds(writer);
  std::vector<Session> sessions;
  for (const size_t mib : {1, 16, 64}) {
    Session session{mib, {}, {}, {}, {}, {}};
    for (size_t bytes = 0; bytes < mib * kMiB; bytes += kTextBytes)
      session.texts.push_back(writer.text(kTextBytes));
    for (size_t i = 0; i < 200; ++i) session.arguments.push_back(writer.argument(session.texts));
    sessions.push_back(std::move(session));
  }
  std::vector<double> naive;
  std::string all;
  for (const std::string& text : sessions[1].texts) all += text;
  for (int round = 0; round < rounds; ++round) {
    const Key key{static_cast<uint8_t>(round)};
    for (Kind& kind : kinds) {
      Index index(labels, key);
      kind.seconds.push_back(add_all(index, kind.texts, mail));
    }
    for (Session& session : sessions) {
      session.index.reset();
      session.index = std::make_unique<Index>(labels, key);
      session.add_seconds.push_back(add_all(*session.index, session.texts, mail));
    }
    attribute_all(sessions);
    const std::vector<std::string>& arguments = sessions[1].arguments;
    naive.push_back(naive_scan(all, arguments[static_cast<size_t>(round) % arguments.size()]));
  }
  print(kinds, sessions, median(naive));
  return sink == 0 ? 1 : 0;
}
