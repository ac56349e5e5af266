// Bridge: what of one turn is different where client and upstream speak different dialects: its bytes, its
// path and its header fields. One event loop.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/clock.h"
#include "config/config.h"
#include "net/http.h"
#include "wire/translate/translate.h"

namespace weir::gateway {

class Bridge {
 public:
  // `path`: of the client's request, below the API's root. Error: what cannot be carried over.
  static Result<std::unique_ptr<Bridge>> begin(const wire::ParsedRequest& request,
                                               const config::Upstream& upstream, std::string_view path,
                                               Random& random, Now now);

  // Once: the request for the upstream.
  std::string take_body() { return std::move(body_); }
  const std::string& path() const { return path_; }

  // The client's header fields become the upstream's: all that is not of HTTP itself goes; a client's own
  // credential moves to where the upstream looks for it.
  void change_request(net::Headers& headers) const;
  // The upstream's become the client's; says what was dropped.
  void change_reply(int status, net::Headers& headers) const;

  // As wire::translate::Translation's.
  Result<std::string> feed(std::string_view bytes) { return translation_.feed(bytes); }
  Result<std::string> ended() { return translation_.reply_ended(); }
  Result<exchange::Message> sent_back() const { return translation_.sent_back(); }

 private:
  Bridge(wire::translate::Translation translation, exchange::Dialect upstream)
      : translation_(std::move(translation)), upstream_(upstream) {}

  wire::translate::Translation translation_;
  const exchange::Dialect upstream_;
  std::string body_;
  std::string path_;
};

}  // namespace weir::gateway
