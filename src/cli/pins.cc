// weir pins: what servers say of their tools, and what a person has accepted of it.
#include <fmt/color.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>

#include "base/bytes.h"
#include "base/json.h"
#include "cli/command.h"

namespace weir::cli {
namespace {

constexpr size_t kNameShown = 120;
constexpr size_t kDigestShown = 12;

void print_styled(const fmt::text_style& style, const std::string& text) {
  static const bool color = isatty(STDOUT_FILENO) == 1 && std::getenv("NO_COLOR") == nullptr;
  if (color) {
    fmt::print(style, "{}", text);
  } else {
    fmt::print("{}", text);
  }
}

fmt::text_style style_of(std::string_view state) {
  const auto color = state == "accepted" ? fmt::terminal_color::green
                     : state == "new"    ? fmt::terminal_color::yellow
                                         : fmt::terminal_color::red;
  return fmt::fg(color);
}

std::string name_of(json::Value pin) {
  return shown(fmt::format("{}/{}", pin["server"].string_or(""), pin["tool"].string_or("")), kNameShown);
}

std::string digest_of(json::Value pin) {
  std::string_view digest = pin["digest"].string_or("");
  if (digest.starts_with("sha256:")) digest.remove_prefix(7);
  return std::string(digest.substr(0, kDigestShown));
}

void print_findings(json::Value pin) {
  for (const json::Value finding : pin["findings"].elements())
    print_styled(fmt::fg(fmt::terminal_color::yellow),
                 fmt::format("    {}\n", shown(finding.string_or(""), 1'000)));
}

// A name to put behind a command in a shell, as it is.
bool is_plain(std::string_view name) {
  return name.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./:@") ==
         std::string_view::npos;
}

void print_difference(json::Value pin) {
  print_styled(fmt::emphasis::bold, name_of(pin));
  print_styled(style_of(pin["state"].string_or("")), fmt::format("  {}\n", pin["state"].string_or("")));
  print_findings(pin);
  if (!pin["difference"].exists())
    fmt::print("  too much waits to be shown at once: accept something else first\n");
  for (const json::Value line : pin["difference"].elements()) {
    // The gateway made what hides visible; a terminal is not made to trust that.
    const std::string text = shown(line.string_or(""), SIZE_MAX);
    const std::string_view sign = std::string_view(text).substr(0, 6);
    const auto style = sign == "    - "   ? fmt::fg(fmt::terminal_color::red)
                       : sign == "    + " ? fmt::fg(fmt::terminal_color::green)
                       : sign == "    ! " ? fmt::fg(fmt::terminal_color::yellow)
                                          : fmt::text_style(fmt::emphasis::bold);
    print_styled(style, text + "\n");
  }
  const std::string name = name_of(pin);
  if (is_plain(name)) fmt::print("  as shown: weir pins accept {} --digest {}\n", name, digest_of(pin));
  fmt::print("\n");
}

struct Named {
  std::string server, tool;
};

Named split(const std::string& name) {
  const size_t slash = name.find('/');
  return {name.substr(0, slash), slash == std::string::npos ? "" : name.substr(slash + 1)};
}

bool is_named(json::Value pin, const Named& name) {
  return (name.server.empty() || pin["server"].string_or("") == name.server) &&
         (name.tool.empty() || pin["tool"].string_or("") == name.tool);
}

int print_pins(const json::Document& document) {
  size_t width = 0, waiting = 0;
  for (const json::Value pin : document["pins"].elements())
    width = std::min(std::max(width, name_of(pin).size()), size_t{60});
  for (const json::Value pin : document["pins"].elements()) {
    const std::string_view state = pin["state"].string_or("");
    fmt::print("{:<{}}  ", name_of(pin), width);
    print_styled(style_of(state), shown(state) + "\n");
    if (state == "accepted") continue;
    ++waiting;
    print_findings(pin);
  }
  if (document["pins"].size() == 0) fmt::print("no server has listed its tools yet\n");
  if (waiting > 0)
    fmt::print("\n{} wait{} and cannot be called: weir pins diff, then weir pins accept SERVER/TOOL\n",
               waiting, waiting == 1 ? "s" : "");
  return kDone;
}

}  // namespace

int run_pins(const Common& common) {
  auto reply = ask_weir(common, "GET", "/weir/pins");
  if (!reply) return fail(reply.error());
  if (common.json) {
    fmt::print("{}\n", *reply);
    return kDone;
  }
  const auto document = json::parse(std::move(*reply));
  if (!document) return fail(document.error());
  return print_pins(*document);
}

int run_pins_diff(const Common& common, const PinsArgs& args) {
  auto reply = ask_weir(common, "GET", "/weir/pins");
  if (!reply) return fail(reply.error());
  const auto document = json::parse(std::move(*reply));
  if (!document) return fail(document.error());
  const Named name = split(args.name);
  json::Writer writer;
  writer.begin_object().key("pins").begin_array();
  size_t count = 0;
  for (const json::Value pin : (*document)["pins"].elements()) {
    if (pin["state"].string_or("") == "accepted" || !is_named(pin, name)) continue;
    ++count;
    if (common.json) {
      writer.raw(pin.raw());
    } else {
      print_difference(pin);
    }
  }
  if (common.json) fmt::print("{}\n", writer.end_array().end_object().take());
  if (!common.json && count == 0)
    fmt::print("{} waits\n", args.name.empty() ? "nothing" : "nothing of that name");
  return count == 0 && !args.name.empty() ? kNo : kDone;
}

int run_pins_accept(const Common& common, const PinsArgs& args) {
  const Named name = split(args.name);
  json::Writer body;
  body.begin_object().field("server", name.server);
  if (!name.tool.empty()) body.field("tool", name.tool);
  if (!args.digest.empty()) body.field("digest", args.digest);
  auto reply = ask_weir(common, "POST", "/weir/pins/accept", body.end_object().take());
  if (!reply) return fail(reply.error());
  if (common.json) {
    fmt::print("{}\n", *reply);
    return kDone;
  }
  const auto document = json::parse(*reply);
  if (!document) return fail(document.error());
  const int64_t count = (*document)["accepted"].integer().value_or(0);
  fmt::print("{} tool{} of {} accepted\n", count, count == 1 ? "" : "s", shown(args.name, kNameShown));
  return kDone;
}

}  // namespace weir::cli
