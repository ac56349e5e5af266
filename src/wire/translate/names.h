// Names: what the upstream is told of the client's tools, and back.
//
// APIs differ in the characters of a tool's name and in what kinds of tools there are; a call that comes back
// must be the client's own again. For this folder.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "wire/translate/prompt.h"

namespace weir::wire::translate {

// A call as the client's API says it.
struct ClientCall {
  std::string id;
  std::string name_space = {};  // Responses
  std::string name;
  std::string arguments;
  bool is_custom = false;  // of a custom tool: `arguments` is its free text
};

// Its arguments as an object, for an API that knows no others.
std::string arguments_object(const ClientCall& call);

class Names {
 public:
  // Gives tools, calls and the chosen tool of the prompt the names that the upstream is told. Error: two
  // tools would have one name.
  static Result<Names> take(Prompt& prompt);

  // A call of the upstream's; one of a tool that nobody offered keeps its name.
  ClientCall client_call(const exchange::Call& call) const;

 private:
  std::map<std::string, Tool, std::less<>> tools_;  // by the upstream's name; without schemas
};

// Letters, digits, "_" and "-": what every API accepts in names and ids. Equal for equal names.
std::string plain_name(std::string_view name);
std::string plain_id(std::string_view id);

}  // namespace weir::wire::translate
