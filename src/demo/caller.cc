#include "demo/caller.h"

#include <fmt/format.h>

#include "base/bytes.h"

namespace weir::demo {

Caller::Caller(net::Loop& loop, std::string base_url, std::string token)
    : base_url_(std::move(base_url)), token_(std::move(token)), client_(loop) {}

void Caller::call(const std::string& method, const std::string& path, std::string body, Done done) {
  auto url = net::parse_url(base_url_ + path);
  if (!url) return done(url.error());
  done_ = std::move(done);
  body_.clear();
  // Taken out first: done may make the next call.
  const auto finish = [this](Result<json::Document> result) {
    std::exchange(done_, nullptr)(std::move(result));
  };
  fetch_ =
      client_.fetch({.method = method,
                     .url = std::move(*url),
                     .headers = {{"Authorization", "Bearer " + token_}, {"Content-Type", "application/json"}},
                     .body = std::move(body)},
                    {.on_head = [this](int status, const net::Headers&) { status_ = status; },
                     .on_data = [this](std::string_view bytes) { body_ += bytes; },
                     .on_end =
                         [this, finish] {
                           if (status_ / 100 == 2) return finish(json::parse(body_.empty() ? "{}" : body_));
                           finish(unavailable(fmt::format("weir answered {}: {}", status_, shown(body_))));
                         },
                     .on_error = [finish](const Error& error) { finish(error); }});
}

}  // namespace weir::demo
