// Translation: any dialect in, any dialect out. A client's request in one API becomes a request in another,
// the upstream's reply to it a reply in the client's.
//
// Between them everything is as if the client spoke the upstream's API: parsing, labels, decisions, denials
// and the shadow history see one dialect. Calls and their results keep their ids. Equal requests give equal
// bytes. What may carry calls or content and has no place in the other API is refused by name; what only
// tunes is dropped, and named. docs/any-to-any.md says what each pair carries. Pure; one thread an object.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "wire/translate/event.h"

namespace weir::wire::translate {

// A request on its way to an upstream of another dialect.
class Translation {
 public:
  // Error: unsupported, naming what cannot be carried over. `request` is not used afterwards.
  // `counts`: for the API's count of tokens.
  static Result<Translation> begin(const ParsedRequest& request, exchange::Dialect upstream,
                                   bool counts = false);

  // For the upstream; parse_request() of its dialect takes it.
  const std::string& body() const { return body_; }
  exchange::Dialect client() const { return client_; }
  bool streams() const { return frame_.stream; }
  // What of the request the upstream is not told, by name. Settings only.
  const std::vector<std::string>& dropped() const { return dropped_; }

  // Before the reply: `id` (letters and digits) and time are for the client's.
  void reply_begins(std::string id, int64_t now_s);
  // Bytes that wire::Reply gave out, in any pieces; returns the client's. All of a reply that is not streamed
  // comes from reply_ended(). Errors as wire::Reply's: the reply cannot go on.
  Result<std::string> feed(std::string_view bytes);
  Result<std::string> reply_ended();
  // After reply_ended(): the planner's message as it will be when the client sends it back and it is
  // translated again; what the upstream's client_messages() must be replaced by.
  Result<exchange::Message> sent_back() const;

 private:
  Translation() = default;
  Result<std::string> write(const std::vector<Event>& events);

  exchange::Dialect client_ = exchange::Dialect::chat_completions;
  exchange::Dialect upstream_ = exchange::Dialect::chat_completions;
  std::string body_;
  std::vector<std::string> dropped_;
  ReplyFrame frame_;
  std::unique_ptr<ReplyReader> reader_;
  std::unique_ptr<ReplyWriter> writer_;
};

// The upstream's own error (a body with a status that is none of 2xx) in the client's shape.
std::string error_reply(exchange::Dialect client, int status, std::string_view upstream_body);

// Where a dialect's API takes requests, below its root; `counts` where it only counts their tokens (empty:
// it has no such place that answers as others do).
std::string request_path(exchange::Dialect dialect, bool counts, std::string_view model, bool stream);

}  // namespace weir::wire::translate
