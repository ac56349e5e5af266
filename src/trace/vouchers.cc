#include "trace/vouchers.h"

#include <algorithm>
#include <array>
#include <optional>

#include "base/bytes.h"
#include "base/limits.h"

namespace weir::trace {
namespace {

constexpr size_t kSmallText = 512;   // searched directly
constexpr size_t kRecentTexts = 64;  // that a new one is compared with

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_word(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
         static_cast<uint8_t>(c) >= 0x80;
}
bool is_space(char c) {
  return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}
bool contains(std::string_view set, char c) {
  return set.find(c) != std::string_view::npos;
}

// Quotation marks and sentence signs beyond ASCII that people's keyboards put around a value.
constexpr std::array<std::string_view, 7> kOpeners = {"\u2018", "\u201C", "\u00AB", "\u300C",
                                                      "\uFF08", "\uFF1A", "\uFF0C"};
constexpr std::array<std::string_view, 7> kClosers = {"\u2019", "\u201D", "\u00BB", "\u300D",
                                                      "\uFF09", "\u3002", "\uFF0C"};
bool opened_before(std::string_view text, size_t at) {
  return std::any_of(kOpeners.begin(), kOpeners.end(),
                     [&](std::string_view sign) { return text.substr(0, at).ends_with(sign); });
}
bool closed_at(std::string_view text, size_t at) {
  return std::any_of(kClosers.begin(), kClosers.end(),
                     [&](std::string_view sign) { return text.substr(at).starts_with(sign); });
}

size_t sign_at(std::string_view text, size_t at) {
  for (const auto& signs : {kOpeners, kClosers}) {
    for (const std::string_view sign : signs) {
      if (text.substr(at).starts_with(sign)) return sign.size();
    }
  }
  return 0;
}

// Nothing more of a sentence's punctuation may follow than closes it.
bool closes(std::string_view text, size_t at) {
  while (at < text.size() && contains(".,;:!?)]}>\"'`*", text[at])) ++at;
  return at == text.size() || is_space(text[at]) || closed_at(text, at);
}

bool starts_token(std::string_view text, size_t begin, Form form) {
  if (begin == 0) return true;
  const char before = text[begin - 1];
  if (is_word(before)) return opened_before(text, begin);
  if (before == ':') return form == Form::address || form == Form::token || form == Form::url;
  if (form == Form::number && before == '$') {
    return begin == 1 || (!is_word(text[begin - 2]) && !contains("-+.,$", text[begin - 2]));
  }
  const bool after_word = begin > 1 && is_word(text[begin - 2]);
  // "o'eve@x.org", "a*eve@x.org"; "1,980".
  if (after_word && contains("'`*!^|{}", before)) return false;
  if (after_word && before == ',' && form == Form::number) return false;
  return !contains("@-./+%=&#~\\$?", before);
}

// `after` closes what stands right before the value.
bool enclosed(std::string_view text, size_t begin, char after) {
  if (begin == 0) return false;
  const char before = text[begin - 1];
  return (before == after && contains("\"'`", after)) || (before == '(' && after == ')') ||
         (before == '<' && after == '>') || (before == '[' && after == ']') ||
         (before == '{' && after == '}');
}

bool ends_token(std::string_view text, size_t begin, size_t end, Form form) {
  if (end == text.size()) return true;
  const char after = text[end];
  if (is_word(after)) return closed_at(text, end);
  if (is_space(after)) return true;
  // Nearly every character may go on with a URL or a path.
  if (form == Form::url || form == Form::path) return enclosed(text, begin, after) || closes(text, end);
  if (contains(".:?!,;*'", after)) {
    if ((after == ',' || after == ';') && form != Form::number) return true;
    return enclosed(text, begin, after) || closes(text, end);
  }
  return !contains("@-/+%=&#~\\$", after);
}

// A number in [begin, end) that may be a part of one with spaces between its groups ("1 000 000").
bool spaced_group(std::string_view text, size_t begin, size_t end) {
  const auto three_at = [&](size_t at) {
    return at + 3 <= text.size() && is_digit(text[at]) && is_digit(text[at + 1]) && is_digit(text[at + 2]) &&
           (at + 3 == text.size() || !is_digit(text[at + 3]));
  };
  if (end < text.size() && text[end] == ' ' && end - begin <= 3 && three_at(end + 1)) return true;
  return begin >= 2 && text[begin - 1] == ' ' && is_digit(text[begin - 2]) && three_at(begin);
}

// Plain decimal: digits, at most one dot with digits on both sides. Its canonical text: no leading zeros, no
// trailing zeros of a fraction.
std::optional<std::string> decimal(std::string_view value) {
  const size_t dot = std::min(value.find('.'), value.size());
  const std::string_view whole = value.substr(0, dot);
  const std::string_view fraction = dot < value.size() ? value.substr(dot + 1) : std::string_view();
  const auto digits = [](std::string_view s) {
    return !s.empty() && s.size() <= 40 && std::all_of(s.begin(), s.end(), is_digit);
  };
  if (!digits(whole) || (dot < value.size() && !digits(fraction))) return std::nullopt;
  const size_t first = std::min(whole.find_first_not_of('0'), whole.size() - 1);
  std::string canonical(whole.substr(first));
  const size_t last = fraction.find_last_not_of('0');
  if (last != std::string_view::npos) canonical += "." + std::string(fraction.substr(0, last + 1));
  return canonical;
}

constexpr std::array<std::string_view, 3> kCurrencies = {"\u20AC", "\u00A3", "\u00A5"};

// Length of the currency sign right behind or before a number.
size_t currency_at(std::string_view text, size_t at) {
  for (const std::string_view sign : kCurrencies) {
    if (text.substr(at).starts_with(sign)) return sign.size();
  }
  return 0;
}
size_t currency_before(std::string_view text, size_t at) {
  for (const std::string_view sign : kCurrencies) {
    if (text.substr(0, at).ends_with(sign)) return sign.size();
  }
  return 0;
}

// Length of the word at `at` by which a place is found: ASCII, or letters beyond it; 0 for none.
size_t word_length(std::string_view text, size_t at) {
  if (!is_word(text[at])) return 0;
  const bool ascii = static_cast<uint8_t>(text[at]) < 0x80;
  size_t end = at;
  while (end < text.size() && is_word(text[end]) && (static_cast<uint8_t>(text[end]) < 0x80) == ascii) {
    if (!ascii && sign_at(text, end) > 0) break;
    ++end;
  }
  return end - at;
}

uint32_t short_hash(std::string_view bytes) {
  const uint64_t hash = fnv1a(bytes);
  return static_cast<uint32_t>(hash ^ (hash >> 32));
}

}  // namespace

// One text, with where its words begin and what numbers stand in it.
struct Vouchers::Text {
  std::string text;
  LabelId label = kNoLabel;

