#include "net/http.h"

#include <algorithm>
#include <array>

namespace weir::net {
namespace {

constexpr char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}

constexpr std::array<bool, 256> token_table() {
  std::array<bool, 256> table{};
  for (int c = '0'; c <= '9'; ++c) table[c] = true;
  for (int c = 'a'; c <= 'z'; ++c) table[c] = table[c - 32] = true;
  for (const char c : {'!', '#', '$', '%', '&', '\'', '*', '+', '-', '.', '^', '_', '`', '|', '~'}) {
    table[static_cast<uint8_t>(c)] = true;
  }
  return table;
}
constexpr auto kToken = token_table();

std::string_view trimmed(std::string_view text) {
  const auto blank = [](char c) { return c == ' ' || c == '\t'; };
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  return text;
}

template <class F>
void for_each_item(std::string_view list, F&& take) {
  while (!list.empty()) {
    const size_t comma = std::min(list.find(','), list.size());
    const std::string_view item = trimmed(list.substr(0, comma));
    if (!item.empty()) take(item);
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
}

bool always_hop_by_hop(std::string_view name) {
  for (const std::string_view hop :
       {"connection", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade", "content-length"}) {
    if (equal_ignore_case(name, hop)) return true;
  }
  return name.size() > 6 && equal_ignore_case(name.substr(0, 6), "proxy-");
}

}  // namespace

bool equal_ignore_case(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (size_t i = 0; i < a.size(); ++i) {
    if (lower(a[i]) != lower(b[i])) return false;
  }
  return true;
}

bool is_token(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](uint8_t c) { return kToken[c]; });
}

bool is_field_value(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](uint8_t c) { return (c >= 0x20 && c != 0x7f) || c == '\t'; });
}

bool list_has(std::string_view list, std::string_view token) {
  bool found = false;
  for_each_item(list, [&](std::string_view item) { found = found || equal_ignore_case(item, token); });
  return found;
}

std::optional<std::string_view> Headers::find(std::string_view name) const {
  for (const Header& field : fields_) {
    if (equal_ignore_case(field.name, name)) return field.value;
  }
  return std::nullopt;
}

size_t Headers::count(std::string_view name) const {
  return static_cast<size_t>(std::count_if(fields_.begin(), fields_.end(), [&](const Header& field) {
    return equal_ignore_case(field.name, name);
  }));
}

void Headers::set(std::string_view name, std::string value) {
  const auto same = [&](const Header& field) { return equal_ignore_case(field.name, name); };
  const auto first = std::find_if(fields_.begin(), fields_.end(), same);
  if (first == fields_.end()) return add(name, std::move(value));
  first->value = std::move(value);
  fields_.erase(std::remove_if(first + 1, fields_.end(), same), fields_.end());
}

size_t Headers::remove(std::string_view name) {
  return std::erase_if(fields_, [&](const Header& field) { return equal_ignore_case(field.name, name); });
}

void remove_hop_by_hop(Headers& headers) {
  std::string nominated;
  for (const Header& field : headers) {
    if (equal_ignore_case(field.name, "connection")) nominated += field.value + ",";
  }
  // At most the header bound in tokens times the header count in fields.
  for_each_item(nominated, [&](std::string_view name) { headers.remove(name); });
  std::vector<std::string> gone;
  for (const Header& field : headers) {
    if (always_hop_by_hop(field.name)) gone.push_back(field.name);
  }
  for (const std::string& name : gone) headers.remove(name);
}

std::string_view reason_phrase(int status) {
  struct Reason {
    int status;
    std::string_view phrase;
  };
  static constexpr Reason kReasons[] = {
      {100, "Continue"},
      {200, "OK"},
      {201, "Created"},
      {202, "Accepted"},
      {204, "No Content"},
      {206, "Partial Content"},
      {301, "Moved"},
      {302, "Found"},
      {303, "See Other"},
      {304, "Not Modified"},
      {307, "Temporary Redirect"},
      {308, "Permanent Redirect"},
      {400, "Bad Request"},
      {401, "Unauthorized"},
      {403, "Forbidden"},
      {404, "Not Found"},
      {405, "Method Not Allowed"},
      {406, "Not Acceptable"},
      {408, "Request Timeout"},
      {409, "Conflict"},
      {410, "Gone"},
      {413, "Content Too Large"},
      {415, "Unsupported Media Type"},
      {417, "Expectation Failed"},
      {421, "Misdirected Request"},
      {422, "Unprocessable Content"},
      {429, "Too Many Requests"},
      {431, "Request Header Fields Too Large"},
      {500, "Internal Server Error"},
      {501, "Not Implemented"},
      {502, "Bad Gateway"},
      {503, "Service Unavailable"},
      {504, "Gateway Timeout"},
      {505, "HTTP Version Not Supported"},
      {529, "Overloaded"},
  };
  for (const Reason& reason : kReasons) {
    if (reason.status == status) return reason.phrase;
  }
  return "Status";
}

}  // namespace weir::net
