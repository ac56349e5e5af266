#include "wire/item_list.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/bytes.h"
#include "base/limits.h"
#include "wire/splice.h"

namespace weir::wire {
namespace {

constexpr size_t kPageDefault = 20;
constexpr size_t kPageMax = 100;

std::string_view parameter(std::string_view query, std::string_view name) {
  while (!query.empty()) {
    const std::string_view one = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(query.size(), one.size() + 1));
    if (one.size() > name.size() && one.starts_with(name) && one[name.size()] == '=')
      return one.substr(name.size() + 1);
  }
  return {};
}

Result<json::Document> parse_whole(std::string text) {
  json::Limits limits;
  limits.bytes_max = limits::kHttpBodyBytesMax;
  return json::parse(std::move(text), limits);
}
Result<json::Document> parse_list(std::string_view items) {
  return parse_whole("[" + std::string(items) + "]");
}

}  // namespace

void add_items(std::string& all, std::string_view items) {
  if (items.empty()) return;
  all += all.empty() ? "" : ",";
  all += items;
}

Result<std::vector<ListedItem>> listed_items(std::string_view items, std::string_view seed) {
  WEIR_TRY_ASSIGN(document, parse_list(items));
  std::vector<ListedItem> all;
  for (const json::Value item : document.root().elements()) {
    std::string name(item["id"].string_or(""));
    std::string raw(item.raw());
    if (name.empty() && item.is_object()) {
      name = fmt::format("{}{}", kOwnItemId,
                         to_hex(as_bytes(sha256(fmt::format("{}/{}", seed, all.size())))).substr(0, 24));
      // An id of null is none either.
      WEIR_TRY_ASSIGN(copy, parse_whole(std::move(raw)));
      const bool more = item.size() > (item["id"].exists() ? 1U : 0U);
      Splices splices;
      splices.remove_members(copy.root(), [](std::string_view key) { return key == "id"; });
      raw = fmt::format(R"({{"id":"{}"{}{})", name, more ? "," : "", splices.apply(copy.text()).substr(1));
    }
    all.push_back({std::move(name), std::move(raw)});
  }
  return all;
}

std::string without_own_ids(std::string_view items) {
  const auto document = parse_list(items);
  if (!document) return std::string(items);
  Splices splices;
  for (const json::Value item : document->root().elements()) {
    if (item["id"].string_or("").starts_with(kOwnItemId))
      splices.remove_members(item, [](std::string_view key) { return key == "id"; });
  }
  std::string list = splices.apply(document->text());
  return list.substr(1, list.size() - 2);
}

Result<std::string> item_page(std::vector<ListedItem> items, std::string_view query) {
  if (parameter(query, "order") != "asc") std::reverse(items.begin(), items.end());
  size_t begin = 0;
  if (const std::string_view after = parameter(query, "after"); !after.empty()) {
    const auto at =
        std::find_if(items.begin(), items.end(), [&](const ListedItem& one) { return one.id == after; });
    if (at == items.end()) return bad_input("there is no such item", "after");
    begin = static_cast<size_t>(at - items.begin()) + 1;
  }
  size_t limit = kPageDefault;
  if (const std::string_view given = parameter(query, "limit"); !given.empty()) {
    const auto [end, error] = std::from_chars(given.data(), given.data() + given.size(), limit);
    if (error != std::errc() || end != given.data() + given.size() || limit < 1 || limit > kPageMax)
      return bad_input("expected a whole number from 1 to 100", "limit");
  }
  const size_t end = std::min(items.size(), begin + limit);
  const bool more = end < items.size();
  items.erase(items.begin() + static_cast<ptrdiff_t>(end), items.end());
  items.erase(items.begin(), items.begin() + static_cast<ptrdiff_t>(begin));
  return item_list(items, more);
}

std::string item_list(const std::vector<ListedItem>& items, bool has_more) {
  json::Writer out;
  out.begin_object().field("object", "list").key("data").begin_array();
  for (const ListedItem& item : items) out.raw(item.raw);
  out.end_array();
  for (const std::string_view key : {"first_id", "last_id"}) {
    out.key(key);
    if (items.empty()) {
      out.null();
    } else {
      out.string((key == "first_id" ? items.front() : items.back()).id);
    }
  }
  return out.key("has_more").boolean(has_more).end_object().take();
}

}  // namespace weir::wire