  // Built when first asked for: most texts never are. One thread, so without a lock.
  mutable bool indexed = false;
  mutable std::vector<std::pair<uint32_t, uint32_t>> words;  // (hash, begin), sorted
  mutable std::vector<std::string> numbers;                  // canonical, sorted

  void index() const {
    if (indexed) return;
    indexed = true;
    const std::string_view all = text;
    for (size_t at = 0; at < all.size();) {
      const size_t length = word_length(all, at);
      if (length > 0) words.emplace_back(short_hash(all.substr(at, length)), static_cast<uint32_t>(at));
      if (is_digit(all[at])) note_number(at);
      at += std::max({length, sign_at(all, at), size_t{1}});
    }
    std::sort(words.begin(), words.end());
    words.shrink_to_fit();
    std::sort(numbers.begin(), numbers.end());
  }

  void note_number(size_t begin) const {
    size_t end = begin;
    while (end < text.size() && is_digit(text[end])) ++end;
    if (end + 1 < text.size() && text[end] == '.' && is_digit(text[end + 1])) {
      ++end;
      while (end < text.size() && is_digit(text[end])) ++end;
    }
    if (spaced_group(text, begin, end) || beside_a_group(begin, end)) return;
    const size_t from = begin - currency_before(text, begin);
    const size_t to = end + currency_at(text, end);
    if (!starts_token(text, from, Form::number) || !ends_token(text, from, to, Form::number)) return;
    if (auto canonical = decimal(std::string_view(text).substr(begin, end - begin)))
      numbers.push_back(std::move(*canonical));
  }

