#include "trace/vouchers.h"

#include <algorithm>
#include <optional>

#include "base/bytes.h"

namespace weir::trace {
namespace {

constexpr size_t kSmallText = 512;  // searched directly

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

// Nothing more of a sentence's punctuation may follow than closes it.
bool closes(std::string_view text, size_t at) {
  while (at < text.size() && contains(".,;:!?)]}>\"'`*", text[at])) ++at;
  return at == text.size() || is_space(text[at]);
}

bool starts_token(std::string_view text, size_t begin, Form form) {
  if (begin == 0) return true;
  const char before = text[begin - 1];
  if (is_word(before)) return false;
  if (before == ':') return form == Form::address || form == Form::token || form == Form::url;
  if (form == Form::number && before == '$') return true;
  return !contains("@-./+%=&#~\\$?", before);
}

bool ends_token(std::string_view text, size_t end, Form form) {
  if (end == text.size()) return true;
  const char after = text[end];
  if (is_word(after)) return false;
  if (contains(".:?!,;*", after)) {
    if (after == ',' || after == ';')
      return form != Form::number && form != Form::url ? true : closes(text, end);
    return closes(text, end);
  }
  return !contains("@-/+%=&#~\\$", after);
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

// Currency signs that may stand right behind a number.
bool currency_at(std::string_view text, size_t at) {
  for (const std::string_view sign : {"\u20AC", "\u00A3", "\u00A5"}) {
    if (text.substr(at, sign.size()) == sign) return true;
  }
  return false;
}

bool currency_before(std::string_view text, size_t at) {
  for (const std::string_view sign : {"\u20AC", "\u00A3", "\u00A5"}) {
    if (at >= sign.size() && text.substr(at - sign.size(), sign.size()) == sign) return true;
  }
  return false;
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
    size_t at = 0;
    while (at < text.size()) {
      if (!is_word(text[at])) {
        ++at;
        continue;
      }
      const size_t begin = at;
      while (at < text.size() && is_word(text[at])) ++at;
      words.emplace_back(short_hash(std::string_view(text).substr(begin, at - begin)),
                         static_cast<uint32_t>(begin));
      if (is_digit(text[begin])) note_number(begin);
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
    const bool starts = starts_token(text, begin, Form::number) || currency_before(text, begin);
    if (!starts || !(ends_token(text, end, Form::number) || currency_at(text, end))) return;
    if (auto canonical = decimal(std::string_view(text).substr(begin, end - begin)))
      numbers.push_back(std::move(*canonical));
  }

  bool whole_at(std::string_view value, size_t begin, Form form) const {
    return text.compare(begin, value.size(), value) == 0 && starts_token(text, begin, form) &&
           ends_token(text, begin + value.size(), form);
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
  auto added = std::make_shared<Text>();
  added->text = text;
  added->label = label;
  texts_.push_back(std::move(added));
}

void Vouchers::truncate(size_t texts) {
  if (texts < texts_.size()) texts_.resize(texts);
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
    const size_t begin = at;
    while (at < value.size() && is_word(value[at])) ++at;
    if (at - begin > word.size()) {
      word = value.substr(begin, at - begin);
      word_at = begin;
    }
    if (at == begin) ++at;
  }
  if (word.empty()) return kNoLabel;
  for (const auto& text : texts_) {
    if (text->vouches(value, form, word, word_at)) return text->label;
  }
  return kNoLabel;
}

}  // namespace weir::trace
