#include "gateway/admin_answer.h"

#include "base/json.h"
#include "wire/dialect.h"

namespace weir::gateway {

void answer_json(const CallPtr& call, int status, std::string body) {
  if (!call->closed())
    call->respond(status, {{"content-type", "application/json"}, {"cache-control", "no-store"}},
                  std::move(body));
}

void answer_error(const CallPtr& call, const Error& error) {
  json::Writer writer;
  writer.begin_object().key("error").begin_object().field("message", error.message);
  writer.field("where", error.where).field("hint", error.hint);
  answer_json(call, wire::http_status(error), writer.end_object().end_object().take());
}

}  // namespace weir::gateway
