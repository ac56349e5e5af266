// Lists of the Responses API's items, as its clients read them from a server. For the files of this folder.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/json.h"

namespace weir::wire {

struct ListedItem {
  std::string id;
  std::string raw;  // with that id in it
};

// What weir's own ids begin with: no provider knows them.
inline constexpr std::string_view kOwnItemId = "item_weir_";

// "a,b" of both.
void add_items(std::string& all, std::string_view items);
// Comma separated items, one by one. One without an id gets one that is the same for the same seed and place.
Result<std::vector<ListedItem>> listed_items(std::string_view items, std::string_view seed);
// As they were before listed_items().
std::string without_own_ids(std::string_view items);

// One page: "limit" (20; 1 to 100), "order" ("desc"), "after" (an id) of a request's query. Error: bad_input.
Result<std::string> item_page(std::vector<ListedItem> items, std::string_view query);
// {"object":"list",…} of all of them, in their order.
std::string item_list(const std::vector<ListedItem>& items, bool has_more = false);

}  // namespace weir::wire
