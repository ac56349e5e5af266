#include "base/toml.h"

#undef NDEBUG
#include <stdexcept>
// The library (3.3) asserts where malformed text can lead, at "[ =" for one; and where asserts are off it
// tells the compiler that they hold. So a failed one is an error of the text like any, by exception as far as
// parse().
#define TOML_EXCEPTIONS 1
[[noreturn]] static void toml_assert_failed() {
  throw std::logic_error("malformed TOML");
}
#define TOML_ASSERT(expr) ((expr) ? static_cast<void>(0) : toml_assert_failed())
#define TOML_HEADER_ONLY 1
#define TOML_MAX_NESTED_VALUES 24
#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>
#include <array>

#include "base/bytes.h"
#include "base/limits.h"

namespace weir::toml {
namespace detail {

struct Place {
  uint32_t line = 0;
  uint32_t column = 0;
};

struct Node {
  Kind kind = Kind::missing;
  Place at = {};
  Place key_at = {};
  std::string path = {};
  std::string key = {};
  std::string text = {};  // of a string, or a time as written
  int64_t integer = 0;
  double real = 0;
  bool boolean = false;
  std::vector<uint32_t> children = {};  // in the file's order
};

struct Data {
  std::string file;
  std::vector<Node> nodes;
};

}  // namespace detail

namespace {

using detail::Data;
using detail::Node;
using detail::Place;

constexpr size_t kDotsPerKeyMax = 32;

std::string place_text(const Data& data, Place place) {
  return fmt::format("{}:{}:{}", data.file, place.line, place.column);
}

// The library builds and destroys nested tables by recursion, one level for each part of a dotted key, and
// bounds only brackets. So a key with too many dots is refused before the library sees it. Knows just enough
// of TOML's lexis to leave strings and comments out; anything malformed is the library's to report.
class DotGuard {
 public:
  explicit DotGuard(std::string_view text) : text_(text) {}

  // The line of a key with too many dots, or 0.
  size_t line_of_long_key() {
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == '"' || c == '\'') {
        skip_string(c);
        continue;
      }
      if (c == '#') {
        at_ = std::min(text_.find('\n', at_), text_.size());
        continue;
      }
      if (c == '.') {
        if (++dots_ > kDotsPerKeyMax) return line_;
      } else if (c == '\n' || c == '=' || c == ',' || c == '{') {
        dots_ = 0;
      }
      if (c == '\n') ++line_;
      ++at_;
    }
    return 0;
  }

 private:
  void skip_string(char quote) {
    const std::string triple(3, quote);
    const bool multi_line = text_.substr(at_, 3) == triple;
    at_ += multi_line ? 3 : 1;
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == '\n' && !multi_line) return;
      if (c == '\n') ++line_;
      if (c == '\\' && quote == '"') {
        if (text_.substr(at_, 2) == "\\\n") ++line_;
        at_ += 2;
        continue;
      }
      if (c == quote && (!multi_line || text_.substr(at_, 3) == triple)) {
        at_ += multi_line ? 3 : 1;
        return;
      }
      ++at_;
    }
    at_ = text_.size();
  }

  std::string_view text_;
  size_t at_ = 0;
  size_t dots_ = 0;
  size_t line_ = 1;
};

Place place_of(const ::toml::source_region& region) {
  return {static_cast<uint32_t>(region.begin.line), static_cast<uint32_t>(region.begin.column)};
}

// Copies the library's tree. Breadth first, so that nothing recurses.
class Copier {
 public:
  explicit Copier(Data& data) : data_(data) {}

  Status run(const ::toml::table& root) {
    data_.nodes.emplace_back();
    data_.nodes[0].at = {1, 1};
    data_.nodes[0].key_at = {1, 1};
    queue_.push_back({&root, 0, 0});
    for (size_t i = 0; i < queue_.size(); ++i) {
      const Work work = queue_[i];
      if (work.depth > limits::kTomlDepthMax) {
        return too_large(fmt::format("more than {} levels", limits::kTomlDepthMax),
                         place_text(data_, data_.nodes[work.index].at));
      }
      copy(work);
    }
    return {};
  }

 private:
  struct Work {
    const ::toml::node* from;
    uint32_t index;
    int depth;
  };

  uint32_t add_child(const Work& parent, const ::toml::node& child, std::string path) {
    const auto index = static_cast<uint32_t>(data_.nodes.size());
    Node& node = data_.nodes.emplace_back();
    node.at = place_of(child.source());
    node.key_at = node.at;
    node.path = std::move(path);
    data_.nodes[parent.index].children.push_back(index);
    queue_.push_back({&child, index, parent.depth + 1});
    return index;
  }

  void copy(const Work& work) {
    if (const ::toml::table* table = work.from->as_table()) {
      copy_table(work, *table);
    } else if (const ::toml::array* array = work.from->as_array()) {
      data_.nodes[work.index].kind = Kind::array;
      const std::string path = data_.nodes[work.index].path;
      for (size_t i = 0; i < array->size(); ++i) add_child(work, (*array)[i], fmt::format("{}[{}]", path, i));
    } else {
      copy_leaf(data_.nodes[work.index], *work.from);
    }
  }

