#include "trace/decode.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/bytes.h"
#include "trace/normalise.h"

namespace weir::trace {
namespace {

constexpr size_t kAround = 48;  // of input kept on each side of an escape
constexpr size_t kRunMin = 8;   // characters that make a base64 or hex run worth decoding
constexpr size_t kEntityBytesMax = 12;

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

// Reads `digits` hex digits at `at`; -1 when they are not there.
int64_t hex_at(std::string_view input, size_t at, size_t digits) {
  if (at + digits > input.size()) return -1;
  int64_t value = 0;
  for (size_t i = 0; i < digits; ++i) {
    const int digit = hex_digit(input[at + i]);
    if (digit < 0) return -1;
    value = value * 16 + digit;
  }
  return value;
}

void append_code_point(std::string& out, int64_t value) {
  const bool scalar = value >= 0 && value <= 0x10FFFF && (value < 0xD800 || value > 0xDFFF);
  append_utf8(out, scalar ? static_cast<char32_t>(value) : U'\uFFFD');
}

// One escape at `at`: its length in the input, with what it stands for appended; 0 when there is none.
size_t percent(std::string_view input, size_t at, std::string& out) {
  const int64_t value = hex_at(input, at + 1, 2);
  if (value < 0) return 0;
  out += static_cast<char>(value);
  return 3;
}

size_t entity(std::string_view input, size_t at, std::string& out) {
  const size_t end = input.substr(0, std::min(input.size(), at + kEntityBytesMax)).find(';', at);
  if (end == std::string_view::npos) return 0;
  const std::string_view name = input.substr(at + 1, end - at - 1);
  if (name.size() > 1 && name[0] == '#') {
    const bool hex = name[1] == 'x' || name[1] == 'X';
    int64_t value = 0;
    const std::string_view digits = name.substr(hex ? 2 : 1);
    if (digits.empty()) return 0;
    for (const char c : digits) {
      const int digit = hex_digit(c);
      if (digit < 0 || (!hex && digit > 9)) return 0;
      value = value * (hex ? 16 : 10) + digit;
    }
    append_code_point(out, value);
    return end + 1 - at;
  }
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 18> kNamed{{
      {"amp", "&"},
      {"lt", "<"},
      {"gt", ">"},
      {"quot", "\""},
      {"apos", "'"},
      {"nbsp", " "},
      {"commat", "@"},
      {"period", "."},
      {"colon", ":"},
      {"sol", "/"},
      {"lowbar", "_"},
      {"hyphen", "-"},
      {"dash", "-"},
      {"plus", "+"},
      {"equals", "="},
      {"num", "#"},
      {"quest", "?"},
      {"shy", ""},
  }};
  for (const auto& [known, text] : kNamed) {
    if (name != known) continue;
    out += text;
    return end + 1 - at;
  }
  return 0;
}

size_t backslash(std::string_view input, size_t at, std::string& out) {
  if (at + 1 >= input.size()) return 0;
  const char kind = input[at + 1];
  if (kind == '/') {
    out += '/';
    return 2;
  }
  if (kind == 'x') {
    const int64_t value = hex_at(input, at + 2, 2);
    if (value < 0) return 0;
    append_code_point(out, value);
    return 4;
  }
  if (kind != 'u') return 0;
  const int64_t high = hex_at(input, at + 2, 4);
  if (high < 0) return 0;
  if (high >= 0xD800 && high <= 0xDBFF && input.substr(at + 6, 2) == "\\u") {
    const int64_t low = hex_at(input, at + 8, 4);
    if (low >= 0xDC00 && low <= 0xDFFF) {
      append_code_point(out, 0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00));
      return 12;
    }
  }
  append_code_point(out, high);
  return 6;
}

size_t escape(std::string_view input, size_t at, std::string& out) {
  switch (input[at]) {
    case '%':
      return percent(input, at, out);
    case '&':
      return entity(input, at, out);
    case '\\':
      return backslash(input, at, out);
    default:
      return 0;
  }
}

void decode_escapes(std::string_view input, std::vector<Decoded>& out) {
  Decoded piece;
  size_t plain_from = 0;  // input from here on is in no piece yet
  size_t piece_end = 0;   // the open piece goes on up to here unless another escape comes
  const auto copy = [&](size_t from, size_t to) {
    for (size_t i = from; i < to; ++i) {
      piece.text += input[i];
      piece.at.push_back(static_cast<uint32_t>(i));
    }
    plain_from = std::max(plain_from, to);
  };
  const auto close = [&] {
    if (piece.text.empty()) return;
    copy(plain_from, std::min(piece_end, input.size()));
    piece.at.push_back(static_cast<uint32_t>(plain_from));
    out.push_back(std::exchange(piece, {}));
  };
  std::string decoded;
  for (size_t at = input.find_first_of("%&\\"); at != std::string_view::npos;
       at = input.find_first_of("%&\\", at)) {
    decoded.clear();
    const size_t length = escape(input, at, decoded);
    if (length == 0) {
      ++at;
      continue;
    }
    if (!piece.text.empty() && at > piece_end + kAround) close();
    const size_t from =
        piece.text.empty() ? std::max(plain_from, at > kAround ? at - kAround : 0) : plain_from;
    copy(from, at);
    for (const char c : decoded) {
      piece.text += c;
      piece.at.push_back(static_cast<uint32_t>(at));
    }
    at += length;
    plain_from = at;
    piece_end = at + kAround;
    if (piece.text.empty()) piece.at.clear();
  }
  close();
}

bool base64_character(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '/' ||
         c == '-' || c == '_';
}

// Bytes that a person or a model would read as text.
bool is_text(std::string_view bytes) {
  return bytes.size() >= 4 && is_utf8(bytes) && std::none_of(bytes.begin(), bytes.end(), [](char c) {
           return (c >= 0 && c < 0x20 && c != '\n' && c != '\t' && c != '\r') || c == 0x7F;
         });
}

void keep_run(std::string text, size_t begin, size_t end, std::vector<Decoded>& out) {
  if (!is_text(text)) return;
  Decoded piece;
  piece.at.reserve(text.size() + 1);
  for (size_t i = 0; i <= text.size(); ++i) {
    piece.at.push_back(static_cast<uint32_t>(begin + i * (end - begin) / text.size()));
  }
  piece.text = std::move(text);
  out.push_back(std::move(piece));
}

void decode_run(std::string_view run, size_t begin, std::vector<Decoded>& out) {
  const bool hex =
      run.size() % 2 == 0 && std::all_of(run.begin(), run.end(), [](char c) { return hex_digit(c) >= 0; });
  if (hex) {
    if (auto bytes = from_hex(run)) keep_run(std::move(*bytes), begin, begin + run.size(), out);
  }
  // One alphabet or the other, with or without padding, which stands outside the run.
  std::string url(run);
  for (char& c : url) c = c == '+' ? '-' : c == '/' ? '_' : c;
  // Padding bits that are not zero are still decoded by lenient readers; cut the last character then.
  url.resize(url.size() - (url.size() % 4 == 1 ? 1 : 0));
  auto bytes = from_base64url(url);
  if (!bytes && url.size() > 4) bytes = from_base64url(url.substr(0, url.size() / 4 * 4));
  if (bytes) keep_run(std::move(*bytes), begin, begin + run.size(), out);
}

// Runs that lines were broken into ("-----" excepted by the alphabet) are joined over single line ends.
void decode_runs(std::string_view input, std::vector<Decoded>& out) {
  size_t at = 0;
  while (at < input.size()) {
    if (!base64_character(input[at])) {
      ++at;
      continue;
    }
    const size_t begin = at;
    std::string joined;
    size_t end = at;
    while (true) {
      const size_t from = at;
      while (at < input.size() && base64_character(input[at])) ++at;
      joined.append(input.substr(from, at - from));
      end = at;
      // A line of an encoded block is full: only then does the next line go on with it.
      const bool full = at - from >= 60 && at < input.size() && (input[at] == '\n' || input[at] == '\r');
      if (!full) break;
      size_t next = at;
      while (next < input.size() && (input[next] == '\n' || input[next] == '\r') && next < at + 2) ++next;
      if (next >= input.size() || !base64_character(input[next])) break;
      at = next;
    }
    if (joined.size() >= kRunMin) {
      const size_t before = out.size();
      decode_run(joined, begin, out);
      for (size_t i = before; i < out.size(); ++i) out[i].at.back() = static_cast<uint32_t>(end);
    }
  }
}

}  // namespace

std::vector<Decoded> decode(std::string_view input) {
  std::vector<Decoded> out;
  decode_escapes(input, out);
  decode_runs(input, out);
  if (std::string spelt = spelt_in_tags(input); !spelt.empty()) {
    keep_run(std::move(spelt), 0, input.size(), out);
  }
  return out;
}

}  // namespace weir::trace
