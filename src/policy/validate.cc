#include "policy/validate.h"
namespace weir::policy {
std::vector<Finding> validate(const PolicySet&, const Schema&) { return {}; }
Error to_error(const Finding& f) { return bad_input(f.message, f.where, f.hint); }
Result<Schema> Schema::from_json(std::string_view, std::string_view) { return bad_input("x"); }
Result<Schema> Schema::parse(std::string_view, std::string_view) { return bad_input("x"); }
}
