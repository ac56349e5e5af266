// Names: which server and tool a client-facing name stands for, and back.
//
// A server's tools and prompts are offered as "server__name" (or plain, where the operator said prefix =
// false). Never fatal: of two that would collide the later gets "_2", "_3", … behind it; characters that
// clients refuse (all but A-Z a-z 0-9 _ -) become "_", and names are cut at limits::kMcpNameBytesMax (64,
// what model APIs take), both made unique the same way. The same lists in the same order give the same names.
// A name given past limits::kMcpNamesMax targets stands for nothing. Plain value; one thread.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace weir::wire::mcp {

struct Target {
  std::string server;
  std::string name;  // as the server calls it
};

class Names {
 public:
  // The client-facing name; the same for the same target each time.
  std::string add(const Target& target, bool prefix);
  // Nothing for a name that was never given.
  const Target* find(std::string_view client_name) const;
  // The name given to a target, or nothing.
  std::optional<std::string> name_of(const Target& target) const;

 private:
  std::map<std::string, Target, std::less<>> by_name_;
  std::map<std::pair<std::string, std::string>, std::string> by_target_;
  std::map<std::string, size_t> next_;  // by a name that was taken: the number to try next behind it
};

// Whether a URI is an instance of an RFC 6570 template (levels 1 to 3, each expression standing for any run
// of characters but "/" for plain ones, and beginning with its operator where it has one that shows); how
// many literal characters matched, so that the most specific template wins. Nothing when it is not, when the
// template is malformed, or past limits::kMcpUriBytesMax and kMcpTemplateExpressionsMax. Linear in
// uri × expressions.
std::optional<size_t> matches_template(std::string_view uri, std::string_view uri_template);

}  // namespace weir::wire::mcp
