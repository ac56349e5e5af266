#include "seal/answer_type.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "base/bytes.h"
#include "base/limits.h"
#include "seal/view.h"

namespace weir::seal {
namespace {

// Days since 1970-01-01 in the proleptic Gregorian calendar.
int64_t days_of(std::string_view date) {
  const auto number = [&](size_t at, size_t length) {
    int64_t value = 0;
    for (const char c : date.substr(at, length)) value = value * 10 + (c - '0');
    return value;
  };
  const int64_t month = number(5, 2);
  const int64_t year = number(0, 4) - (month <= 2 ? 1 : 0);
  const int64_t era = year / 400;
  const int64_t year_of_era = year - era * 400;
  const int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + number(8, 2) - 1;
  return era * 146'097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719'468;
}

std::string date_of(int64_t days) {
  days += 719'468;
  const int64_t era = days / 146'097;
  const int64_t day_of_era = days - era * 146'097;
  const int64_t year_of_era =
      (day_of_era - day_of_era / 1'460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
  const int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const int64_t shifted = (5 * day_of_year + 2) / 153;
  const int64_t month = shifted + (shifted < 10 ? 3 : -9);
  const int64_t year = year_of_era + era * 400 + (month <= 2 ? 1 : 0);
  return fmt::format("{:04}-{:02}-{:02}", year, month, day_of_year - (153 * shifted + 2) / 5 + 1);
}

std::optional<int64_t> whole_number(std::string_view text) {
  int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::string_view trimmed(std::string_view text) {
  const size_t first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

class TypeReader {
 public:
  explicit TypeReader(std::string_view where) : where_(where) {}

  Result<AnswerType> of_text(std::string_view text) const {
    const size_t colon = std::min(text.find(':'), text.size());
    const std::string_view rest = colon < text.size() ? text.substr(colon + 1) : std::string_view();
    const size_t dots = rest.find("..");
    const std::string_view from = trimmed(rest.substr(0, std::min(dots, rest.size())));
    const std::string_view to = dots == std::string_view::npos ? "" : trimmed(rest.substr(dots + 2));
    const std::string_view name = text.substr(0, colon);
    if (name == "int") return integer(whole_number(from), whole_number(to));
    if (name == "date") return date(from, to);
    if (name == "enum") {
      std::vector<std::string> options;
      for (size_t at = 0; at <= rest.size();) {
        const size_t end = std::min(rest.find(',', at), rest.size());
        options.emplace_back(trimmed(rest.substr(at, end - at)));
        at = end + 1;
      }
      return enumeration(std::move(options));
    }
    return plain(text);
  }

  Result<AnswerType> of_object(json::Value value) const {
    const std::string_view name = value["type"].string_or("");
    if (name == "int" || name == "integer") return integer(value["min"].integer(), value["max"].integer());
    if (name == "date") return date(value["from"].string_or(""), value["to"].string_or(""));
    if (name == "enum") {
      std::vector<std::string> options;
      for (const json::Value option : value["options"].elements()) {
        if (!option.is_string()) return error("an option is no text");
        options.emplace_back(*option.string());
      }
      return enumeration(std::move(options));
    }
    return plain(name);
  }

 private:
  Error error(std::string_view problem) const {
    return bad_input(std::string(problem), std::string(where_),
                     "bool, text, list, int:MIN..MAX, date:YYYY-MM-DD..YYYY-MM-DD or enum:one,two");
  }

  Result<AnswerType> plain(std::string_view name) const {
    AnswerType type;
    if (name == "bool" || name == "boolean") {
      type.kind = AnswerType::Kind::boolean;
    } else if (name == "list") {
      type.kind = AnswerType::Kind::list;
    } else if (name != "text") {
      return error(fmt::format("\"{}\" is no type of an answer", shown(name)));
    }
    return type;
  }

  Result<AnswerType> integer(std::optional<int64_t> min, std::optional<int64_t> max) const {
    constexpr int64_t kFar = int64_t{1} << 53;  // whole numbers that every JSON parser keeps
    if (!min || !max || *min > *max || *min < -kFar || *max > kFar)
      return error("an int needs bounds: the least and the greatest answer");
    return AnswerType{AnswerType::Kind::integer, *min, *max};
  }

  Result<AnswerType> date(std::string_view from, std::string_view to) const {
    if (!is_date(from) || !is_date(to) || from > to)
      return error("a date needs bounds: the first and the last answer");
    return AnswerType{AnswerType::Kind::date, days_of(from), days_of(to)};
  }

  Result<AnswerType> enumeration(std::vector<std::string> options) const {
    if (options.empty() || options.size() > limits::kEnumOptionsMax)
      return error(fmt::format("an enum has 1 to {} options", limits::kEnumOptionsMax));
    for (size_t i = 0; i < options.size(); ++i) {
      if (options[i].empty() || std::find(options.begin(), options.begin() + static_cast<ptrdiff_t>(i),
                                          options[i]) != options.begin() + static_cast<ptrdiff_t>(i))
        return error("an option is empty or stands there twice");
    }
    return AnswerType{AnswerType::Kind::enumeration, 0, 0, std::move(options)};
  }

  std::string_view where_;
};

// Without a code fence around it.
std::string_view unfenced(std::string_view text) {
  text = trimmed(text);
  if (!text.starts_with("```") || !text.ends_with("```") || text.size() < 7) return text;
  const size_t line = text.find('\n');
  if (line == std::string_view::npos || line + 3 > text.size() - 3) return text;
  return trimmed(text.substr(line + 1, text.size() - 3 - line - 1));
}

std::optional<std::string> checked(const AnswerType& type, json::Value value) {
  switch (type.kind) {
    case AnswerType::Kind::boolean:
      if (!value.boolean()) return std::nullopt;
      return *value.boolean() ? "true" : "false";
    case AnswerType::Kind::integer: {
      const auto number = value.integer();
      if (!number || *number < type.min || *number > type.max) return std::nullopt;
      return std::to_string(*number);
    }
    case AnswerType::Kind::date: {
      if (!value.is_string() || !is_date(*value.string())) return std::nullopt;
      const int64_t days = days_of(*value.string());
      if (days < type.min || days > type.max) return std::nullopt;
      return json::quote(date_of(days));
    }
    case AnswerType::Kind::enumeration:
      // The planner's own spelling of the option, so that the reader's tells nothing.
      for (const std::string& option : type.options) {
        if (value.is_string() && *value.string() == option) return json::quote(option);
      }
      return std::nullopt;
    case AnswerType::Kind::text:
      if (!value.is_string()) return std::nullopt;
      return json::quote(*value.string());
    case AnswerType::Kind::list:
      for (const json::Value element : value.elements()) {
        if (!element.is_string()) return std::nullopt;
      }
      if (!value.is_array()) return std::nullopt;
      return std::string(value.raw());
  }
  return std::nullopt;
}

}  // namespace

double AnswerType::bits() const {
  switch (kind) {
    case Kind::boolean:
      return std::log2(3.0);
    case Kind::integer:
    case Kind::date:
      return std::log2(static_cast<double>(max - min) + 2.0);
    case Kind::enumeration:
      return std::log2(static_cast<double>(options.size()) + 1.0);
    case Kind::text:
    case Kind::list:
      return 0;
  }
  return 0;
}

std::string AnswerType::in_words() const {
  switch (kind) {
    case Kind::boolean:
      return "true or false";
    case Kind::integer:
      return fmt::format("a whole number from {} to {}", min, max);
    case Kind::date:
      return fmt::format("a date as \"YYYY-MM-DD\", from {} to {}", date_of(min), date_of(max));
    case Kind::enumeration: {
      std::string all;
      for (const std::string& option : options) all += (all.empty() ? "" : ", ") + json::quote(option);
      return "exactly one of these texts: " + all;
    }
    case Kind::text:
      return "a text";
    case Kind::list:
      return "a list of texts";
  }
  return {};
}

Result<AnswerType> parse_answer_type(json::Value value, std::string_view where) {
  const TypeReader reader(where);
  if (const auto text = value.string()) return reader.of_text(trimmed(*text));
  return reader.of_object(value);
}

std::optional<std::string> read_answer(const AnswerType& type, std::string_view written) {
  if (written.size() > limits::kReaderAnswerBytesMax) return std::nullopt;
  const std::string_view bare = unfenced(written);
  auto document = json::parse(std::string(bare));
  if (document) {
    const json::Value root = document->root();
    if (auto answer = checked(type, root.is_object() && root["answer"].exists() ? root["answer"] : root))
      return answer;
  }
  switch (type.kind) {
    case AnswerType::Kind::text:
      return is_utf8(bare) ? std::optional<std::string>(json::quote(bare)) : std::nullopt;
    case AnswerType::Kind::date:
    case AnswerType::Kind::enumeration: {
      const auto quoted = json::parse(json::quote(bare));
      return quoted ? checked(type, quoted->root()) : std::nullopt;
    }
    default:
      return std::nullopt;
  }
}

}  // namespace weir::seal
