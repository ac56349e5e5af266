#include "trace/decode.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/bytes.h"
#include "trace/bits.h"
#include "trace/normalise.h"

namespace weir::trace {
namespace {

constexpr size_t kAround = 48;        // of input kept on each side of an escape
constexpr size_t kTokenAround = 256;  // more of it, up to white space
constexpr size_t kRunMin = 8;         // characters that make a base64 or hex run worth decoding
constexpr size_t kEntityBytesMax = 12;

bool is_space(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}

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
  if (kind == '/' || kind == '"' || kind == '\\') {
    out += kind;
    return 2;
  }
  if (kind == 'n' || kind == 't' || kind == 'r') {
    out += kind == 'n' ? '\n' : kind == 't' ? '\t' : '\r';
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

Bytes16 begins_escape(Bytes16 c) {
  return (c == '%') | (c == '&') | (c == '\\');
}

// A piece begins and ends at white space, lest half a token looks like a whole one.
size_t back_to_space(std::string_view input, size_t at, size_t first) {
  size_t from = at > first + kAround ? at - kAround : first;
  const size_t least = from > first + kTokenAround ? from - kTokenAround : first;
  while (from > least && !is_space(input[from - 1])) --from;
  return from;
}

size_t forward_to_space(std::string_view input, size_t at) {
  const size_t most = std::min(at + kTokenAround, input.size());
  while (at < most && !is_space(input[at])) ++at;
  return std::min(at, input.size());
}

class EscapeDecoder {
 public:
  EscapeDecoder(std::string_view input, bool offsets, std::vector<Decoded>& out)
      : input_(input), offsets_(offsets), out_(out) {}

  void run() {
    const Bits escapes(input_, begins_escape);
    std::string decoded;
    for (size_t at = escapes.next(0); at < input_.size(); at = escapes.next(at)) {
      decoded.clear();
      const size_t length = escape(input_, at, decoded);
      if (length == 0) {
        ++at;
        continue;
      }
      if (open_ && at > piece_end_ + kAround + 2 * kTokenAround) close();
      copy(open_ ? plain_from_ : back_to_space(input_, at, plain_from_), at);
      piece_.text += decoded;
      if (offsets_) piece_.at.insert(piece_.at.end(), decoded.size(), static_cast<uint32_t>(at));
      at += length;
      plain_from_ = at;
      piece_end_ = at + kAround;
      open_ = !piece_.text.empty();
      if (!open_) piece_.at.clear();
    }
    close();
  }

 private:
  void copy(size_t from, size_t to) {
    if (to > from) piece_.text += input_.substr(from, to - from);
    for (size_t i = from; offsets_ && i < to; ++i) piece_.at.push_back(static_cast<uint32_t>(i));
    plain_from_ = std::max(plain_from_, to);
  }
  void close() {
    if (!open_) return;
    copy(plain_from_, forward_to_space(input_, piece_end_));
    if (offsets_) piece_.at.push_back(static_cast<uint32_t>(plain_from_));
    out_.push_back(std::exchange(piece_, {}));
    open_ = false;
  }

  const std::string_view input_;
  const bool offsets_;
  std::vector<Decoded>& out_;
  Decoded piece_;
  bool open_ = false;
  size_t plain_from_ = 0;  // input from here on is in no piece yet
  size_t piece_end_ = 0;   // the open piece goes on up to here unless another escape comes
};

constexpr uint8_t kNone = 0xFF;
constexpr std::array<uint8_t, 256> kSextet = [] {
  std::array<uint8_t, 256> table{};
  table.fill(kNone);
  constexpr std::string_view kLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
  for (uint8_t i = 0; i < kLetters.size(); ++i) table[static_cast<uint8_t>(kLetters[i])] = i;
  table['+'] = table['-'] = 62;
  table['/'] = table['_'] = 63;
  return table;
}();

// Bytes that a person or a model would read as text.
bool is_text(std::string_view bytes) {
  return bytes.size() >= 4 && is_utf8(bytes) && std::none_of(bytes.begin(), bytes.end(), [](char c) {
           return (c >= 0 && c < 0x20 && c != '\n' && c != '\t' && c != '\r') || c == 0x7F;
         });
}

bool keep_run(std::string text, size_t begin, size_t end, bool offsets, std::vector<Decoded>& out) {
  if (!is_text(text)) return false;
  Decoded piece;
  for (size_t i = 0; offsets && i <= text.size(); ++i)
    piece.at.push_back(static_cast<uint32_t>(begin + i * (end - begin) / text.size()));
  piece.text = std::move(text);
  out.push_back(std::move(piece));
  return true;
}

// Whether the first characters can be the start of text: most words of most texts cannot. Looks at control
// characters and at how UTF-8 goes on.
bool starts_text(std::string_view run) {
  size_t expected = 0;  // bytes that a character still needs
  for (size_t at = 0; at + 4 <= std::min<size_t>(run.size(), 24); at += 4) {
    uint32_t bits = 0;
    for (const char c : run.substr(at, 4)) bits = bits << 6 | kSextet[static_cast<uint8_t>(c)];
    for (const uint32_t byte : {bits >> 16 & 0xFF, bits >> 8 & 0xFF, bits & 0xFF}) {
      if (expected > 0) {
        if ((byte & 0xC0) != 0x80) return false;
        --expected;
      } else if (byte >= 0x80) {
        if (byte < 0xC2 || byte >= 0xF5) return false;
        expected = byte < 0xE0 ? 1 : byte < 0xF0 ? 2 : 3;
      } else if (byte == 0x7F || (byte < 0x20 && byte != '\n' && byte != '\t' && byte != '\r')) {
        return false;
      }
    }
  }
  return true;
}

// Either alphabet, with or without padding, which stands outside of the run. Bits that are left over at the
// end are ignored, as lenient readers do.
bool decode_base64(std::string_view run, size_t begin, size_t end, bool offsets, std::vector<Decoded>& out) {
  if (run.size() < kRunMin || !starts_text(run)) return false;
  std::string bytes;
  bytes.reserve(run.size() * 3 / 4);
  uint32_t bits = 0;
  uint32_t held = 0;
  for (const char c : run) {
    bits = bits << 6 | kSextet[static_cast<uint8_t>(c)];
    held += 6;
    if (held < 8) continue;
    held -= 8;
    bytes += static_cast<char>(bits >> held & 0xFF);
  }
  return keep_run(std::move(bytes), begin, end, offsets, out);
}

// `run`, joined over line ends, stood in [begin, end).
void decode_run(std::string_view run, size_t begin, size_t end, bool offsets, std::vector<Decoded>& out) {
  const bool hex =
      run.size() % 2 == 0 && std::all_of(run.begin(), run.end(), [](char c) { return hex_digit(c) >= 0; });
  if (hex) {
    if (auto bytes = from_hex(run)) keep_run(std::move(*bytes), begin, end, offsets, out);
  }
  if (decode_base64(run, begin, end, offsets, out) || run.size() != end - begin) return;
  // The last part of a path may be encoded by itself.
  for (size_t at = run.find('/'); at != std::string_view::npos;) {
    const size_t next = std::min(run.find('/', at + 1), run.size());
    decode_base64(run.substr(at + 1, next - at - 1), begin + at + 1, begin + next, offsets, out);
    at = next < run.size() ? next : std::string_view::npos;
  }
}

// kSextet has it.
Bytes16 in_run(Bytes16 c) {
  return in_range(c | 0x20, 'a', 'z') | in_range(c, '/', '9') | (c == '+') | (c == '-') | (c == '_');
}

// Runs that lines were broken into ("-----" excepted by the alphabet) are joined over single line ends.
void decode_runs(std::string_view input, bool offsets, std::vector<Decoded>& out) {
  const Bits inside(input, in_run);
  Bits runs = inside;
  static_assert(kRunMin == 8);
  runs.keep_eights();
  std::string joined;
  for (size_t at = runs.next(0); at < input.size(); at = runs.next(at)) {
    const size_t begin = at;
    size_t from = at;
    joined.clear();
    while (true) {
      at = inside.next_clear(at);
      // A line of an encoded block is full: only then does the next line go on with it.
      const bool full = at - from >= 60 && at < input.size() && (input[at] == '\n' || input[at] == '\r');
      if (!full) break;
      size_t next = at;
      while (next < input.size() && (input[next] == '\n' || input[next] == '\r') && next < at + 2) ++next;
      if (next >= input.size() || inside.next(next) != next) break;
      joined.append(input.substr(from, at - from));
      from = at = next;
    }
    if (!joined.empty()) joined.append(input.substr(from, at - from));
    decode_run(joined.empty() ? input.substr(begin, at - begin) : joined, begin, at, offsets, out);
  }
}

}  // namespace

std::vector<Decoded> decode(std::string_view input, bool offsets) {
  std::vector<Decoded> out;
  EscapeDecoder(input, offsets, out).run();
  decode_runs(input, offsets, out);
  if (std::string spelt = spelt_in_tags(input); !spelt.empty())
    keep_run(std::move(spelt), 0, input.size(), offsets, out);
  return out;
}

}  // namespace weir::trace
