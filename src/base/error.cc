#include "base/error.h"

namespace weir {

std::string Error::text() const {
  std::string out;
  if (!where.empty()) out += where + ": ";
  out += message;
  if (!hint.empty()) out += " (" + hint + ")";
  return out;
}

Error bad_input(std::string message, std::string where, std::string hint) {
  return {Code::bad_input, std::move(message), std::move(where), std::move(hint)};
}
Error too_large(std::string message, std::string where, std::string hint) {
  return {Code::too_large, std::move(message), std::move(where), std::move(hint)};
}
Error unsupported(std::string message, std::string where, std::string hint) {
  return {Code::unsupported, std::move(message), std::move(where), std::move(hint)};
}
Error unavailable(std::string message, std::string where, std::string hint) {
  return {Code::unavailable, std::move(message), std::move(where), std::move(hint)};
}

}  // namespace weir
