#include "gateway/kept.h"

#include "base/bytes.h"
#include "base/limits.h"
#include "net/encoding.h"
#include "wire/dialect.h"

namespace weir::gateway {

std::string owner_of(const net::Headers& headers) {
  const std::string_view key =
      headers.find("authorization")
          .value_or(headers.find("x-api-key").value_or(headers.find("weir-token").value_or("")));
  return to_hex(as_bytes(sha256({"weir responses v1", key})));
}

int64_t oldest_kept(Gateway& gateway) {
  return gateway.now().wall_ms - gateway.config().responses_kept_ms;
}

void answer_kept(const std::shared_ptr<net::ServerCall>& call, int status, std::string body) {
  if (!call->closed()) call->respond(status, {{"content-type", "application/json"}}, std::move(body));
}

void refuse_kept(const std::shared_ptr<net::ServerCall>& call, const Error& error) {
  answer_kept(call, wire::http_status(error), wire::error_body(exchange::Dialect::responses, error));
}

bool decode_kept(const std::shared_ptr<net::ServerCall>& call) {
  auto body = net::decode_body(call->headers(), std::move(call->body()), limits::kHttpBodyBytesMax);
  if (!body) {
    const int status = body.error().code == Code::unsupported ? 415 : wire::http_status(body.error());
    answer_kept(call, status, wire::error_body(exchange::Dialect::responses, body.error()));
    return false;
  }
  call->body() = std::move(*body);
  return true;
}

}  // namespace weir::gateway
