// Error and Result: how weir says that something did not work.
//
// Everything that comes from outside (bytes of a peer, a file, the system) fails by Result; asserts are
// for weir's own bugs only. An Error names where and what and, where there is one, the next step. Each
// protocol maps it once: the command line to exit codes, HTTP to each API's own error shape.
#pragma once

#include <string>
#include <tl/expected.hpp>
#include <utility>

namespace weir {

enum class Code {
  bad_input,    // malformed, of the wrong type, unknown where unknown is refused: exit 2, HTTP 400
  too_large,    // over a bound of limits.h: exit 2, HTTP 413
  denied,       // not allowed: exit 1, HTTP 403
  not_found,    // no such thing: exit 1, HTTP 404
  unsupported,  // weir knows it and will not do it: exit 2, HTTP 400
  unavailable,  // a peer, a file or a kernel feature is missing: exit 3, HTTP 502
  timed_out,    // nobody answered in time: exit 3, HTTP 504
  internal,     // weir's own fault: exit 3, HTTP 500
};

struct Error {
  Code code = Code::internal;
  std::string message;     // one sentence without a full stop, no secrets
  std::string where = {};  // "file:line:column", a JSON pointer, or a byte offset; may be empty
  std::string hint = {};   // what to do next; may be empty

  // "where: message (hint)", with the empty parts left out.
  std::string text() const;
};

// A value or an Error. As tl::expected, but the compiler objects when it is dropped.
template <class T>
class [[nodiscard]] Result : public tl::expected<T, Error> {
 public:
  using tl::expected<T, Error>::expected;
  Result(Error error) : tl::expected<T, Error>(tl::unexpect, std::move(error)) {}
};

using Status = Result<void>;

// Shorthands: `return bad_input("expected a string", "/tools/0/name");`
Error bad_input(std::string message, std::string where = {}, std::string hint = {});
Error too_large(std::string message, std::string where = {}, std::string hint = {});
Error unsupported(std::string message, std::string where = {}, std::string hint = {});
Error unavailable(std::string message, std::string where = {}, std::string hint = {});

}  // namespace weir

// Returns the error of `expr` from the enclosing function, or goes on.
#define WEIR_TRY(expr)                                                 \
  do {                                                                 \
    if (auto weir_try_result = (expr); !weir_try_result.has_value()) { \
      return std::move(weir_try_result).error();                       \
    }                                                                  \
  } while (false)

// Declares `var` with the value of `expr`, or returns its error.
#define WEIR_TRY_ASSIGN(var, expr)                                       \
  auto var##_result = (expr);                                            \
  if (!var##_result.has_value()) return std::move(var##_result).error(); \
  auto var = std::move(*var##_result)