  void copy_table(const Work& work, const ::toml::table& table) {
    data_.nodes[work.index].kind = Kind::table;
    const std::string prefix = data_.nodes[work.index].path;
    for (const auto& [key, value] : table) {
      const std::string_view name = key.str();
      const uint32_t index =
          add_child(work, value, prefix.empty() ? std::string(name) : fmt::format("{}.{}", prefix, name));
      data_.nodes[index].key = name;
      data_.nodes[index].key_at = place_of(key.source());
    }
    const auto& nodes = data_.nodes;
    auto& children = data_.nodes[work.index].children;
    std::sort(children.begin(), children.end(), [&](uint32_t a, uint32_t b) {
      const Place x = nodes[a].key_at;
      const Place y = nodes[b].key_at;
      return x.line != y.line ? x.line < y.line : x.column < y.column;
    });
  }

  static void copy_leaf(Node& node, const ::toml::node& from) {
    if (const auto* text = from.as_string()) {
      node.kind = Kind::string;
      node.text = text->get();
    } else if (const auto* integer = from.as_integer()) {
      node.kind = Kind::integer;
      node.integer = integer->get();
    } else if (const auto* real = from.as_floating_point()) {
      node.kind = Kind::real;
      node.real = real->get();
    } else if (const auto* boolean = from.as_boolean()) {
      node.kind = Kind::boolean;
      node.boolean = boolean->get();
    } else {
      node.kind = Kind::time;
    }
  }

  Data& data_;
  std::vector<Work> queue_;
};

std::string_view kind_name(Kind kind) {
  constexpr std::array<std::string_view, 8> kNames = {
      "nothing", "a string", "a whole number", "a number", "a bool", "a date or time", "an array", "a table"};
  return kNames[static_cast<size_t>(kind)];
}

// Levenshtein distance with adjacent swaps, for short names.
size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::vector<size_t>> d(a.size() + 1, std::vector<size_t>(b.size() + 1));
  for (size_t i = 0; i <= a.size(); ++i) d[i][0] = i;
  for (size_t j = 0; j <= b.size(); ++j) d[0][j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t change = d[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      d[i][j] = std::min({d[i - 1][j] + 1, d[i][j - 1] + 1, change});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        d[i][j] = std::min(d[i][j], d[i - 2][j - 2] + 1);
      }
    }
  }
  return d[a.size()][b.size()];
}

}  // namespace

Result<Document> parse(std::string_view text, std::string_view file_name) {
  if (text.size() > limits::kTomlBytesMax) {
    return too_large(
        fmt::format("TOML text of {} bytes, at most {} are read", text.size(), limits::kTomlBytesMax),
        std::string(file_name));
  }
  if (const size_t line = DotGuard(text).line_of_long_key(); line != 0) {
    return bad_input(fmt::format("a key of more than {} parts", kDotsPerKeyMax),
                     fmt::format("{}:{}:1", file_name, line));
  }
  auto data = std::make_unique<Data>();
  data->file = file_name;
  try {
    const ::toml::table root = ::toml::parse(text, file_name);
    WEIR_TRY(Copier(*data).run(root));
  } catch (const ::toml::parse_error& error) {
    return bad_input(shown(error.description(), 200), place_text(*data, place_of(error.source())));
  } catch (const std::logic_error& error) {
    return bad_input(error.what(), std::string(file_name));
  }
  return Document(std::move(data));
}

std::string did_you_mean(std::string_view word, std::span<const std::string_view> names) {
  std::string_view nearest;
  size_t best = SIZE_MAX;
  if (word.size() <= 64) {
    for (const std::string_view name : names) {
      if (name.size() > 64) continue;
      const size_t distance = edit_distance(word, name);
      if (distance < best) {
        best = distance;
        nearest = name;
      }
    }
  }
  if (!nearest.empty() && best <= std::max<size_t>(1, nearest.size() / 3)) {
    return fmt::format("did you mean \"{}\"?", nearest);
  }
  if (names.empty() || names.size() > 12) return {};
  return fmt::format("one of: {}", fmt::join(names, ", "));
}

Kind Value::kind() const {
  return data_ == nullptr ? Kind::missing : data_->nodes[node_].kind;
}

std::string Value::where() const {
  return data_ == nullptr ? std::string() : place_text(*data_, data_->nodes[node_].at);
}

std::string Value::key_where() const {
  return data_ == nullptr ? std::string() : place_text(*data_, data_->nodes[node_].key_at);
}

std::string Value::path() const {
  return data_ == nullptr ? std::string() : data_->nodes[node_].path;
}

Error Value::error(std::string message, std::string hint) const {
  return bad_input(std::move(message), where(), std::move(hint));
}

