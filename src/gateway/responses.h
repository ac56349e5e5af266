// Responses: what the Responses API leaves to the server, kept by weir: `store`, `previous_response_id`, and
// reading and deleting a response. The upstream is asked to keep nothing, so no history goes past weir.
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
  KeptReply(Gateway& gateway, StoredResponse response) : gateway_(gateway), response_(std::move(response)) {}
  // Bytes of a streamed reply, ahead of the client.
  void streamed(std::string_view bytes);
  // The whole of one that is not.
  void whole(std::string_view body);

 private:
  void keep(std::string object);

  Gateway& gateway_;
  StoredResponse response_;
  wire::ResponseWatch watch_;
};

// POST /v1/responses and /v1/responses/input_tokens: with the history that they name, then as any other turn.
// GET and DELETE of what is kept; everything else under /v1/responses is refused.
void handle_responses(Gateway& gateway, const std::shared_ptr<net::ServerCall>& call, std::string target);

}  // namespace weir::gateway