  // A whole number between groups of an account number ("DE89 3704 0044") is a part of that.
  bool beside_a_group(size_t begin, size_t end) const {
    const auto is_group = [](std::string_view token) {
      return token.size() <= 8 && std::all_of(token.begin(), token.end(), is_word) &&
             std::any_of(token.begin(), token.end(), is_digit);
    };
    const std::string_view all = text;
    if (begin >= 2 && all[begin - 1] == ' ') {
      const size_t space = all.find_last_of(" \t\n", begin - 2);
      if (is_group(all.substr(space == std::string_view::npos ? 0 : space + 1,
                              begin - 2 - (space == std::string_view::npos ? 0 : space + 1) + 1)))
        return true;
    }
    if (end + 1 >= all.size() || all[end] != ' ') return false;
    return is_group(all.substr(end + 1, std::min(all.find_first_of(" \t\n", end + 1), all.size()) - end - 1));
  }

  bool whole_at(std::string_view value, size_t begin, Form form) const {
    return text.compare(begin, value.size(), value) == 0 && starts_token(text, begin, form) &&
           ends_token(text, begin, begin + value.size(), form);
  }

  bool vouches(std::string_view value, Form form, std::string_view word, size_t word_at) const {
    if (value.size() > text.size()) return false;
    if (text.size() <= kSmallText) {
      for (size_t at = text.find(value); at != std::string::npos; at = text.find(value, at + 1)) {
        if (whole_at(value, at, form)) return true;
      }
      return false;
    }
    index();
    const uint32_t hash = short_hash(word);
    for (auto at = std::lower_bound(words.begin(), words.end(), std::pair<uint32_t, uint32_t>{hash, 0});
         at != words.end() && at->first == hash; ++at) {
      if (at->second >= word_at && whole_at(value, at->second - word_at, form)) return true;
    }
    return false;
  }
};

Form form_for(std::string_view value) {
  if (decimal(value)) return Form::number;
  const bool spaces = std::any_of(value.begin(), value.end(), is_space);
  if (spaces) return Form::text;
  if (value.find("://") != std::string_view::npos) return Form::url;
  const size_t at = value.find('@');
  if (at != std::string_view::npos && at > 0 && value.find('@', at + 1) == std::string_view::npos)
    return Form::address;
  if (value.find('/') != std::string_view::npos || value.starts_with('~')) return Form::path;
  return Form::token;
}

void Vouchers::add(std::string_view text, LabelId label) {
  const size_t recent = std::min(texts_.size(), kRecentTexts);
  const bool there =
      std::any_of(texts_.end() - static_cast<std::ptrdiff_t>(recent), texts_.end(),
                  [&](const auto& each) { return each->label == label && each->text == text; });
  if (there || text.size() > limits::kVouchersBytesMax - bytes_) return;
  bytes_ += text.size();
  auto added = std::make_shared<Text>();
  added->text = text;
  added->label = label;
  texts_.push_back(std::move(added));
}

std::string_view Vouchers::text(size_t i) const {
  return texts_[i]->text;
}

LabelId Vouchers::label(size_t i) const {
  return texts_[i]->label;
}

void Vouchers::truncate(size_t texts) {
  for (; texts_.size() > texts; texts_.pop_back()) bytes_ -= texts_.back()->text.size();
}

LabelId Vouchers::vouch(std::string_view value, Form form) const {
  if (value.empty() || (value.size() == 1 && !is_digit(value[0]))) return kNoLabel;
  if (form == Form::number) {
    const auto canonical = decimal(value);
    if (!canonical) return kNoLabel;
    for (const auto& text : texts_) {
      text->index();
      if (std::binary_search(text->numbers.begin(), text->numbers.end(), *canonical)) return text->label;
    }
    return kNoLabel;
  }
  // White space at the ends is no part of a value that a person could have named.
  if (is_space(value.front()) || is_space(value.back())) return kNoLabel;
  // The longest word of the value finds the places to compare.
  std::string_view word;
  size_t word_at = 0;
  for (size_t at = 0; at < value.size();) {
    const size_t length = word_length(value, at);
    if (length > word.size()) {
      word = value.substr(at, length);
      word_at = at;
    }
    at += std::max({length, sign_at(value, at), size_t{1}});
  }
  if (word.empty()) return kNoLabel;
  for (const auto& text : texts_) {
    if (text->vouches(value, form, word, word_at)) return text->label;
  }
  return kNoLabel;
}

}  // namespace weir::trace
