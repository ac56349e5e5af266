// Distinctive tokens: values too short to be found as copies (addresses, account numbers, paths, hosts,
// amounts) that do not occur by chance.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace weir::trace {

// A function that is called for each token; need only live until each_token returns.
class EachToken {
 public:
  template <class Function>
  EachToken(Function&& function)  // NOLINT(google-explicit-constructor): made where it is passed
      : object_(&function), call_([](void* object, size_t begin, size_t end, std::string_view form) {
          (*static_cast<std::remove_reference_t<Function>*>(object))(begin, end, form);
        }) {}
  void operator()(size_t begin, size_t end, std::string_view form) const { call_(object_, begin, end, form); }

 private:
  void* object_;
  void (*call_)(void*, size_t, size_t, std::string_view);
};

// Calls `each(begin, end, form)` for every distinctive token of a normalised text (see normalise.h): `form`
// is what two spellings of one value share, [begin, end) where it stands. Linear; a part of the text gives at
// most a few forms. `form` lives until `each` returns.
//
// Distinctive is a token that has at least six characters and a digit, or an inner "@", "." or "_", or that
// is a path; dates, times and words are not. Parts of an address count by themselves (the host, the last
// segment, a parameter). Groups of digits are joined ("uk12 3456 7890" → "uk1234567890"); a number with at
// least five significant digits, or four and a fraction, counts by value ("1,000.50" → "#1000.5").
void each_token(std::string_view normal, const EachToken& each);

}  // namespace weir::trace
