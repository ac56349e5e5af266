#include "words.h"

#include <fmt/format.h>

#include <iterator>

namespace weir::bench {
namespace {

std::vector<std::string> vocabulary() {
  constexpr std::string_view kConsonants = "bcdfghklmnprstvz";
  constexpr std::string_view kVowels = "aeiou";
  std::vector<std::string> words;
  std::mt19937_64 letters(7);
  for (int i = 0; i < 20'000; ++i) {
    std::string word;
    for (uint64_t syllables = 1 + letters() % 4; syllables > 0; --syllables) {
      word += kConsonants[letters() % kConsonants.size()];
      word += kVowels[letters() % kVowels.size()];
      if (letters() % 3 == 0) word += kConsonants[letters() % kConsonants.size()];
    }
    words.push_back(std::move(word));
  }
  return words;
}

// One for all seeds, as people share a language; and a thousand conversations do not fill the memory with it.
const std::vector<std::string>& shared_vocabulary() {
  static const std::vector<std::string> kWords = vocabulary();
  return kWords;
}

}  // namespace

Words::Words(uint64_t seed) : random_(seed), vocabulary_(shared_vocabulary()) {}

// Half of all words are among the commonest few hundred.
const std::string& Words::word() {
  return vocabulary_[random_() % (random_() % 2 == 0 ? 400 : vocabulary_.size())];
}

std::string Words::prose(size_t bytes) {
  std::string out;
  out.reserve(bytes + 128);
  while (out.size() < bytes) {
    switch (random_() % 24) {
      case 0:
        fmt::format_to(std::back_inserter(out), "https://{}.example/{}/{}?id={} ", word(), word(), word(),
                       number(1'000'000));
        break;
      case 1:
        fmt::format_to(std::back_inserter(out), "{}.{}@{}.example ", word(), word(), word());
        break;
      case 2:
        fmt::format_to(std::back_inserter(out), "{}.{:02} EUR on 2026-{:02}-{:02}. ", number(100'000),
                       number(100), 1 + number(12), 1 + number(28));
        break;
      default:
        for (uint64_t n = 3 + random_() % 9; n > 0; --n) (out += word()) += n == 1 ? ". " : " ";
    }
  }
  return out;
}

std::string Words::records(size_t bytes) {
  std::string out = "[";
  while (out.size() < bytes) {
    if (out.size() > 1) out += ",";
    fmt::format_to(std::back_inserter(out),
                   R"({{"id":"m{}","from":"{}@{}.example","subject":"{} {} {}","body":"{}"}})", random_(),
                   word(), word(), word(), word(), word(),
                   prose(std::min<size_t>(bytes, 300 + number(1'200))));
  }
  return out + "]";
}

}  // namespace weir::bench
