// How a subcommand asks the weir that runs.
#include <fmt/format.h>
#include <unistd.h>

#include "base/json.h"
#include "cli/command.h"
#include "gateway/auth.h"
#include "net/client.h"

namespace weir::cli {
namespace {

constexpr int64_t kTimeoutMs = 10'000;

Error from_reply(int status, const std::string& body) {
  Error error{status == 404   ? Code::not_found
              : status == 403 ? Code::denied
              : status == 400 ? Code::bad_input
                              : Code::unavailable,
              fmt::format("weir answered {}", status)};
  const auto document = json::parse(body);
  if (!document) return error;
  const json::Value said = (*document)["error"];
  error.message = said["message"].string_or(error.message);
  error.where = said["where"].string_or("");
  error.hint = said["hint"].string_or("");
  return error;
}

}  // namespace

Result<std::string> ask_weir(const Common& common, const std::string& method, const std::string& target,
                             std::string body) {
  std::vector<std::string> missing;
  WEIR_TRY_ASSIGN(config, load_config(common, &missing));
  const std::string dir = data_dir_path(config);
  const std::string token_file = dir + "/person-token";
  if (access(token_file.c_str(), F_OK) != 0)
    return unavailable("no weir has run yet", dir, "start it with weir up");
  WEIR_TRY_ASSIGN(token, read_file(token_file, 256));
  while (!token.empty() && token.back() == '\n') token.pop_back();
  // Where the running weir listens stands in a file of its own: a flag may have changed it.
  std::string base = fmt::format("http://{}:{}", config.listen_host, config.listen_port);
  if (const auto said = read_file(dir + "/listening", 256)) {
    base = said->substr(0, said->find('\n'));
  } else if (config.listen_port == 0) {
    return unavailable("no weir runs", dir, "start it with weir up");
  }
  WEIR_TRY_ASSIGN(url, net::parse_url(base + target));

  net::Loop loop;
  net::ClientOptions options;
  options.connect_timeout_ms = kTimeoutMs;
  options.idle_timeout_ms = kTimeoutMs;
  net::Client client(loop, options);
  int status = 0;
  std::string reply;
  std::optional<Error> failed;
  const auto fetch =
      client.fetch({method,
                    url,
                    {{"authorization", "Bearer " + token}, {"content-type", "application/json"}},
                    std::move(body)},
                   {[&](int code, const net::Headers&) { status = code; },
                    [&](std::string_view bytes) { reply += bytes; }, [&] { loop.stop(); },
                    [&](Error error) {
                      failed = std::move(error);
                      loop.stop();
                    }});
  loop.run();
  if (failed)
    return unavailable("no weir answers at " + base + ": " + failed->message, {}, "start it with weir up");
  if (status != 200) return from_reply(status, reply);
  return reply;
}

}  // namespace weir::cli
