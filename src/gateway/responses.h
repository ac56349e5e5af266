// Responses: what the Responses API leaves to the server, kept by weir: `store`, `previous_response_id`,
// `conversation`, and reading and deleting a response. The upstream is asked to keep nothing, so no history
// goes past weir.
#pragma once

#include <memory>
#include <string>

#include "gateway/gateway.h"
#include "wire/stored.h"

namespace weir::gateway {

// Watches one reply on its way to the client and keeps its response, before its last byte leaves. A response
// can be gone on from by whoever shows the same credential. One event loop.
class KeptReply {
 public:
  // Of the request, items comma separated.
  struct Asked {
    std::string owner;
    bool store = true;         // the response may be gone on from
    std::string previous;      // what it went on from, or
    std::string conversation;  // what it belongs to, with
    std::string before;        // the items in it
    std::string input;         // its own items
  };
  KeptReply(Gateway& gateway, Asked asked) : gateway_(gateway), asked_(std::move(asked)) {}
  // Bytes of a streamed reply, ahead of the client.
  void streamed(std::string_view bytes);
  // The whole of one that is not.
  void whole(std::string_view body);

 private:
  void keep(std::string object);

  Gateway& gateway_;
  const Asked asked_;
  wire::ResponseWatch watch_;
};

// POST /v1/responses and /v1/responses/input_tokens: with the history that they name, then as any other turn.
// GET and DELETE of what is kept; everything else under /v1/responses is refused.
void handle_responses(Gateway& gateway, const std::shared_ptr<net::ServerCall>& call, std::string target);

}  // namespace weir::gateway
