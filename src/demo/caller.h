// Caller: one JSON request after the other to one server, with a bearer token. On the loop's thread.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/error.h"
#include "base/json.h"
#include "net/client.h"

namespace weir::demo {

class Caller {
 public:
  using Done = std::function<void(Result<json::Document>)>;

  Caller(net::Loop& loop, std::string base_url, std::string token);

  // `done` comes once, unless the Caller is destroyed or makes another call first; it may do either. Error:
  // the client's, or unavailable for a status other than 2xx.
  void call(const std::string& method, const std::string& path, std::string body, Done done);

 private:
  const std::string base_url_, token_;
  int status_ = 0;
  std::string body_;
  Done done_;
  net::Client client_;
  std::unique_ptr<net::Fetch> fetch_;
};

}  // namespace weir::demo
