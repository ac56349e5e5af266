// One HTTP exchange, and whether somebody listens.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/error.h"

namespace weir::cli {

struct Fetched {
  int status = 0;
  std::string date;  // the Date header
  std::string body;
};

// Waits at most `timeout_ms` for the connection, and as long for each further byte.
Result<Fetched> fetch_once(const std::string& method, const std::string& url,
                           const std::vector<std::pair<std::string, std::string>>& headers,
                           int64_t timeout_ms, const std::string& ca_file = {});

// Does anything on this machine accept a connection on the port? At most a quarter of a second.
bool listens(int port);

}  // namespace weir::cli
