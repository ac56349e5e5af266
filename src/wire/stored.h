// Stored responses: what the Responses API's clients may leave to the server (`store`,
// `previous_response_id`, `GET /responses/ID`), as weir keeps it itself. The upstream is asked to keep
// nothing and sees each conversation whole, and so does weir. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "wire/sse.h"

namespace weir::wire {

// What a request says of it. A malformed one says nothing; parse_request() tells what is wrong.
struct StoredAsk {
  std::string previous = {};      // empty: it goes on from nothing
  std::string conversation = {};  // empty: it belongs to none
  bool store = true;              // its response may be gone on from
  std::string input = {};         // its own items, comma separated
};
StoredAsk stored_ask(const std::string& body);

// A turn as it was kept: the items that were new in its request, and the response's object.
struct StoredTurn {
  std::string input;
  std::string response;
};

// The items of a response's object as a later request may hold them. What the provider did not store it knows
// again only where it comes whole: a thought that nothing is sealed in goes, and the items that came of it
// must not name it.
std::string output_items(const std::string& response);

// The request with all earlier turns in its input, oldest first, that asks for nothing to be kept. Equal
// turns give equal bytes.
std::string with_history(const std::string& body, const std::vector<StoredTurn>& turns);

// Watches a reply's bytes for the response that it ends with.
class ResponseWatch {
 public:
  // Of a stream, in any pieces. The object, once, when it has come to its end.
  std::optional<std::string> feed(std::string_view bytes);
  // Of a whole reply.
  static std::optional<std::string> whole(std::string_view body);

 private:
  SseParser sse_;
};

// "id" of a response's object; empty if it has none.
std::string response_id(const std::string& response);

// Answers about a kept response. `query`: of the request's target, without "?".
std::string response_deleted(std::string_view id);
// A page of the items that it was made of.
Result<std::string> input_items(std::string_view id, const std::vector<StoredTurn>& earlier,
                                const std::string& input, std::string_view query);
// The API's own errors for one that is not kept; `previous`: a request named it.
std::string response_not_found(std::string_view id, bool previous);

}  // namespace weir::wire