namespace {

Error wrong_kind(const Value& value, std::string_view wanted) {
  if (!value.exists()) return bad_input(fmt::format("{} is missing", wanted));
  const std::string path = value.path();
  return value.error(fmt::format("{}{}expected {}, found {}", shown(path), path.empty() ? "" : ": ", wanted,
                                 kind_name(value.kind())));
}

}  // namespace

Result<std::string> Value::string() const {
  if (kind() != Kind::string) return wrong_kind(*this, "a string");
  return data_->nodes[node_].text;
}

Result<bool> Value::boolean() const {
  if (kind() != Kind::boolean) return wrong_kind(*this, "true or false");
  return data_->nodes[node_].boolean;
}

Result<int64_t> Value::integer(int64_t min, int64_t max) const {
  if (kind() != Kind::integer) return wrong_kind(*this, "a whole number");
  const int64_t number = data_->nodes[node_].integer;
  if (number < min || number > max) {
    return error(fmt::format("{}: {} is not between {} and {}", shown(path()), number, min, max));
  }
  return number;
}

Result<double> Value::number() const {
  if (kind() == Kind::integer) return static_cast<double>(data_->nodes[node_].integer);
  if (kind() != Kind::real) return wrong_kind(*this, "a number");
  return data_->nodes[node_].real;
}

Result<std::vector<std::string>> Value::strings() const {
  if (kind() == Kind::string) return std::vector<std::string>{data_->nodes[node_].text};
  if (kind() != Kind::array) return wrong_kind(*this, "an array of strings");
  std::vector<std::string> all;
  for (const uint32_t child : data_->nodes[node_].children) {
    WEIR_TRY_ASSIGN(text, Value(data_, child).string());
    all.push_back(std::move(text));
  }
  return all;
}

Result<std::vector<Value>> Value::elements() const {
  if (kind() != Kind::array) return wrong_kind(*this, "an array");
  std::vector<Value> all;
  for (const uint32_t child : data_->nodes[node_].children) all.emplace_back(data_, child);
  return all;
}

Result<std::vector<Entry>> Value::entries() const {
  if (kind() != Kind::table) return wrong_kind(*this, "a table");
  std::vector<Entry> all;
  for (const uint32_t child : data_->nodes[node_].children) {
    all.push_back({data_->nodes[child].key, Value(data_, child)});
  }
  return all;
}

Result<size_t> Value::one_of(std::string_view what, std::span<const std::string_view> names) const {
  WEIR_TRY_ASSIGN(word, string());
  const auto found = std::find(names.begin(), names.end(), word);
  if (found == names.end()) {
    return error(fmt::format("unknown {} \"{}\"", what, shown(word)), did_you_mean(word, names));
  }
  return static_cast<size_t>(found - names.begin());
}

Value Value::operator[](std::string_view key) const {
  if (kind() != Kind::table) return {};
  for (const uint32_t child : data_->nodes[node_].children) {
    if (data_->nodes[child].key == key) return {data_, child};
  }
  return {};
}

Status Value::only(std::initializer_list<std::string_view> known) const {
  WEIR_TRY_ASSIGN(all, entries());
  for (const Entry& entry : all) {
    if (std::find(known.begin(), known.end(), entry.key) != known.end()) continue;
    return bad_input(fmt::format("unknown key \"{}\"", shown(entry.key)), entry.value.key_where(),
                     did_you_mean(entry.key, {known.begin(), known.size()}));
  }
  return {};
}

Status Value::read(std::string_view key, std::string& out) const {
  const Value member = (*this)[key];
  if (!member.exists()) return {};
  WEIR_TRY_ASSIGN(value, member.string());
  out = std::move(value);
  return {};
}

Status Value::read(std::string_view key, bool& out) const {
  const Value member = (*this)[key];
  if (!member.exists()) return {};
  WEIR_TRY_ASSIGN(value, member.boolean());
  out = value;
  return {};
}

Status Value::read(std::string_view key, std::vector<std::string>& out) const {
  const Value member = (*this)[key];
  if (!member.exists()) return {};
  WEIR_TRY_ASSIGN(value, member.strings());
  out = std::move(value);
  return {};
}

Status Value::read(std::string_view key, int64_t& out, int64_t min, int64_t max) const {
  const Value member = (*this)[key];
  if (!member.exists()) return {};
  WEIR_TRY_ASSIGN(value, member.integer(min, max));
  out = value;
  return {};
}

Status Value::require(std::string_view key, std::string& out) const {
  if (!(*this)[key].exists()) return error(fmt::format("\"{}\" is missing", key));
  return read(key, out);
}

Document::Document() = default;
Document::Document(std::unique_ptr<const detail::Data> data) : data_(std::move(data)) {}
Document::Document(Document&&) noexcept = default;
Document& Document::operator=(Document&&) noexcept = default;
Document::~Document() = default;

Value Document::root() const {
  return data_ ? Value(data_.get(), 0) : Value();
}

}  // namespace weir::toml
