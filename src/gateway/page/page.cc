#include "gateway/page/page.h"

#include <fmt/format.h>

#include "approval/card.h"
#include "gateway/page/html.h"

namespace weir::gateway::page {
namespace {

using CallPtr = std::shared_ptr<net::ServerCall>;

void respond(const CallPtr& call, int status, std::string html, std::string allow = {}) {
  if (call->closed()) return;
  // same-origin and not no-referrer: with that, browsers post with "Origin: null".
  net::Headers headers{{"content-type", "text/html; charset=utf-8"},
                       {"content-security-policy", content_security_policy()},
                       {"cache-control", "no-store"},
                       {"referrer-policy", "same-origin"},
                       {"x-content-type-options", "nosniff"},
                       {"x-frame-options", "DENY"},
                       {"cross-origin-opener-policy", "same-origin"},
                       {"cross-origin-resource-policy", "same-origin"}};
  if (!allow.empty()) headers.add("allow", std::move(allow));
  call->respond(status, headers, std::move(html));
}

void no_such_link(const CallPtr& call) {
  respond(call, 404,
          note_page("This link leads nowhere",
                    "It was used, its time is over, or it never was. weir approvals shows what waits."));
}

// The port that weir listens on, under a name of this machine's loopback.
bool own_host(std::string_view host, std::string_view base) {
  const std::string_view port = base.substr(base.rfind(':'));
  if (!host.ends_with(port)) return false;
  host.remove_suffix(port.size());
  return host == "127.0.0.1" || host == "localhost" || host == "[::1]";
}

bool from_own_page(const net::Headers& headers) {
  const auto host = headers.find("host");
  const auto origin = headers.find("origin");
  if (!host || !origin || headers.count("origin") != 1) return false;
  if (*origin != fmt::format("http://{}", *host)) return false;
  const auto site = headers.find("sec-fetch-site");
  return !site || *site == "same-origin";
}

struct Form {
  std::optional<approval::Answer> answer;
  std::string_view id;  // of the ask that was on the page
};

// "id=a1&answer=once". Neither value needs escapes.
Form form_in(const net::Headers& headers, std::string_view body) {
  Form form;
  if (!headers.find("content-type").value_or("").starts_with("application/x-www-form-urlencoded"))
    return form;
  while (!body.empty()) {
    const std::string_view field = body.substr(0, body.find('&'));
    body.remove_prefix(std::min(field.size() + 1, body.size()));
    const size_t equals = field.find('=');
    const std::string_view value = equals == std::string_view::npos ? "" : field.substr(equals + 1);
    if (field.starts_with("answer=")) {
      form.answer = approval::parse_answer(value);
    } else if (field.starts_with("id=")) {
      form.id = value;
    }
  }
  return form;
}

void show(Gateway& gateway, const CallPtr& call, const approval::Ask& ask) {
  for (const approval::Question& question : gateway.queue().questions()) {
    if (question.front()->question != ask.question) continue;
    const auto document =
        json::parse(approval::ask_json(question, gateway.workspace().labels(), gateway.now(), {}));
    if (!document) break;
    return respond(call, 200, ask_page(approval::read_card(document->root())));
  }
  no_such_link(call);
}

std::string told(approval::Answer answer) {
  switch (answer) {
    case approval::Answer::once:
      return "The call goes on, this once.";
    case approval::Answer::session:
      return "The call goes on, and so does the same in this session.";
    case approval::Answer::always:
      return fmt::format("The call goes on, and so does the same for {} days. weir grant lists it.",
                         approval::kAlwaysDays);
    case approval::Answer::deny:
      return "The call does not go on; the model is told that it is your decision.";
  }
  return {};
}

}  // namespace

void handle(Gateway& gateway, const CallPtr& call) {
  Asks& asks = gateway.asks();
  const std::string_view token = std::string_view(call->target()).substr(3);
  const auto host = call->headers().find("host");
  if (asks.base().empty() || !host || !own_host(*host, asks.base())) return no_such_link(call);
  const approval::Ask* ask = asks.by_token(token);
  if (ask == nullptr) return no_such_link(call);
  if (call->method() == "GET" || call->method() == "HEAD") return show(gateway, call, *ask);
  if (call->method() != "POST")
    return respond(call, 405, note_page("Not this way", "The page's buttons answer."), "GET, HEAD, POST");
  if (!from_own_page(call->headers())) {
    return respond(
        call, 403,
        note_page("Not answered", "The answer did not come from weir's own page, so nothing was done."));
  }
  const Form form = form_in(call->headers(), call->body());
  if (!form.answer)
    return respond(call, 400, note_page("Not answered", "Expected once, session, always or deny."));
  // Another call with the same question may say other things where nothing is decided.
  if (!form.id.empty() && form.id != ask->id) {
    return respond(call, 409,
                   note_page("Not answered",
                             "The call that you saw is over, another one waits with the same "
                             "question. Open the link again."));
  }
  const std::string id = ask->id;  // answering takes the ask away
  asks.answer(id, *form.answer, [call, answer = *form.answer](const Status& status) {
    if (!status) return respond(call, 500, note_page("Not answered", status.error().text()));
    respond(call, 200, note_page("Answered: " + std::string(approval::answer_name(answer)), told(answer)));
  });
}

}  // namespace weir::gateway::page
