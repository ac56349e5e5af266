// Certificates of one sandbox's life: an authority that only that sandbox trusts, and what it signs for the
// hosts that have a secret. Its key never leaves the egress process.
#pragma once

#include <openssl/ssl.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/error.h"

namespace weir::egress {

struct FreeContext {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};
using Context = std::unique_ptr<SSL_CTX, FreeContext>;

class Certificates {
 public:
  // For these names or addresses and no others (its name constraints). Errors: internal.
  static Result<Certificates> make(const std::vector<std::string>& hosts);

  const std::string& authority_pem() const { return authority_pem_; }
  // For a server that speaks as `host`, HTTP/1.1 only; null for a host that it was not made for.
  SSL_CTX* server(const std::string& host) const;

 private:
  std::string authority_pem_;
  std::map<std::string, Context> servers_;
};

// For a client that trusts the system's authorities, HTTP/1.1 only. Errors: unavailable.
Result<Context> client_context();

// A client session for `host`, whose certificate must be for it. Null: out of memory.
SSL* client_session(SSL_CTX* context, const std::string& host);

}  // namespace weir::egress
