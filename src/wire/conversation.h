// Conversations that the Responses API's clients leave to the server (OpenAI API reference, "Conversations"),
// as weir keeps them itself: an object and a list of items, which become the history of each request that
// names it. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "wire/stored.h"

namespace weir::wire {

struct Conversation {
  std::string object = {};  // {"id":…,"object":"conversation","created_at":…,"metadata":{…}}
  std::string items = {};   // comma separated, each with an id
};

// A new one from the body of its creation ("items", "metadata"; empty: neither). Errors: bad_input with a
// JSON pointer, unsupported for an item that no request may hold.
Result<Conversation> new_conversation(const std::string& body, std::string_view id, int64_t at_wall_ms);
// The object with the metadata of `body`.
Result<std::string> with_metadata(const std::string& object, const std::string& body);
// The items of a body {"items":[…]}, each with an id. `seed`: of the ids, a new one each time.
Result<std::string> read_items(const std::string& body, std::string_view seed);

// More items behind those: what a turn asked and was answered. `response`: its object.
std::string with_turn(const std::string& items, const std::string& input, const std::string& response,
                      std::string_view seed);
// What a request begins with that names the conversation: ids that are weir's own taken away, since no
// provider knows them.
StoredTurn turn_of(const Conversation& conversation);

// A page of `items`, by `query` ("limit", "order", "after"). Error: bad_input.
Result<std::string> page_of(const std::string& items, std::string_view query);
// What was added, as a list.
Result<std::string> list_of(const std::string& items);
// Empty: there is none of that id.
std::string item_of(const std::string& items, std::string_view id);
std::string without_item(const std::string& items, std::string_view id);
// `id` of an item that is not there, or of a conversation that is not kept.
std::string conversation_not_found(std::string_view id, bool item);
std::string conversation_deleted(std::string_view id);

}  // namespace weir::wire
